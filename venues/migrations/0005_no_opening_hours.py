from django.db import migrations


class Migration(migrations.Migration):
    """What they said is said by rules now."""

    dependencies = [("venues", "0004_rules_and_layers")]

    operations = [
        migrations.DeleteModel(
            name='OpeningHours',
        ),
    ]
