"""Closures, and what a change of a manager's does to bookings."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text, text_of
from venues.models import Space, Timetable, Venue

if TYPE_CHECKING:
    from .bookings import Booking


class ClosureQuerySet(models.QuerySet["Closure"]):
    def in_force(self):
        return self.filter(lifted_at=None)


class Closure(models.Model):
    """What a manager said is closed: these spaces, at these times. Its dates are what was left to close.

    Closures may overlap, and bookings that are kept make holes in them; a hole closes again when its booking
    ends (`bookings.closures`).
    """

    class Repeats(models.TextChoices):
        NEVER = "", _("Once")
        WEEKLY = "weekly", _("Every week")
        YEARLY = "yearly", _("Every year")

    spaces = models.ManyToManyField(Space, related_name="closures")
    # As it was said: the first time, and how it comes again. `times` has every time as instants.
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("Until"))
    repeats = models.CharField(_("Repeats"), max_length=6, choices=Repeats, default=Repeats.NEVER, blank=True)
    every = models.PositiveSmallIntegerField(_("Every … weeks"), default=1)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    until = models.DateField(_("Last day"), null=True, blank=True)

    reason_fi = models.CharField(_("Reason in Finnish"), max_length=200)
    reason_sv = models.CharField(_("Reason in Swedish"), max_length=200, blank=True)
    reason_en = models.CharField(_("Reason in English"), max_length=200, blank=True)
    is_reason_public = models.BooleanField(_("Show the reason to everybody"), default=True)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = ClosureQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="closure_times_in_order",
                condition=Q(starts_at__lt=F("ends_at")),
                violation_error_code="times_in_order",
                violation_error_message=_("The end is after the start."),
            ),
            models.CheckConstraint(
                name="closure_lifting_is_complete",
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reason_fi

    @property
    def reason(self) -> Text:
        return text_of(self, "reason")

    @property
    def public_reason(self) -> Text | None:
        """The reason, if it is for everybody."""
        return self.reason if self.is_reason_public else None


class ClosureTime(models.Model):
    """One time of a closure, as instants, whoever holds what within it."""

    closure = models.ForeignKey(Closure, models.CASCADE, related_name="times")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(name="closure_time_in_order", condition=Q(starts_at__lt=F("ends_at"))),
        ]
        indexes = [models.Index(fields=["ends_at"], name="closure_time_ends")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M}"


class ImpactQuerySet(models.QuerySet["Impact"]):
    def pending(self):
        """Neither carried out nor undone: bookings are as they were, and their times are held."""
        return self.filter(done_at=None, undone_at=None)

    def due(self, now):
        return self.pending().filter(due_at__lte=now).order_by("pk")


class Impact(models.Model):
    """A closure or a change of rules that hits bookings, and what is to become of them.

    Until `due_at` nothing has happened to any booking: their times stay held, nobody is told, and undoing it
    restores everything. Then it is carried out, once (`bookings.impacts`).
    """

    class Cause(models.TextChoices):
        CLOSURE = "closure", _("Closure")
        RULES = "rules", _("Opening hours")
        TERMS = "terms", _("School terms")
        POLICY = "policy", _("Booking rules")
        LAYOUT = "layout", _("Layout of the hall")
        COPY = "copy", _("Copy of another venue")

    cause = models.CharField(max_length=10, choices=Cause)
    # Whose page it is shown on; None for what concerns the whole city.
    venue = models.ForeignKey(Venue, models.CASCADE, null=True, blank=True, related_name="impacts")
    closure = models.OneToOneField(Closure, models.CASCADE, null=True, blank=True, related_name="impact")
    timetable = models.ForeignKey(Timetable, models.SET_NULL, null=True, blank=True, related_name="+")
    # What was before, and what has come instead, as `bookings.impacts` reads it to undo.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(_("Reason that the customers read"), max_length=1000, blank=True)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    due_at = models.DateTimeField(editable=False)
    done_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = ImpactQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="impact_is_done_or_undone", condition=Q(done_at=None) | Q(undone_at=None)
            ),
            models.CheckConstraint(
                name="impact_undoing_is_complete",
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="impact_due", condition=Q(done_at=None, undone_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_cause_display()} {self.pk}"


class Hit(models.Model):
    """One date that an impact hits, as it was then, and its fate.

    A date that is to be moved has its new time held by an occupancy of this hit (`target`) until it moves.
    """

    class Fate(models.TextChoices):
        KEEP = "keep", _("Keep")
        MOVE = "move", _("Move")
        CANCEL = "cancel", _("Cancel")

    impact = models.ForeignKey(Impact, models.CASCADE, related_name="hits")
    date = models.ForeignKey("Occupancy", models.CASCADE, related_name="hits")
    fate = models.CharField(max_length=6, choices=Fate)
    # Where and when it was hit: a date that has moved meanwhile is hit no more.
    space = models.ForeignKey(Space, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # Whether it has been moved or cancelled; a booking that changed meanwhile was left alone.
    is_carried_out = models.BooleanField(default=False)
    # Where it has been moved; its customer may have moved it on since.
    new_space = models.ForeignKey(Space, models.PROTECT, null=True, blank=True, related_name="+")
    new_starts_at = models.DateTimeField(null=True, blank=True)
    new_ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [models.UniqueConstraint(name="hit_once", fields=["impact", "date"])]

    def __str__(self) -> str:
        return f"{self.date}: {self.fate}"

    @property
    def booking(self) -> "Booking":
        """The booking whose date was hit. Needs `date__booking` loaded."""
        booking = self.date.booking
        assert booking is not None, "Only dates of bookings are hit."
        return booking
