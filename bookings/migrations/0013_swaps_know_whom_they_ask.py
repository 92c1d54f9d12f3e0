import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def say_whom(apps, schema_editor):
    """Before the swap the wanted date is theirs who were asked, after it the offered one."""
    Swap = apps.get_model("bookings", "Swap")
    for swap in Swap.objects.select_related("offered__booking", "wanted__booking"):
        booking = (swap.offered if swap.state == "agreed" else swap.wanted).booking
        swap.asked_id, swap.asked_organisation_id = booking.customer_id, booking.organisation_id
        swap.save(update_fields=["asked", "asked_organisation"])


def person(**facts):
    return models.ForeignKey(
        editable=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        **facts,
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("accounts", "0003_clubs"),
        ("bookings", "0012_swaps_know_for_whom"),
    ]

    operations = [
        migrations.AddField("swap", "asked", person(null=True)),
        migrations.AddField(
            "swap",
            "asked_organisation",
            models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.RunPython(say_whom, migrations.RunPython.noop),
        migrations.AlterField("swap", "asked", person()),
    ]
