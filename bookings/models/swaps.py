"""Swaps: two customers give each other one of their dates."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation


class Swap(models.Model):
    """One customer proposes a date of theirs for another's. It is made when the other agrees.

    Where and when both dates were is kept: a date that has moved meanwhile is swapped no more.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        AGREED = "agreed", _("Agreed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        LAPSED = "lapsed", _("Lapsed")

    offered = models.ForeignKey("Occupancy", models.CASCADE, related_name="swaps_offered")
    wanted = models.ForeignKey("Occupancy", models.CASCADE, related_name="swaps_wanted")
    offered_starts_at = models.DateTimeField()
    wanted_starts_at = models.DateTimeField()
    message = models.CharField(_("Message"), max_length=500, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    # For whom it was proposed: after the swap, the offered date is the other's.
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    # Whom it was proposed to: after the swap, the wanted date is the proposer's.
    asked = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    asked_organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    proposed_at = models.DateTimeField(editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="swap_of_two_dates", condition=~Q(offered=F("wanted"))),
            models.UniqueConstraint(
                name="swap_proposed_once",
                fields=["offered", "wanted"],
                condition=Q(state="proposed"),
                violation_error_code="proposed_already",
                violation_error_message=_("This swap has been proposed already."),
            ),
            models.CheckConstraint(
                name="swap_answer_is_complete",
                condition=Q(answered_at=None, answered_by=None)
                | Q(answered_at__isnull=False) & ~Q(state="proposed"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offered} ↔ {self.wanted}"
