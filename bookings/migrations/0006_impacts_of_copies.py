from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0005_closures_say_their_times'),
    ]

    operations = [
        migrations.AlterField(
            model_name='impact',
            name='cause',
            field=models.CharField(choices=[('closure', 'Closure'), ('rules', 'Opening hours'), ('terms', 'School terms'), ('policy', 'Booking rules'), ('layout', 'Layout of the hall'), ('copy', 'Copy of another venue')], max_length=10),
        ),
    ]
