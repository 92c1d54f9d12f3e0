"""Policies as people say them, layer over layer, and the terms that a customer accepts."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text, text_of

from ..audiences import Audience
from .places import Venue
from .spaces import Space


class Terms(models.Model):
    """Terms of use that a customer accepts. What they say stands in versions."""

    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)

    class Meta:
        ordering = ["name_fi", "pk"]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")


class TermsVersion(models.Model):
    """What terms say from an instant on. A published version is never edited: a new one follows it."""

    terms = models.ForeignKey(Terms, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text_fi = models.TextField(_("Text in Finnish"))
    text_sv = models.TextField(_("Text in Swedish"), blank=True)
    text_en = models.TextField(_("Text in English"), blank=True)
    published_at = models.DateTimeField(editable=False)

    class Meta:
        ordering = ["terms", "-number"]
        constraints = [models.UniqueConstraint(name="terms_version_once", fields=["terms", "number"])]
        triggers = [
            pgtrigger.Protect(name="terms_version_stays", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.terms} {self.number}"

    @property
    def text(self) -> Text:
        return text_of(self, "text")


class Policy(models.Model):
    """What a kind of venue, a venue or a space says of how it is booked. What is null, it does not say.

    A space's word goes before its venue's, the venue's before its kind's, and where all are silent the
    default of the space's own column holds. `venues.policy_layers.settle` writes what comes of it into the
    space, where search and judgement read it. Field for field the columns are those of `Space`.
    """

    kind = models.CharField(
        _("Kind"), max_length=20, choices=Venue.Kind, null=True, blank=True, unique=True, editable=False
    )
    venue = models.OneToOneField(
        Venue, models.CASCADE, null=True, blank=True, related_name="policy", editable=False
    )
    space = models.OneToOneField(
        Space, models.CASCADE, null=True, blank=True, related_name="policy", editable=False
    )
    # What the last import said, to tell a person's edit from an older file's word.
    imported = models.JSONField(default=dict, editable=False)

    # --- when a booking may begin, and how long it may be ----------------------------------------
    start_step = models.PositiveSmallIntegerField(_("Starts every … minutes"), null=True, blank=True)
    starts_from = models.CharField(
        _("Starts are counted from"), max_length=7, choices=Space.StartsFrom, null=True, blank=True
    )
    start_minute = models.PositiveSmallIntegerField(_("Minutes past the hour"), null=True, blank=True)
    min_minutes = models.PositiveIntegerField(_("Shortest booking, minutes"), null=True, blank=True)
    max_minutes = models.PositiveIntegerField(_("Longest booking, minutes"), null=True, blank=True)
    is_whole_day = models.BooleanField(_("Only whole days"), null=True, blank=True)
    bookable_when = models.CharField(
        _("Only at these times"), max_length=20, choices=Space.BookableWhen, null=True, blank=True
    )

    # --- how long before --------------------------------------------------------------------------
    notice_hours = models.PositiveIntegerField(_("Book at least … hours before"), null=True, blank=True)
    notice_weekdays = models.PositiveSmallIntegerField(
        _("Book on an earlier weekday, so many before"), null=True, blank=True
    )
    notice_by = models.TimeField(_("By what time on that weekday"), null=True, blank=True)
    ahead_days = models.PositiveIntegerField(_("Book at most … days ahead"), null=True, blank=True)
    ahead_until = models.DateField(_("Bookings are open until the day"), null=True, blank=True)

    # --- who, and how much ------------------------------------------------------------------------
    who_may_book = ArrayField(
        models.CharField(max_length=12, choices=Audience),
        null=True,
        blank=True,
        verbose_name=_("Who may book"),
    )
    min_age = models.PositiveSmallIntegerField(_("Minimum age"), null=True, blank=True)
    needs_adult = models.BooleanField(_("An adult in charge is named"), null=True, blank=True)
    quota_day = models.PositiveSmallIntegerField(_("Bookings a day"), null=True, blank=True)
    quota_week = models.PositiveSmallIntegerField(_("Bookings a week"), null=True, blank=True)
    quota_season = models.PositiveSmallIntegerField(_("Bookings a season"), null=True, blank=True)

    # --- what happens then ------------------------------------------------------------------------
    approval = models.CharField(_("Approval"), max_length=20, choices=Space.Approval, null=True, blank=True)
    approval_above = models.PositiveIntegerField(_("Approval above … people"), null=True, blank=True)
    approval_purposes = ArrayField(
        models.SlugField(), null=True, blank=True, verbose_name=_("Approval for some purposes")
    )
    approval_unstaffed = models.BooleanField(_("Approval outside staffed hours"), null=True, blank=True)
    requests_compete = models.BooleanField(_("Requests compete"), null=True, blank=True)
    terms = models.ForeignKey(
        Terms, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Terms of use")
    )
    payment = models.CharField(_("Payment"), max_length=20, choices=Space.Payment, null=True, blank=True)
    price_list = models.ForeignKey(
        "venues.PriceList",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Price list"),
    )
    cancellation = models.ForeignKey(
        "venues.CancellationTerms",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Cancellation terms"),
    )
    single_dates_go_back = models.BooleanField(
        _("Single dates of a series can be given back"), null=True, blank=True
    )
    give_back_hours = models.PositiveIntegerField(
        _("Give back at the latest … hours before"), null=True, blank=True
    )
    can_be_swapped = models.BooleanField(_("Customers may swap dates"), null=True, blank=True)
    holder_is_public = models.BooleanField(_("The calendar shows who has the time"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policy_has_one_owner",
                condition=Q(kind__isnull=False, venue=None, space=None)
                | Q(kind=None, venue__isnull=False, space=None)
                | Q(kind=None, venue=None, space__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Policy')} {self.pk}"
