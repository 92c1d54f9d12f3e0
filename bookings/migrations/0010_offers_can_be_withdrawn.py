from django.db import migrations, models

STATES = {
    "open": "Open",
    "accepted": "Accepted",
    "declined": "Declined",
    "lapsed": "Lapsed",
    "withdrawn": "Withdrawn",
}


class Migration(migrations.Migration):
    dependencies = [("bookings", "0009_clubs")]

    operations = [
        migrations.AlterField(
            "offer", "state", models.CharField(choices=list(STATES.items()), default="open", max_length=10)
        ),
        migrations.RemoveConstraint("offer", "offer_state_is_known"),
        migrations.AddConstraint(
            "offer",
            models.CheckConstraint(
                name="offer_state_is_known", condition=models.Q(("state__in", list(STATES)))
            ),
        ),
        migrations.RemoveConstraint("offer", "offer_once"),
        migrations.AddConstraint(
            "offer",
            models.UniqueConstraint(
                name="offer_once",
                fields=("waiting", "space", "starts_at"),
                condition=models.Q(("state", "withdrawn"), _negated=True),
            ),
        ),
    ]
