from django.db import migrations

import venues.constraints


class Migration(migrations.Migration):
    """Apart from 0001, because Django builds the unique keys they point at only at its end."""

    dependencies = [("bookings", "0001_initial")]

    operations = [
        migrations.AddConstraint(
            model_name='occupancy',
            constraint=venues.constraints.CompositeForeignKey(fields=('space', 'hall', 'footprint'), follows=True, match='FULL', name='occupancy_follows_layout', to='venues.Space', to_fields=('id', 'hall_id', 'footprint')),
        ),
        migrations.AddConstraint(
            model_name='occupancy',
            constraint=venues.constraints.CompositeForeignKey(fields=('booking', 'booking_is_live'), follows=True, match='FULL', name='occupancy_follows_booking', to='bookings.Booking', to_fields=('id', 'is_live')),
        ),
        # Search reads occupancies by index alone; that needs the newest pages vacuumed.
        migrations.RunSQL(
            "ALTER TABLE bookings_occupancy SET"
            " (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000)",
            "ALTER TABLE bookings_occupancy RESET"
            " (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold)",
        ),
    ]
