"""Opening hours: what people say in local time, and the instants that follow from it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Timetable(models.Model):
    """A set of opening hours that spaces share: a venue's, or a space's own."""

    id = models.AutoField(primary_key=True)  # int4 on purpose: GiST cannot use "bigint = 17"
    # What the openings follow from, so that a rebuild that would change nothing reads no openings.
    built_from = models.CharField(max_length=64, blank=True, editable=False)

    def __str__(self) -> str:
        return f"{_('Opening hours')} {self.pk}"


class OpeningHours(models.Model):
    """Open every such weekday from `opens` to `closes`, local time.

    A closing time at or before the opening time is on the next day: 18.00–00.00 ends at midnight,
    22.00–02.00 after it, 00.00–00.00 lasts all day.
    """

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="weekly_hours")
    weekday = models.PositiveSmallIntegerField(
        _("Weekday"), validators=[MinValueValidator(1), MaxValueValidator(7)], help_text=_("1 is Monday.")
    )
    opens = models.TimeField(_("Opens"))
    closes = models.TimeField(_("Closes"))

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                name="opening_hours_on_a_weekday",
                condition=Q(weekday__range=(1, 7)),
                violation_error_code="weekday_unknown",
                violation_error_message=_("Weekdays are numbered from 1, Monday, to 7, Sunday."),
            ),
            models.UniqueConstraint(name="opening_hours_once", fields=["timetable", "weekday", "opens"]),
        ]

    def __str__(self) -> str:
        return f"{self.weekday}: {self.opens:%H.%M}–{self.closes:%H.%M}"


class OpeningException(models.Model):
    """A date on which other hours than the weekly ones hold. Without times: closed that day."""

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="exceptions")
    date = models.DateField(_("Date"))
    opens = models.TimeField(_("Opens"), null=True, blank=True)
    closes = models.TimeField(_("Closes"), null=True, blank=True)
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
            models.UniqueConstraint(
                name="opening_exception_once", fields=["timetable", "date", "opens"], nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: " + (f"{self.opens:%H.%M}–{self.closes:%H.%M}" if self.opens else "–")


class Opening(models.Model):
    """A stretch of time in which a timetable's spaces are open, as instants.

    Follows from the weekly hours and the exceptions (`venues.opening_hours.rebuild`), kept ahead of
    time so that search is one question. Stretches that touch are one row.
    """

    timetable = models.ForeignKey(Timetable, models.CASCADE, related_name="openings")
    period = DateTimeRangeField()

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
