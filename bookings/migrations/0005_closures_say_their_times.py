from django.db import migrations, models


class Migration(migrations.Migration):
    """Apart from 0004: a table that has just been written to cannot be altered in the same transaction."""

    dependencies = [("bookings", "0004_say_what_closures_said")]

    operations = [
        migrations.AlterField(
            model_name='closure',
            name='starts_at',
            field=models.DateTimeField(verbose_name='From'),
        ),
        migrations.AlterField(
            model_name='closure',
            name='ends_at',
            field=models.DateTimeField(verbose_name='Until'),
        ),
        migrations.AddConstraint(
            model_name='closure',
            constraint=models.CheckConstraint(condition=models.Q(('starts_at__lt', models.F('ends_at'))), name='closure_times_in_order', violation_error_code='times_in_order', violation_error_message='The end is after the start.'),
        ),
    ]
