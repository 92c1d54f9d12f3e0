"""Warnings and bans: what follows when somebody breaks the terms, and how they were heard."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from venues.models import Venue


class SanctionQuerySet(models.QuerySet["Sanction"]):
    def in_force(self, day):
        """Bans by which a person or an organisation may not book on the day."""
        return self.filter(
            kind=Sanction.Kind.BAN, decided_at__isnull=False, dropped_at=None, lifted_at=None, until__gte=day
        )


class Sanction(models.Model):
    """A warning or a ban of a person or an organisation, at one venue or in the whole city.

    First they are heard: they read the reason, and may answer until `answer_by`. Then it is decided, or
    dropped. (Administrative Procedure Act 434/2003, section 34: a party is heard before a decision.)
    """

    class Kind(models.TextChoices):
        WARNING = "warning", _("Warning")
        BAN = "ban", _("Ban")

    kind = models.CharField(_("Kind"), max_length=10, choices=Kind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="sanctions"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="sanctions"
    )
    # None: the whole city.
    venue = models.ForeignKey(Venue, models.PROTECT, null=True, blank=True, related_name="sanctions")
    reason = models.TextField(_("Reason"), max_length=2000)
    until = models.DateField(_("Until"), null=True, blank=True)  # the last day of a ban
    proposed_at = models.DateTimeField(editable=False)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False
    )
    answer_by = models.DateTimeField(editable=False)
    answer = models.TextField(_("Answer"), max_length=4000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    dropped_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = SanctionQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="sanction_is_of_somebody",
                condition=Q(person=None, organisation__isnull=False)
                | Q(person__isnull=False, organisation=None),
            ),
            models.CheckConstraint(
                name="sanction_ban_has_an_end",
                condition=Q(kind="warning", until=None) | Q(kind="ban", until__isnull=False),
                violation_error_code="last_day_missing",
                violation_error_message=_("Say until which day the ban lasts."),
            ),
            models.CheckConstraint(
                name="sanction_decision_is_complete",
                condition=Q(decided_at=None, decided_by=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False, dropped_at=None),
            ),
            models.CheckConstraint(
                name="sanction_lifting_is_complete",
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False, decided_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.organisation or self.person}"
