"""Series: a club's turns of a season, asked for in one go, and the dates of them that it did not get."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from venues.models import Space, Venue


def theirs(user) -> Q:
    """What they made for themselves, and all that is their organisations'.

    Whoever left an organisation leaves what was made for it. Of one that has ended, its last people stay.
    """
    return Q(customer=user, organisation=None) | Q(organisation__in=user.memberships.values("organisation"))


class SeriesQuerySet(models.QuerySet["Series"]):
    def of(self, user):
        """Their own, and their organisations'."""
        return self.filter(theirs(user))

    def visible_to(self, user):
        """Their own, their organisations', and those with bookings at venues that they manage."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        at_their_venues = Venue.objects.looked_after_by(user)
        return self.filter(theirs(user) | Q(bookings__space__venue__in=at_their_venues)).distinct()


class Series(models.Model):
    """What was asked for: every n weeks on these weekdays, between these clock times, until a last day.

    What came of it are its bookings, one for each space, and its missed dates. A turn that ends no later than
    it starts ends on the next day. Clock times are the city's: a turn at 18.00 stays at 18.00 all year.
    """

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="series", editable=False
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="series", editable=False
    )
    space = models.ForeignKey(Space, models.PROTECT, related_name="series")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("Weekdays"))  # Monday is 1
    every_weeks = models.PositiveSmallIntegerField(_("Every how many weeks"), default=1)
    first_on = models.DateField(_("First day"))
    last_on = models.DateField(_("Last day"))  # a turn may still begin on it
    starts = models.TimeField(_("From"))
    ends = models.TimeField(_("To"))
    without_holidays = models.BooleanField(_("Not on public holidays"), default=True)
    without_breaks = models.BooleanField(_("Not in school holidays"), default=False)
    created_at = models.DateTimeField(editable=False)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name_plural = "series"
        constraints = [
            models.CheckConstraint(
                name="series_days_in_order",
                condition=Q(first_on__lte=F("last_on")),
                violation_error_code="last_day_before_first",
                violation_error_message=_("The last day is not before the first."),
            ),
            models.CheckConstraint(
                name="series_has_weekdays",
                condition=Q(weekdays__len__gte=1) & Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                violation_error_code="weekdays_missing",
                violation_error_message=_("Choose the weekdays on which it comes again."),
            ),
            models.CheckConstraint(name="series_comes_again", condition=Q(every_weeks__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.space}: {self.first_on:%Y-%m-%d} – {self.last_on:%Y-%m-%d}"


class MissedDate(models.Model):
    """A turn of a series that could not be booked, and every reason why, as it was told then."""

    series = models.ForeignKey(Series, models.CASCADE, related_name="missed")
    space = models.ForeignKey(Space, models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # [{"code": …, "fi": …, "sv": …, "en": …}]
    problems = models.JSONField()
    # Its customer has got the time after all, or another instead of it.
    made_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="missed_date_once", fields=["series", "space", "starts_at"]),
            models.CheckConstraint(name="missed_date_in_order", condition=Q(starts_at__lt=F("ends_at"))),
            models.CheckConstraint(name="missed_date_has_a_reason", condition=~Q(problems=[])),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}"
