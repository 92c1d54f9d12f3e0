"""What people looked for in vain."""

from django.db import models

from venues.models import District, Purpose, Venue


class UnmetWish(models.Model):
    """How often somebody looked for a room and found none: where, when and how big, and never who."""

    asked_on = models.DateField()
    district = models.ForeignKey(District, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Venue.Kind, blank=True)
    purpose = models.ForeignKey(Purpose, models.CASCADE, null=True, related_name="+")
    weekday = models.PositiveSmallIntegerField(null=True)  # 1 is Monday; null: several
    hour = models.PositiveSmallIntegerField()  # local; the earliest that would do
    minutes = models.PositiveIntegerField(null=True)  # how long; null: any length
    people = models.PositiveIntegerField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="unmet_wish_counted_once",
                fields=[
                    "asked_on",
                    "district",
                    "kind",
                    "purpose",
                    "weekday",
                    "hour",
                    "minutes",
                    "people",
                ],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_on}: {self.count}"
