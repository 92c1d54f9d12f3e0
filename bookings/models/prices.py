"""What is owed for bookings, line by line. Money is integer cents."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text, text_of
from venues.models import PriceRow

from .bookings import Booking
from .occupancies import Occupancy


class PriceLineQuerySet(models.QuerySet["PriceLine"]):
    def owed(self) -> int:
        """What all these lines come to, VAT included, in cents."""
        return self.aggregate(owed=models.Sum("gross_cents", default=0))["owed"]


class PriceLine(models.Model):
    """One line of what a booking costs: it is added, and never edited.

    What is owed for a date, or for a whole booking, is the sum of its lines. Whatever changes it adds lines:
    one that takes back what was agreed, one for what is charged instead. Each is rounded once.
    """

    class Kind(models.TextChoices):
        TIME = "time", _("Use of the space")
        LIMIT = "limit", _("Lowest or highest charge")
        ADD_ON = "add_on", _("Add-on")
        REDUCTION = "reduction", _("Reduction")
        TAKEN_BACK = "taken_back", _("Not charged")  # moved, declined, lapsed, or called off by the venue
        CANCELLED = "cancelled", _("Cancelled")  # what is not charged of a date that was given back

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="price_lines")
    # The date whose price it is part of. A date that goes to another booking leaves its lines here.
    date = models.ForeignKey(Occupancy, models.PROTECT, related_name="price_lines")
    kind = models.CharField(max_length=10, choices=Kind)
    # The explanation, as it was shown: "Sat 10.00–13.00, weekend, association: 3 h × 20,34 €".
    text_fi = models.CharField(max_length=300)
    text_sv = models.CharField(max_length=300)
    text_en = models.CharField(max_length=300)
    # Of time: from when to when.
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    price_row = models.ForeignKey(PriceRow, models.PROTECT, null=True, blank=True, related_name="+")
    net_cents = models.IntegerField()
    vat_cents = models.IntegerField()
    gross_cents = models.IntegerField()
    vat_percent = models.DecimalField(max_digits=4, decimal_places=1)
    # The local day on which the service is given: it decides on the tax.
    supplied_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Why a manager has reduced the price.
    reason = models.CharField(max_length=300, blank=True)

    objects = PriceLineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="price_line_adds_up",
                condition=Q(gross_cents=F("net_cents") + F("vat_cents")),
            ),
            models.CheckConstraint(
                name="price_line_has_a_sign",
                condition=Q(kind__in=["time", "add_on"], net_cents__gte=0, vat_cents__gte=0)
                | Q(kind__in=["reduction", "taken_back", "cancelled"], net_cents__lte=0, vat_cents__lte=0)
                | Q(kind="limit"),
            ),
            models.CheckConstraint(
                name="price_line_reduction_has_a_reason",
                condition=~Q(kind="reduction") | (~Q(reason="") & Q(made_by__isnull=False)),
                violation_error_code="reason_missing",
                violation_error_message=_("Give a reason for the reduction."),
            ),
        ]
        triggers = [pgtrigger.Protect(name="price_line_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.text_en}: {self.gross_cents}"

    @property
    def text(self) -> Text:
        return text_of(self, "text")
