"""The waiting list: for which times somebody waits, and which have been offered."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from venues.models import Space

from .series import theirs


class WaitingQuerySet(models.QuerySet["Waiting"]):
    def of(self, user):
        """Their own, and their organisations'."""
        return self.filter(theirs(user))

    def open(self):
        """Those who still wait."""
        return self.filter(ended_at=None)


class Waiting(models.Model):
    """Somebody waits for time in any of some spaces: on these weekdays, within these clock times, so long.

    Whoever began to wait first is offered what comes free first. Days are the city's; both are included.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="waiting", editable=False
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="waiting", editable=False
    )
    spaces = models.ManyToManyField(Space, related_name="waiting")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("Weekdays"))  # Monday is 1
    earliest = models.TimeField(_("Not before"))
    latest = models.TimeField(_("Over by"))  # 0.00 is the end of the day
    minutes = models.PositiveIntegerField(_("How long"))
    first_on = models.DateField(_("First day"))
    last_on = models.DateField(_("Last day"))
    attendees = models.PositiveIntegerField(_("Number of people"), default=1)
    purpose = models.CharField(_("What for"), max_length=200, blank=True)
    created_at = models.DateTimeField(editable=False)
    # Got what they waited for, gave up, or the last day has passed.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WaitingQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name_plural = "waiting"
        constraints = [
            models.CheckConstraint(
                name="waiting_days_in_order",
                condition=Q(first_on__lte=F("last_on")),
                violation_error_code="last_day_before_first",
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                name="waiting_has_weekdays",
                condition=Q(weekdays__len__gte=1) & Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                violation_error_code="weekdays_missing",
                violation_error_message=_("Choose the weekdays that would do."),
            ),
            models.CheckConstraint(name="waiting_has_a_length", condition=Q(minutes__gte=1)),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="waiting_open", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation or self.customer}: {self.first_on:%Y-%m-%d} – {self.last_on:%Y-%m-%d}"


class OfferQuerySet(models.QuerySet["Offer"]):
    def of(self, user):
        """Their own, and their organisations'."""
        return self.filter(waiting__in=Waiting.objects.of(user))

    def open(self):
        """Offers that nobody has answered, and that have not been ended."""
        return self.filter(state="open")

    def with_place(self):
        """What a page or a message tells of each."""
        return self.select_related(
            "space__venue__district",
            "space__part_of",
            "waiting__customer",
            "waiting__organisation",
            "booking",
        )


class Offer(models.Model):
    """Time that came free and is held for one of those who wait, until it is accepted, declined or lapses.

    While it is open its time is held by an occupancy (`held`).
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        LAPSED = "lapsed", _("Lapsed")
        # By nobody's fault: the space was closed, say. It may be offered again.
        WITHDRAWN = "withdrawn", _("Withdrawn")

    waiting = models.ForeignKey(Waiting, models.CASCADE, related_name="offers")
    space = models.ForeignKey(Space, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # The link in the mail has it: whoever reads the mail may answer.
    token = models.CharField(max_length=64, unique=True, editable=False)
    offered_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(editable=False)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    booking = models.ForeignKey(
        "Booking", models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["-offered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="offer_one_at_a_time", fields=["waiting"], condition=Q(state="open")
            ),
            # Nobody is offered the same time in the same space twice.
            models.UniqueConstraint(
                name="offer_once",
                fields=["waiting", "space", "starts_at"],
                condition=~Q(state="withdrawn"),
            ),
            models.CheckConstraint(
                name="offer_in_order",
                condition=Q(starts_at__lt=F("ends_at"), expires_at__lte=F("starts_at")),
            ),
            models.CheckConstraint(
                name="offer_state_is_known",
                condition=Q(state__in=["open", "accepted", "declined", "lapsed", "withdrawn"]),
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="offer_open", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("bookings:offer", args=[self.token])

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be answered."""
        return self.state == self.State.OPEN and now < self.expires_at
