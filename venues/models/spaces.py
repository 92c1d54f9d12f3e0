"""Spaces: halls and the parts of them that share floor."""

from datetime import time, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text, text_of

from ..audiences import Audience, audiences
from ..constraints import CompositeForeignKey
from ..fields import FootprintField
from .hours import Timetable
from .places import Venue

# What any space's rules may allow at most.
LONGEST_BOOKING = timedelta(days=7)
FARTHEST_BOOKING = timedelta(days=390)  # ahead of today: a year, and time to plan the next
LONGEST_BUFFER = timedelta(days=1)  # setting up, or cleaning up
# Steps that divide the hour fall on the same minutes of the clock on every day of the year.
START_STEPS = [5, 10, 15, 20, 30, 60]  # minutes
MOST_NOTICE_WEEKDAYS = 10
MOST_PIECES = 100  # of a hall's floor, numbered from 0

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Named(models.Model):
    """A word of a city's own list, in three languages."""

    code = models.SlugField(unique=True)
    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)

    class Meta:
        abstract = True
        ordering = ["name_fi", "pk"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")


class Purpose(Named):
    """What people do in a space: sports, a meeting, a party."""


class Equipment(Named):
    """What a space has: a projector, goals, a kitchen."""


class SpaceQuerySet(models.QuerySet["Space"]):
    def bookable(self):
        return self.filter(is_bookable=True)

    def with_room_for(self, people: int):
        """Spaces with room for so many, and those of which nobody has said how many they hold."""
        return self.filter(Q(capacity=None) | Q(capacity__gte=people))

    def open_by(self, timetable: Timetable):
        """Spaces that are open by this timetable: its own space, or those without one of their own."""
        return self.filter(Q(timetable=timetable) | Q(timetable=None, venue__timetable=timetable))

    def with_place(self):
        """What a card or a rule needs to know beside the row, in one query."""
        return self.select_related("venue__district", "part_of")


class Space(models.Model):
    """What is booked: a whole hall, or a part of one.

    A hall belongs to no other space. Its smallest pieces of floor are numbered, and every space of the
    hall covers a set of them, its footprint. Two spaces share floor if and only if their footprints do.
    """

    class Supervision(models.TextChoices):
        SELF = "self", _("Self-supervised")  # omavalvonta, OV
        GUARD = "guard", _("Evening guard")  # iltavalvonta, IV
        STAFFED = "staffed", _("Staff present")

    class Approval(models.TextChoices):
        INSTANT = "instant", _("Booked at once")
        REQUEST = "request", _("By request")

    class Payment(models.TextChoices):
        FREE = "free", _("Free of charge")
        BEFORE = "before", _("Paid before use")
        INVOICE = "invoice", _("Invoiced")

    class StartsFrom(models.TextChoices):
        CLOCK = "clock", _("The full hour")
        OPENING = "opening", _("When the space opens")

    class BookableWhen(models.TextChoices):
        ANY = "any", _("Any time")
        EVENINGS = "evenings", _("Evenings")
        WEEKENDS = "weekends", _("Weekends")
        BOTH = "both", _("Evenings and weekends")

    id = models.AutoField(primary_key=True)  # int4 on purpose: GiST cannot use "bigint = 17"
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="spaces", verbose_name=_("Venue"))
    key = models.SlugField(max_length=120)
    name_fi = models.CharField(_("Name in Finnish"), max_length=200)
    name_sv = models.CharField(_("Name in Swedish"), max_length=200, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=200, blank=True)
    description_fi = models.TextField(_("Description in Finnish"), blank=True)
    description_sv = models.TextField(_("Description in Swedish"), blank=True)
    description_en = models.TextField(_("Description in English"), blank=True)

    # --- layout -------------------------------------------------------------
    part_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("Part of")
    )
    # A hall is its own hall. The database fills this in, so create() and bulk_create() return it.
    hall_id = models.GeneratedField(
        expression=Coalesce("part_of_id", "id"), output_field=models.IntegerField(), db_persist=True
    )
    footprint = FootprintField()
    hall_footprint = FootprintField(null=True, blank=True, editable=False)

    # --- facts --------------------------------------------------------------
    capacity = models.PositiveIntegerField(_("Number of people"), null=True, blank=True)
    floor_area = models.PositiveIntegerField(_("Floor area, m²"), null=True, blank=True)
    purposes = models.ManyToManyField(Purpose, blank=True, related_name="spaces", verbose_name=_("Purposes"))
    equipment = models.ManyToManyField(
        Equipment, blank=True, related_name="spaces", verbose_name=_("Equipment")
    )
    supervision = models.CharField(_("Supervision"), max_length=20, choices=Supervision, blank=True)
    # Accessibility facts: yes, no, or nobody has looked.
    is_step_free = models.BooleanField(_("Step-free entrance"), null=True, blank=True)
    has_accessible_toilet = models.BooleanField(_("Accessible toilet"), null=True, blank=True)
    has_induction_loop = models.BooleanField(_("Induction loop"), null=True, blank=True)
    # How to get in: shown to those with a confirmed booking only.
    arrival_fi = models.TextField(_("How to get in, in Finnish"), blank=True)
    arrival_sv = models.TextField(_("How to get in, in Swedish"), blank=True)
    arrival_en = models.TextField(_("How to get in, in English"), blank=True)
    is_demo = models.BooleanField(
        _("Demo data"),
        default=False,
        help_text=_("Made up: the sources say only that there is such a space."),
    )
    demo_facts = ArrayField(models.CharField(max_length=40), default=list, blank=True, editable=False)
    imported = models.JSONField(default=dict, editable=False)

    # --- rules --------------------------------------------------------------
    is_bookable = models.BooleanField(_("Can be booked"), default=True)
    timetable = models.OneToOneField(
        Timetable, models.PROTECT, null=True, blank=True, related_name="space", editable=False
    )

    # --- the policy in force: what the layers of `Policy` come to, written by `venues.policy_layers` ---
    start_step = models.PositiveSmallIntegerField(_("Starts every … minutes"), default=30)
    starts_from = models.CharField(
        _("Starts are counted from"), max_length=7, choices=StartsFrom, default=StartsFrom.CLOCK
    )
    start_minute = models.PositiveSmallIntegerField(_("Minutes past the hour"), default=0)
    min_minutes = models.PositiveIntegerField(_("Shortest booking, minutes"), default=30)
    max_minutes = models.PositiveIntegerField(_("Longest booking, minutes"), default=720)
    # From when the space opens until it closes, and nothing else.
    is_whole_day = models.BooleanField(_("Only whole days"), default=False)
    bookable_when = models.CharField(
        _("Only at these times"), max_length=20, choices=BookableWhen, default=BookableWhen.ANY
    )
    notice_hours = models.PositiveIntegerField(_("Book at least … hours before"), default=0)
    # "By noon of the previous weekday" is 1 weekday before, by 12.00. 0: no such rule.
    notice_weekdays = models.PositiveSmallIntegerField(
        _("Book on an earlier weekday, so many before"), default=0
    )
    notice_by = models.TimeField(_("By what time on that weekday"), default=time(12))
    ahead_days = models.PositiveIntegerField(_("Book at most … days ahead"), default=365)
    ahead_until = models.DateField(_("Bookings are open until the day"), null=True, blank=True)
    who_may_book = audiences(_("Who may book"))
    min_age = models.PositiveSmallIntegerField(_("Minimum age"), default=0)
    needs_adult = models.BooleanField(_("An adult in charge is named"), default=False)
    # Of one customer at one venue, counted by the day on which they begin. 0: as many as one likes.
    quota_day = models.PositiveSmallIntegerField(_("Bookings a day"), default=0)
    quota_week = models.PositiveSmallIntegerField(_("Bookings a week"), default=0)
    quota_season = models.PositiveSmallIntegerField(_("Bookings a season"), default=0)
    approval = models.CharField(_("Approval"), max_length=20, choices=Approval, default=Approval.INSTANT)
    # What is booked at once otherwise is by request in these cases. 0: whatever the number of people.
    approval_above = models.PositiveIntegerField(_("Approval above … people"), default=0)
    approval_purposes = ArrayField(
        models.SlugField(), default=list, blank=True, verbose_name=_("Approval for some purposes")
    )
    approval_unstaffed = models.BooleanField(_("Approval outside staffed hours"), default=False)
    requests_compete = models.BooleanField(
        _("Requests compete"),
        default=False,
        help_text=_(
            "Several may ask for the same time, and the manager chooses. Otherwise the first holds it."
        ),
    )
    terms = models.ForeignKey(
        "venues.Terms",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="spaces",
        verbose_name=_("Terms of use"),
    )
    payment = models.CharField(_("Payment"), max_length=20, choices=Payment, default=Payment.FREE)
    # Without a price list nothing is charged, whatever the way of paying.
    price_list = models.ForeignKey(
        "venues.PriceList",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="spaces",
        verbose_name=_("Price list"),
    )
    cancellation = models.ForeignKey(
        "venues.CancellationTerms",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="spaces",
        verbose_name=_("Cancellation terms"),
    )
    # Of a series, by its customer. Some cities let nobody off single dates, and no time change hands.
    single_dates_go_back = models.BooleanField(_("Single dates of a series can be given back"), default=True)
    give_back_hours = models.PositiveIntegerField(_("Give back at the latest … hours before"), default=0)
    can_be_swapped = models.BooleanField(_("Customers may swap dates"), default=False)
    holder_is_public = models.BooleanField(_("The calendar shows who has the time"), default=False)

    # --- the hall's own ---------------------------------------------------------------------------
    # The hall's: the same for every space of a hall, so that neighbours agree on the gap between them.
    setup_minutes = models.PositiveIntegerField(_("Setting up, minutes"), null=True, blank=True)
    cleanup_minutes = models.PositiveIntegerField(_("Cleaning up, minutes"), null=True, blank=True)

    objects = SpaceQuerySet.as_manager()

    class Meta:
        ordering = ["venue__name_fi", "hall_id", "footprint", "pk"]
        constraints = [
            models.UniqueConstraint(name="space_key_once_per_venue", fields=["venue", "key"]),
            models.UniqueConstraint(name="space_layout", fields=["id", "hall_id", "footprint"]),
            models.UniqueConstraint(name="space_floor", fields=["id", "footprint"]),
            models.UniqueConstraint(name="space_hall", fields=["id", "hall_id"]),
            models.UniqueConstraint(name="space_place", fields=["id", "venue"]),
            # A part points at a hall, not at another part: a hall is its own hall.
            CompositeForeignKey(
                name="space_part_of_a_hall",
                fields=["part_of", "hall_id"],
                to="venues.Space",
                to_fields=["id", "hall_id"],
                match="SIMPLE",
                follows=False,
            ),
            CompositeForeignKey(
                name="space_knows_its_hall",
                fields=["part_of", "hall_footprint"],
                to="venues.Space",
                to_fields=["id", "footprint"],
            ),
            CompositeForeignKey(
                name="space_part_at_the_same_venue",
                fields=["part_of", "venue"],
                to="venues.Space",
                to_fields=["id", "venue"],
                match="SIMPLE",
            ),
            models.CheckConstraint(
                name="space_is_not_its_own_part",
                condition=Q(part_of=None) | ~Q(part_of=F("id")),
                violation_error_code="part_of_itself",
                violation_error_message=_("A space is not a part of itself."),
            ),
            models.CheckConstraint(
                name="space_lies_within_its_hall",
                condition=Q(hall_footprint=None) | Q(footprint__lies_within=F("hall_footprint")),
                violation_error_code="outside_hall",
                violation_error_message=_("A part lies within its hall."),
            ),
            models.CheckConstraint(
                # An empty stretch overlaps nothing: it could be booked twice.
                name="space_has_floor",
                condition=Q(footprint__is_empty=False),
                violation_error_code="no_floor",
                violation_error_message=_("A space covers at least one piece of floor."),
            ),
            models.CheckConstraint(
                name="space_buffers_are_the_halls",
                condition=Q(
                    part_of=None,
                    # Said twice, because a comparison with null lets everything through.
                    setup_minutes__isnull=False,
                    cleanup_minutes__isnull=False,
                    setup_minutes__lte=LONGEST_BUFFER // MINUTE,
                    cleanup_minutes__lte=LONGEST_BUFFER // MINUTE,
                )
                | Q(part_of__isnull=False, setup_minutes=None, cleanup_minutes=None),
                violation_error_code="buffers_of_hall",
                violation_error_message=_(
                    "Setting up and cleaning up are said once, for the whole hall, and take at most a day."
                ),
            ),
            models.CheckConstraint(
                name="space_policy_is_possible",
                condition=(
                    Q(starts_from="clock", start_step__in=START_STEPS, start_minute__lt=F("start_step"))
                    | Q(starts_from="opening", start_step__range=(5, 24 * 60), start_minute=0)
                )
                & Q(
                    min_minutes__gte=5,
                    min_minutes__lte=F("max_minutes"),
                    max_minutes__lte=LONGEST_BOOKING // MINUTE,
                    ahead_days__lte=FARTHEST_BOOKING.days,
                    notice_hours__lte=FARTHEST_BOOKING // HOUR,
                    notice_weekdays__lte=MOST_NOTICE_WEEKDAYS,
                    min_age__lte=99,
                    who_may_book__len__gte=1,
                    who_may_book__contained_by=Audience.values,
                ),
                violation_error_code="policy_impossible",
                violation_error_message=_(
                    "The shortest booking is at least 5 minutes and not longer than the longest, "
                    "the longest is at most a week, and nobody books more than 390 days ahead."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")

    @property
    def description(self) -> Text:
        return text_of(self, "description")

    @property
    def arrival(self) -> Text:
        return text_of(self, "arrival")

    @property
    def is_hall(self) -> bool:
        return self.part_of_id is None

    @property
    def timetable_in_force_id(self) -> int:
        """Its own opening hours, else the venue's. Needs `venue` loaded."""
        return self.timetable_id or self.venue.timetable_id

    @property
    def setup(self) -> timedelta:
        """Time kept free before each booking. Needs `part_of` loaded, if it is a part."""
        hall = self.part_of or self
        return timedelta(minutes=hall.setup_minutes or 0)

    @property
    def cleanup(self) -> timedelta:
        """Time kept free after each booking. Needs `part_of` loaded, if it is a part."""
        hall = self.part_of or self
        return timedelta(minutes=hall.cleanup_minutes or 0)
