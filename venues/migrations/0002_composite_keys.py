from django.db import migrations

import venues.constraints


class Migration(migrations.Migration):
    """Apart from 0001, because Django builds the unique keys they point at only at its end."""

    dependencies = [("venues", "0001_initial")]

    operations = [
        migrations.AddConstraint(
            model_name='space',
            constraint=venues.constraints.CompositeForeignKey(fields=('part_of', 'hall_id'), follows=False, match='SIMPLE', name='space_part_of_a_hall', to='venues.Space', to_fields=('id', 'hall_id')),
        ),
        migrations.AddConstraint(
            model_name='space',
            constraint=venues.constraints.CompositeForeignKey(fields=('part_of', 'hall_footprint'), follows=True, match='FULL', name='space_knows_its_hall', to='venues.Space', to_fields=('id', 'footprint')),
        ),
        migrations.AddConstraint(
            model_name='space',
            constraint=venues.constraints.CompositeForeignKey(fields=('part_of', 'venue'), follows=True, match='SIMPLE', name='space_part_at_the_same_venue', to='venues.Space', to_fields=('id', 'venue')),
        ),
    ]
