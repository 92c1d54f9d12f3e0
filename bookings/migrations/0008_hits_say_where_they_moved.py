import django.db.models.deletion
from django.db import migrations, models

# What was moved before this was noted is taken to be where it is.
MOVED = """
update bookings_hit hit
set new_space_id = date.space_id, new_starts_at = date.starts_at, new_ends_at = date.ends_at
from bookings_occupancy date
where date.id = hit.date_id and hit.fate = 'move' and hit.is_carried_out
"""


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0007_closures_leave_no_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="hit",
            name="new_space",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="venues.space",
            ),
        ),
        migrations.AddField(
            model_name="hit",
            name="new_starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="hit",
            name="new_ends_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(MOVED, migrations.RunSQL.noop),
    ]
