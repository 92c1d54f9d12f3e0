"""Who has which space when. DESIGN of the invariant: docs/architecture.md."""

from datetime import datetime, timedelta
from functools import reduce
from operator import or_

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import connection, models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from venues.constraints import CompositeForeignKey
from venues.fields import FootprintField
from venues.models import Space, Venue


def stored(expression, output_field: models.Field) -> models.GeneratedField:
    return models.GeneratedField(expression=expression, output_field=output_field, db_persist=True)


def stretch(start: str, end: str) -> models.GeneratedField:
    return stored(Func(F(start), F(end), function="tstzrange"), DateTimeRangeField())


class Status(models.TextChoices):
    HELD = "held", _("Held")
    REQUESTED = "requested", _("Requested")
    AWAITING_PAYMENT = "awaiting_payment", _("Waiting for payment")
    CONFIRMED = "confirmed", _("Confirmed")
    DECLINED = "declined", _("Declined")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


AGREED_OR_ASKED = [Status.REQUESTED, Status.AWAITING_PAYMENT, Status.CONFIRMED]
ENDED = [Status.DECLINED, Status.CANCELLED, Status.EXPIRED]

# Until when a status may last: after that it is for `lifecycle.expire`.
DEADLINES = {
    Status.HELD: "held_until",
    Status.REQUESTED: "decide_by",
    Status.AWAITING_PAYMENT: "payment_due_at",
}


def theirs(user) -> Q:
    return Q(customer=user) | Q(organisation__in=user.memberships.values("organisation"))


class BookingQuerySet(models.QuerySet["Booking"]):
    def live(self):
        """Bookings whose dates hold their time."""
        return self.filter(is_live=True)

    def undecided(self):
        return self.filter(status=Status.REQUESTED)

    def overdue(self, now):
        """Holds, requests and payments whose time is up."""
        due = (Q(status=status, **{f"{deadline}__lte": now}) for status, deadline in DEADLINES.items())
        return self.filter(reduce(or_, due)).order_by("pk")

    def visible_to(self, user):
        """Their own, their organisations', and those at venues that they manage."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self.exclude(customer=None)
        return self.exclude(customer=None).filter(
            theirs(user) | Q(space__venue__in=Venue.objects.looked_after_by(user))
        )

    def of(self, user):
        """Their own, and their organisations'."""
        return self.filter(theirs(user))

    def submitted(self):
        """What somebody booked or asked for: not a form that is open, or was left."""
        return self.exclude(status=Status.HELD).exclude(
            status=Status.EXPIRED, decide_by=None, payment_due_at=None
        )

    def in_care_of(self, user):
        """Bookings at venues that this person manages."""
        return self.filter(space__venue__in=Venue.objects.looked_after_by(user))

    def with_place(self):
        """What a list or a page tells of each, in a fixed number of queries."""
        return self.select_related(
            "space__venue", "space__part_of", "customer", "organisation"
        ).prefetch_related("dates")


