"""Bookings: who agreed what."""

from datetime import datetime
from functools import reduce
from operator import or_

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from venues.models import Purpose, Space, TermsVersion, Venue

from .columns import stored
from .series import Series, theirs


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


class BookingQuerySet(models.QuerySet["Booking"]):
    def live(self):
        """Bookings whose dates hold their time."""
        return self.filter(is_live=True)

    def undecided(self):
        return self.filter(status=Status.REQUESTED)

    def overdue(self, now):
        """Holds, requests and payments whose time is up. What somebody is paying for right now is not."""
        due = (Q(status=status, **{f"{deadline}__lte": now}) for status, deadline in DEADLINES.items())
        return self.filter(reduce(or_, due), is_being_paid=False).order_by("pk")

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
    """One agreement: a customer, a space, one or many dates. `bookings.moves` alone writes `status`."""

    space = models.ForeignKey(Space, models.PROTECT, related_name="bookings")
    # Nobody yet while a visitor who has not signed in fills the form.
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="bookings"
    )
    # Of a series every space has a booking of its own.
    series = models.ForeignKey(
        Series, models.PROTECT, null=True, blank=True, related_name="bookings", editable=False
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
    # One of the city's purposes, where a policy depends on it; `purpose` has the customer's own words.
    main_purpose = models.ForeignKey(
        Purpose, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Kind of use")
    )
    note = models.TextField(_("Message to the venue"), max_length=2000, blank=True)
    adult_name = models.CharField(_("Adult in charge"), max_length=120, blank=True)
    adult_phone = models.CharField(_("Phone of the adult in charge"), max_length=40, blank=True)
    accepted_terms = models.ForeignKey(
        TermsVersion, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    # What was ordered beside the space, by the codes of its price list.
    add_ons = ArrayField(models.SlugField(), default=list, blank=True, editable=False)

    # Somebody is paying for it: it does not run out before `payments` has made sure that nobody will.
    is_being_paid = models.BooleanField(default=False, db_default=False, editable=False)
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
        """Whether the hold, request or payment should have become something else by now.

        Nothing does while somebody pays for it.
        """
        deadline = DEADLINES.get(Status(self.status))
        return deadline is not None and getattr(self, deadline) <= now and not self.is_being_paid
