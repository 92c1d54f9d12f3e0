"""Taken time, whatever the reason."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from venues.constraints import CompositeForeignKey
from venues.fields import FootprintField
from venues.models import Space

from .bookings import AGREED_OR_ASKED, Booking
from .closures import Closure, Hit
from .columns import stored, stretch
from .waiting import Offer


class OccupancyQuerySet(models.QuerySet["Occupancy"]):
    def holding(self):
        """Rows that hold their time. Never spell the condition out: the index knows it by this name."""
        return self.filter(holds_time=True)

    def promised(self):
        """Places to which impacts are about to move dates of bookings that still count."""
        # Said twice: by it they are found through the index of hits, and not among the whole city's dates.
        return self.filter(hit__isnull=False, hit__date__booking__status__in=AGREED_OR_ASKED)

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
    # The dates of a closure follow from what it says, and the closure itself says by whom and when.
    pghistory.InsertEvent(condition=pgtrigger.Q(new__closure=None)),
    pghistory.UpdateEvent(),
    exclude=[
        "hall",
        "footprint",
        "booking_is_live",
        "holds_time",
        "with_setup",
        "with_cleanup",
        "with_both",
    ],
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
    # The new time of a date that an impact is about to move.
    hit = models.OneToOneField(Hit, models.CASCADE, null=True, blank=True, related_name="target")
    # Time that came free, held for somebody who waits.
    offer = models.OneToOneField(Offer, models.CASCADE, null=True, blank=True, related_name="held")
    # Given back: alone, or with others of its series.
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    # Moved alone: what is done to its whole series leaves it where it is.
    is_exception = models.BooleanField(default=False, db_default=False, editable=False)
    # Whether somebody came, by their own word or the caretaker's.
    arrived_at = models.DateTimeField(null=True, blank=True, editable=False)
    arrived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    no_show_at = models.DateTimeField(null=True, blank=True, editable=False)
    no_show_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
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
                condition=Q(booking__isnull=False, closure=None, hit=None, offer=None)
                | Q(booking=None, closure__isnull=False, hit=None, offer=None)
                | Q(booking=None, closure=None, hit__isnull=False, offer=None)
                | Q(booking=None, closure=None, hit=None, offer__isnull=False),
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
            models.CheckConstraint(
                name="occupancy_came_or_not", condition=Q(arrived_at=None) | Q(no_show_at=None)
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
