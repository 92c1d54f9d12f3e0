"""Opening hours: what people say in local time, and the instants that follow from it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.texts import Text, text_of

from .. import opening_hours
from ..audiences import Audience, audiences


class Timetable(models.Model):
    """A set of opening hours that spaces share: a venue's, or a space's own."""

    id = models.AutoField(primary_key=True)  # int4 on purpose: GiST cannot use "bigint = 17"
    # What the openings follow from, so that a rebuild that would change nothing reads no openings.
    built_from = models.CharField(max_length=64, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{_('Opening hours')} {self.pk}"


class OpeningRule(models.Model):
    """Open on such days from `opens` to `closes`, local time.

    A closing time at or before the opening time is on the next day: 18.00–00.00 ends at midnight,
    22.00–02.00 after it, 00.00–00.00 lasts all day. Every condition narrows the days; a night belongs to the
    day on which it begins. `plain` is what the pure rules in `venues.opening_hours` read.
    """

    class WeekParity(models.TextChoices):
        EVERY = "", _("Every week")
        ODD = "odd", _("Odd weeks")
        EVEN = "even", _("Even weeks")

    class Terms(models.TextChoices):
        ALWAYS = "", _("In term and outside it")
        IN_TERM = "in_term", _("Only in term")
        OUTSIDE_TERM = "outside_term", _("Only outside term")

    class OnHolidays(models.TextChoices):
        CLOSED = "closed", _("Closed")
        AS_SUNDAY = "as_sunday", _("As on Sunday")
        NORMAL = "normal", _("As on any such weekday")

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="rules")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("Weekdays"))  # 1 is Monday
    opens = models.TimeField(_("Opens"))
    closes = models.TimeField(_("Closes"))
    # A season that comes back every year: 901 and 601 are 1 September and 1 June, both included.
    season_from = models.PositiveSmallIntegerField(_("Every year from"), null=True, blank=True)
    season_until = models.PositiveSmallIntegerField(_("Every year until"), null=True, blank=True)
    # Days of one calendar, both included.
    valid_from = models.DateField(_("From the day"), null=True, blank=True)
    valid_until = models.DateField(_("Until the day"), null=True, blank=True)
    every_weeks = models.PositiveSmallIntegerField(_("Every … weeks"), default=1)
    weeks_from = models.DateField(_("A day in the first such week"), null=True, blank=True)
    # Of the ISO week's number, so that week 53 and week 1 after it are both odd.
    week_parity = models.CharField(
        _("Odd or even weeks"), max_length=4, choices=WeekParity, default=WeekParity.EVERY, blank=True
    )
    terms = models.CharField(
        _("School terms"), max_length=12, choices=Terms, default=Terms.ALWAYS, blank=True
    )
    on_holidays = models.CharField(
        _("On public holidays"), max_length=10, choices=OnHolidays, default=OnHolidays.CLOSED
    )
    open_to = audiences(_("For whom"))
    is_staffed = models.BooleanField(_("Staff present"), default=True)

    class Meta:
        ordering = ["weekdays", "opens", "pk"]
        constraints = [
            models.CheckConstraint(
                name="opening_rule_has_weekdays",
                condition=Q(weekdays__len__range=(1, 7), weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                violation_error_code="weekday_unknown",
                violation_error_message=_("Choose at least one weekday."),
            ),
            models.CheckConstraint(
                name="opening_rule_is_for_somebody",
                condition=Q(open_to__len__gte=1, open_to__contained_by=Audience.values),
                violation_error_code="audience_missing",
                violation_error_message=_("Say for whom it is open."),
            ),
            models.CheckConstraint(
                name="opening_rule_season_has_both_ends",
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
                name="opening_rule_days_in_order",
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_from__lte=F("valid_until")),
                violation_error_code="days_in_order",
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                name="opening_rule_weeks_can_be_counted",
                condition=Q(every_weeks=1) | Q(every_weeks__range=(2, 53), weeks_from__isnull=False),
                violation_error_code="weeks_uncounted",
                violation_error_message=_("Say from which week on the weeks are counted."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekdays}: {self.opens:%H.%M}–{self.closes:%H.%M}"

    @property
    def plain(self) -> opening_hours.Rule:
        """The rule as the pure rules read it."""
        season = (self.season_from, self.season_until) if self.season_from and self.season_until else None
        return opening_hours.Rule(
            frozenset(self.weekdays),
            self.opens,
            self.closes,
            season=season,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            every_weeks=self.every_weeks,
            weeks_from=self.weeks_from,
            week_parity=self.week_parity,
            terms=self.terms,
            on_holidays=self.on_holidays,
            open_to=frozenset(self.open_to),
            is_staffed=self.is_staffed,
        )


class OpeningException(models.Model):
    """A date on which other hours hold, whatever the rules say. Without times: closed that day."""

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="exceptions")
    date = models.DateField(_("Date"))
    opens = models.TimeField(_("Opens"), null=True, blank=True)
    closes = models.TimeField(_("Closes"), null=True, blank=True)
    open_to = audiences(_("For whom"))
    is_staffed = models.BooleanField(_("Staff present"), default=True)
    reason_fi = models.CharField(_("Reason in Finnish"), max_length=200, blank=True)
    reason_sv = models.CharField(_("Reason in Swedish"), max_length=200, blank=True)
    reason_en = models.CharField(_("Reason in English"), max_length=200, blank=True)

    class Meta:
        ordering = ["date", "opens"]
        constraints = [
            models.CheckConstraint(
                name="opening_exception_times_are_a_pair",
                condition=Q(opens=None, closes=None) | Q(opens__isnull=False, closes__isnull=False),
                violation_error_code="times_incomplete",
                violation_error_message=_("Give both times, or neither for a closed day."),
            ),
            models.CheckConstraint(
                name="opening_exception_is_for_somebody",
                condition=Q(open_to__len__gte=1, open_to__contained_by=Audience.values),
                violation_error_code="audience_missing",
                violation_error_message=_("Say for whom it is open."),
            ),
            models.UniqueConstraint(
                name="opening_exception_once", fields=["timetable", "date", "opens"], nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: " + (f"{self.opens:%H.%M}–{self.closes:%H.%M}" if self.opens else "–")

    @property
    def plain(self) -> opening_hours.Exceptional:
        """The exception as the pure rules read it."""
        return opening_hours.Exceptional(
            self.date, self.opens, self.closes, frozenset(self.open_to), self.is_staffed
        )


class Opening(models.Model):
    """A stretch of time in which a timetable's spaces are open, as instants, to whom, and with staff or not.

    Follows from the rules, the exceptions and the calendar (`venues.openings.rebuild`), kept ahead of time so
    that search is one question. Stretches that touch and are alike are one row; no two overlap.
    """

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="openings")
    period = DateTimeRangeField()
    open_to = audiences(_("For whom"))
    is_staffed = models.BooleanField(_("Staff present"), default=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="opening_no_overlap",
                expressions=[(F("timetable"), "="), (F("period"), "&&")],
            ),
        ]
        indexes = [GistIndex(fields=["period"], include=["timetable"], name="opening_period")]

    def __str__(self) -> str:
        return f"{self.period.lower} – {self.period.upper}"


class SchoolPeriod(models.Model):
    """When the city's schools are in term: within a term and not in a break. Both days are included."""

    class Kind(models.TextChoices):
        TERM = "term", _("Term")
        BREAK = "break", _("Break")

    kind = models.CharField(_("Kind"), max_length=5, choices=Kind)
    name_fi = models.CharField(_("Name in Finnish"), max_length=100)
    name_sv = models.CharField(_("Name in Swedish"), max_length=100, blank=True)
    name_en = models.CharField(_("Name in English"), max_length=100, blank=True)
    first = models.DateField(_("First day"))
    last = models.DateField(_("Last day"))
    is_demo = models.BooleanField(
        _("Demo data"), default=False, help_text=_("The sources do not confirm these days.")
    )
    source = models.CharField(_("Source of the facts"), max_length=300, blank=True)

    class Meta:
        ordering = ["first", "pk"]
        constraints = [
            models.CheckConstraint(
                name="school_period_days_in_order",
                condition=Q(first__lte=F("last")),
                violation_error_code="days_in_order",
                violation_error_message=_("The last day is not before the first."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def name(self) -> Text:
        return text_of(self, "name")