@pghistory.track(exclude=["is_live"])
class Booking(models.Model):
    """One agreement: a customer, a space, one or many dates. `bookings.lifecycle` alone writes `status`."""

    space = models.ForeignKey(Space, models.PROTECT, related_name="bookings")
    # Nobody yet while a visitor who has not signed in fills the form.
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    # No max_length: columns behind generated ones cannot change type.
    status = models.TextField(choices=Status, default=Status.HELD, editable=False)
    # The space's policy when the request was made.
    competes = models.BooleanField(default=False, editable=False)
    is_live = stored(
        Q(status__in=["held", "awaiting_payment", "confirmed"]) | Q(status="requested", competes=False),
        models.BooleanField(),
    )
    purpose = models.CharField(_("What for"), max_length=200, blank=True)
    attendees = models.PositiveIntegerField(_("Number of people"), default=1)
    note = models.TextField(_("Message to the venue"), max_length=2000, blank=True)

    created_at = models.DateTimeField(editable=False)
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    decide_by = models.DateTimeField(null=True, blank=True, editable=False)
    payment_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    # Why it was declined or cancelled, in the words of whoever did it.
    reason = models.TextField(max_length=1000, blank=True, editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(name="booking_liveness", fields=["id", "is_live"]),
            models.CheckConstraint(
                name="booking_status_is_known",
                condition=Q(status__in=[value for value, _label in Status.choices]),
            ),
            models.CheckConstraint(
                name="booking_has_a_customer",
                condition=Q(customer__isnull=False) | Q(status__in=["held", "expired"]),
                violation_error_code="customer_missing",
                violation_error_message=_("A booking belongs to somebody."),
            ),
            models.UniqueConstraint(
                name="booking_one_hold_per_customer",
                fields=["customer"],
                condition=Q(status="held"),
                violation_error_code="one_hold_at_a_time",
                violation_error_message=_("Finish or leave your other booking first."),
            ),
            models.CheckConstraint(
                name="booking_deadline_is_set",
                condition=(~Q(status="held") | Q(held_until__isnull=False))
                & (~Q(status="requested") | Q(decide_by__isnull=False))
                & (~Q(status="awaiting_payment") | Q(payment_due_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="booking_decision_is_complete",
                condition=Q(decided_at=None, decided_by=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="booking_cancellation_is_complete",
                condition=Q(cancelled_at=None, cancelled_by=None)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["held_until"], name="booking_held_until", condition=Q(status="held")),
            models.Index(fields=["decide_by"], name="booking_decide_by", condition=Q(status="requested")),
            models.Index(
                fields=["payment_due_at"],
                name="booking_payment_due",
                condition=Q(status="awaiting_payment"),
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Booking')} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("bookings:booking", args=[self.pk])

    def is_overdue(self, now: datetime) -> bool:
        """Whether the hold, request or payment should have become something else by now."""
        deadline = DEADLINES.get(Status(self.status))
        return deadline is not None and getattr(self, deadline) <= now


class Closure(models.Model):
    """What a manager said is closed. Its occupancies are what was left to close."""

    reason_fi = models.CharField(_("Reason in Finnish"), max_length=200)
    reason_sv = models.CharField(_("Reason in Swedish"), max_length=200, blank=True)
    reason_en = models.CharField(_("Reason in English"), max_length=200, blank=True)
    created_at = models.DateTimeField(editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)

    def __str__(self) -> str:
        return self.reason_fi


class OccupancyQuerySet(models.QuerySet["Occupancy"]):
    def holding(self):
        """Rows that hold their time. Never spell the condition out: the index knows it by this name."""
        return self.filter(holds_time=True)

    def over(self, starts_at, ends_at):
        """Rows of which people see something between the two instants."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def on_floor_of(self, space):
        return self.filter(hall_id=space.hall_id, footprint__shares_floor=space.footprint)


def no_overlap(*, name: str, of: str) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        # Period before footprint: the same rule, a quarter cheaper to insert into.
        expressions=[("hall", "="), (of, "&&"), ("footprint", "&&")],
        condition=Q(holds_time=True),
        violation_error_code="time_taken",
        violation_error_message=_("This time is already taken."),
    )


@pghistory.track(
    exclude=[
        "hall",
        "footprint",
        "booking_is_live",
        "holds_time",
        "with_setup",
        "with_cleanup",
        "with_both",
    ]
)
class Occupancy(models.Model):
    """A stretch of time in which part of a hall is taken, whatever the reason. Nothing else decides.

    setup_at <= starts_at < ends_at <= clear_at; people see the two in the middle. Written only through
    `bookings.occupancies`; the database refuses overlap whoever writes.
    """

    # The composite keys below already promise what db_constraint would check a second time.
    space = models.ForeignKey(Space, models.PROTECT, db_constraint=False, related_name="occupancies")
    hall = models.ForeignKey(Space, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    footprint = FootprintField()
    setup_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    clear_at = models.DateTimeField()
    with_setup = stretch("setup_at", "ends_at")
    with_cleanup = stretch("starts_at", "clear_at")
    with_both = stretch("setup_at", "clear_at")
    # Where a moved date began its life; a calendar knows it by that.
    original_starts_at = models.DateTimeField(editable=False)
    # Without blank=True full_clean() crashes: Django 5.2 cannot judge a condition on a failed field.
    booking = models.ForeignKey(
        Booking, models.CASCADE, null=True, blank=True, related_name="dates", db_constraint=False
    )
    booking_is_live = models.BooleanField(null=True, blank=True, editable=False)
    closure = models.ForeignKey(Closure, models.CASCADE, null=True, blank=True, related_name="dates")
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    holds_time = stored(
        (Q(booking_is_live=True) | Q(booking_is_live=None)) & Q(released_at=None), models.BooleanField()
    )

    objects = OccupancyQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            # Two claims on one row: the gap between neighbours is the longer buffer, not the sum.
            no_overlap(name="occupancy_respects_setup", of="with_setup"),
            no_overlap(name="occupancy_respects_cleanup", of="with_cleanup"),
            CompositeForeignKey(
                name="occupancy_follows_layout",
                fields=["space", "hall", "footprint"],
                to="venues.Space",
                to_fields=["id", "hall_id", "footprint"],
            ),
            CompositeForeignKey(
                name="occupancy_follows_booking",
                fields=["booking", "booking_is_live"],
                to="bookings.Booking",
                to_fields=["id", "is_live"],
            ),
            models.CheckConstraint(
                name="occupancy_has_one_reason",
                condition=Q(booking=None, closure__isnull=False) | Q(booking__isnull=False, closure=None),
                violation_error_code="one_reason",
                violation_error_message=_("Time is taken for exactly one reason."),
            ),
            models.CheckConstraint(
                name="occupancy_times_in_order",
                condition=Q(
                    setup_at__lte=F("starts_at"), starts_at__lt=F("ends_at"), ends_at__lte=F("clear_at")
                ),
                violation_error_code="times_in_order",
                violation_error_message=_("The end is after the start."),
            ),
            models.CheckConstraint(
                name="occupancy_times_are_finite",
                condition=Q(setup_at__gt=Value("-infinity"), clear_at__lt=Value("infinity")),
            ),
            models.CheckConstraint(name="occupancy_has_floor", condition=Q(footprint__is_empty=False)),
        ]
        indexes = [
            # Busy time in a window, whole city: index-only, exact, whatever the longest stretch.
            GistIndex(
                fields=["with_both"],
                include=["hall", "space", "starts_at", "ends_at"],
                name="occupancy_holding_time",
                condition=Q(holds_time=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} – {self.ends_at:%Y-%m-%d %H:%M}"


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def reserve(self, user, key: str, *, request_hash: str, now) -> bool:
        """Take a key for a request; False if it is taken. Waits for another that is just taking it."""
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into bookings_keptanswer (user_id, key, request_hash, body, created_at)"
                " values (%s, %s, %s, '', %s) on conflict (user_id, key) do nothing",
                [user.pk, key, request_hash, now],
            )
            return cursor.rowcount == 1

    def outdated(self, now):
        return self.filter(created_at__lt=now - KeptAnswer.KEPT_FOR)


class KeptAnswer(models.Model):
    """The answer that an idempotency key got, given again whenever the key comes again."""

    KEPT_FOR = timedelta(days=1)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True)
    # The very bytes: a JSON column would give the names back in another order.
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(db_index=True)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="kept_answer_once", fields=["user", "key"])]

    def __str__(self) -> str:
        return self.key
