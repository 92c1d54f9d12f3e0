from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0002_composite_keys")]

    operations = [
        migrations.AlterField(
            model_name="keptanswer",
            name="body",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
