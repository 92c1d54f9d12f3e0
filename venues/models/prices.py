"""What spaces cost: price lists in versions, rates of tax, and what a cancellation costs.

Money is integer cents of the city's currency. No rate and no price is ever in code.
"""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, PriceGroup
from accounts.texts import Text, text_of

from .places import Venue
from .spaces import Named, Purpose, Space

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def every_day() -> list[int]:
    return list(EVERY_DAY)


class VatCategory(Named):
    """How the law sees what is sold: letting a room, an opportunity for sport, a standard service."""


class VatRate(models.Model):
    """The rate of a category from a day on, until the next one. Rates are facts with a source, never code."""

    category = models.ForeignKey(VatCategory, models.PROTECT, related_name="rates")
    percent = models.DecimalField(_("Per cent"), max_digits=4, decimal_places=1)
    valid_from = models.DateField(_("From the day"))
    source = models.CharField(_("Source"), max_length=300)
    is_confirmed = models.BooleanField(
        _("Confirmed"), default=False, help_text=_("Somebody has read it in a text of the tax authority.")
    )

    class Meta:
        ordering = ["category", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                name="vat_rate_once_a_day",
                fields=["category", "valid_from"],
                violation_error_code="rate_given_already",
                violation_error_message=_("This category has a rate from that day on already."),
            ),
            models.CheckConstraint(
                name="vat_rate_is_possible",
                condition=Q(percent__gte=0, percent__lt=100),
                violation_error_code="rate_impossible",
                violation_error_message=_("A rate is from 0 to under 100 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.percent} %"


class PriceList(models.Model):
    """What spaces cost by one table of the city's. Its prices stand in versions, each from a day on."""

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


def stays_as_published(table: str, version: str = "version_id") -> pgtrigger.Trigger:
    """Refuse any change to what a published version says, whoever writes."""
    return pgtrigger.Trigger(
        name=f"{table}_stays_as_published",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        func=f"""
            if exists (
                select from venues_pricelistversion
                where published_at is not null
                  and id in ((case when tg_op = 'INSERT' then new else old end).{version},
                             (case when tg_op = 'DELETE' then old else new end).{version})
            ) then
                raise exception 'A published version of a price list stays as it is.'
                    using errcode = 'integrity_constraint_violation', constraint = 'price_version_stays';
            end if;
            if tg_op = 'DELETE' then return old; end if;
            return new;
        """,
    )


class PriceListVersionQuerySet(models.QuerySet["PriceListVersion"]):
    def published(self):
        return self.exclude(published_at=None)

    def drafts(self):
        return self.filter(published_at=None)


class PriceListVersion(models.Model):
    """The prices of a list from a day on, until the next published version begins.

    A published version is never edited: a copy with another first day follows it.
    """

    price_list = models.ForeignKey(PriceList, models.PROTECT, related_name="versions")
    valid_from = models.DateField(_("From the day"))
    includes_vat = models.BooleanField(_("Prices include VAT"), default=True)
    # What tax holds, unless one of the version's rules says otherwise.
    vat_category = models.ForeignKey(
        VatCategory, models.PROTECT, related_name="+", verbose_name=_("VAT category")
    )
    holidays_as_sunday = models.BooleanField(_("Public holidays cost what Sundays do"), default=True)
    source = models.CharField(_("Source of the prices"), max_length=500, blank=True)
    is_demo = models.BooleanField(
        _("Demo data"), default=False, help_text=_("The sources do not say that these prices hold today.")
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    objects = PriceListVersionQuerySet.as_manager()

    class Meta:
        ordering = ["price_list", "-valid_from", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="price_version_once_a_day",
                fields=["price_list", "valid_from"],
                violation_error_code="version_given_already",
                violation_error_message=_("The list has a version from that day on already."),
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="price_version_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__published_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.price_list} {self.valid_from}"


class PriceRow(models.Model):
    """One price, and for whom and when it holds. What is null or empty holds always.

    The rows of a version are read from the top (`position`): the first that fits is the price. Clock times
    are the city's; a band ends on the day on which it begins.
    """

    class Unit(models.TextChoices):
        HOUR = "hour", _("An hour")
        HALF_HOUR = "half_hour", _("Every half-hour that has begun")
        BOOKING = "booking", _("A booking")
        DAY = "day", _("A day")
        FREE = "free", _("Free of charge")

    version = models.ForeignKey(PriceListVersion, models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField(_("Position"))
    # --- for whom, and for what -------------------------------------------------------------------
    price_group = models.ForeignKey(
        PriceGroup, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Price group")
    )
    purpose = models.ForeignKey(
        Purpose, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Kind of use")
    )
    # --- where ------------------------------------------------------------------------------------
    venue_kind = models.CharField(_("Kind of venue"), max_length=20, choices=Venue.Kind, blank=True)
    # With its parts.
    hall = models.ForeignKey(
        Space, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Hall")
    )
    supervision = models.CharField(_("Supervision"), max_length=20, choices=Space.Supervision, blank=True)
    # Of the whole hall, in square metres: from, and below.
    area_from = models.PositiveIntegerField(_("Floor area from, m²"), null=True, blank=True)
    area_below = models.PositiveIntegerField(_("Floor area under, m²"), null=True, blank=True)
    part_percent = models.PositiveSmallIntegerField(
        _("At most so much of the hall, per cent"), null=True, blank=True
    )
    # --- when -------------------------------------------------------------------------------------
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=every_day, verbose_name=_("Weekdays"))
    from_time = models.TimeField(_("From"), null=True, blank=True)
    until_time = models.TimeField(_("To"), null=True, blank=True)  # 00.00 is the end of the day
    # Every year: 901 and 601 are 1 September and 1 June, both included.
    season_from = models.PositiveSmallIntegerField(_("Every year from"), null=True, blank=True)
    season_until = models.PositiveSmallIntegerField(_("Every year until"), null=True, blank=True)
    # --- the price --------------------------------------------------------------------------------
    unit = models.CharField(_("Price is for"), max_length=10, choices=Unit)
    cents = models.PositiveIntegerField(_("Price, cents"), default=0)
    # Of all that is charged for the time of one date.
    min_cents = models.PositiveIntegerField(_("At least, cents"), null=True, blank=True)
    max_cents = models.PositiveIntegerField(_("At most, cents"), null=True, blank=True)

    class Meta:
        ordering = ["version", "position", "pk"]
        constraints = [
            models.UniqueConstraint(name="price_row_position_once", fields=["version", "position"]),
            models.CheckConstraint(
                name="price_row_has_weekdays",
                condition=Q(weekdays__len__range=(1, 7), weekdays__contained_by=EVERY_DAY),
                violation_error_code="weekday_unknown",
                violation_error_message=_("Choose at least one weekday."),
            ),
            models.CheckConstraint(
                name="price_row_band_in_order",
                condition=Q(from_time=None, until_time=None)
                | Q(from_time__isnull=False, until_time__isnull=False, until_time="00:00")
                | Q(from_time__isnull=False, until_time__isnull=False, until_time__gt=F("from_time")),
                violation_error_code="band_in_order",
                violation_error_message=_("Give both times, the end after the start, on the same day."),
            ),
            models.CheckConstraint(
                name="price_row_season_has_both_ends",
                condition=Q(season_from=None, season_until=None)
                | Q(
                    # Said twice, because a comparison with null lets everything through.
                    season_from__isnull=False,
                    season_until__isnull=False,
                    season_from__range=(101, 1231),
                    season_until__range=(101, 1231),
                ),
                violation_error_code="season_incomplete",
                violation_error_message=_("Give both the first and the last day of the season."),
            ),
            models.CheckConstraint(
                name="price_row_free_costs_nothing",
                condition=~Q(unit="free") | Q(cents=0, min_cents=None, max_cents=None),
                violation_error_code="free_costs_nothing",
                violation_error_message=_("What is free of charge has no price."),
            ),
            models.CheckConstraint(
                name="price_row_limits_in_order",
                condition=Q(min_cents=None) | Q(max_cents=None) | Q(min_cents__lte=F("max_cents")),
                violation_error_code="limits_in_order",
                violation_error_message=_("The highest charge is not below the lowest."),
            ),
            models.CheckConstraint(
                name="price_row_part_is_a_share",
                condition=Q(part_percent=None) | Q(part_percent__range=(1, 100)),
                violation_error_code="not_a_share",
                violation_error_message=_("A share is from 1 to 100 per cent."),
            ),
        ]
        triggers = [stays_as_published("price_row")]

    def __str__(self) -> str:
        return f"{self.version}: {self.position}"


class AddOn(models.Model):
    """What can be had beside the space: equipment, cleaning."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("An hour")
        BOOKING = "booking", _("A booking")

    version = models.ForeignKey(PriceListVersion, models.CASCADE, related_name="add_ons")
    code = models.SlugField(_("Code"))
    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)
    unit = models.CharField(_("Price is for"), max_length=10, choices=Unit, default=Unit.BOOKING)
    cents = models.PositiveIntegerField(_("Price, cents"))
    # Without one: the tax of the space.
    vat_category = models.ForeignKey(
        VatCategory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("VAT category")
    )

    class Meta:
        ordering = ["version", "code"]
        constraints = [models.UniqueConstraint(name="add_on_once", fields=["version", "code"])]
        triggers = [stays_as_published("add_on")]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")


class VatRule(models.Model):
    """Which tax holds for some uses and users. Read from the top: the first rule that fits holds."""

    version = models.ForeignKey(PriceListVersion, models.CASCADE, related_name="vat_rules")
    position = models.PositiveSmallIntegerField(_("Position"))
    purpose = models.ForeignKey(
        Purpose, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Kind of use")
    )
    # What the user is; empty: anybody, a person too.
    organisation_kind = models.CharField(
        _("Kind of organisation"), max_length=20, choices=Organisation.Kind, blank=True
    )
    category = models.ForeignKey(
        VatCategory, models.PROTECT, related_name="+", verbose_name=_("VAT category")
    )

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(name="vat_rule_position_once", fields=["version", "position"]),
        ]
        triggers = [stays_as_published("vat_rule")]

    def __str__(self) -> str:
        return f"{self.version}: {self.category}"


class CancellationTerms(models.Model):
    """What a customer pays for a date that is cancelled or given back: the later, the more.

    Its steps are read in their order: the first whose deadline has not passed says how much. After the last
    of them `after_percent` of the price is charged.
    """

    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)
    after_percent = models.PositiveSmallIntegerField(_("After that, per cent of the price"), default=100)

    class Meta:
        ordering = ["name_fi", "pk"]
        constraints = [
            models.CheckConstraint(
                name="cancellation_costs_a_share",
                condition=Q(after_percent__lte=100),
                violation_error_code="not_a_share",
                violation_error_message=_("A share is at most 100 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")


class CancellationStep(models.Model):
    """Until so many hours before a date, or until a time on an earlier weekday: so much is charged."""

    terms = models.ForeignKey(CancellationTerms, models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("Position"))
    hours_before = models.PositiveIntegerField(_("Hours before"), null=True, blank=True)
    # As with the policy's notice: Monday to Friday, public holidays not counted.
    weekdays_before = models.PositiveSmallIntegerField(_("Weekdays before"), null=True, blank=True)
    by_time = models.TimeField(_("By what time on that weekday"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(_("Per cent of the price"), default=0)

    class Meta:
        ordering = ["terms", "position"]
        constraints = [
            models.UniqueConstraint(name="cancellation_step_once", fields=["terms", "position"]),
            models.CheckConstraint(
                name="cancellation_step_has_one_deadline",
                condition=Q(hours_before__isnull=False, weekdays_before=None, by_time=None)
                | Q(hours_before=None, weekdays_before__range=(1, 10), by_time__isnull=False),
                violation_error_code="deadline_unclear",
                violation_error_message=_("Give hours, or weekdays and a time."),
            ),
            models.CheckConstraint(
                name="cancellation_step_costs_a_share",
                condition=Q(percent__lte=100),
                violation_error_code="not_a_share",
                violation_error_message=_("A share is at most 100 per cent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.terms}: {self.percent} %"
