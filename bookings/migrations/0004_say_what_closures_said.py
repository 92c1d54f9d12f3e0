from django.db import migrations
from django.db.models import Max, Min


def say_times(apps, schema_editor):
    """A closure had only the dates that it closed: they were all that it said."""
    Closure = apps.get_model("bookings", "Closure")
    ClosureTime = apps.get_model("bookings", "ClosureTime")
    Occupancy = apps.get_model("bookings", "Occupancy")
    for closure in Closure.objects.annotate(first=Min("dates__starts_at"), last=Max("dates__ends_at")):
        if closure.first is None:
            closure.delete()
            continue
        closure.starts_at, closure.ends_at = closure.first, closure.last
        closure.save(update_fields=["starts_at", "ends_at"])
        dates = Occupancy.objects.filter(closure=closure)
        closure.spaces.set(dates.values_list("space", flat=True).distinct())
        times = dates.order_by("starts_at").values_list("starts_at", "ends_at").distinct()
        ClosureTime.objects.bulk_create(
            ClosureTime(closure=closure, starts_at=starts_at, ends_at=ends_at) for starts_at, ends_at in times
        )


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_closures_and_impacts")]

    operations = [migrations.RunPython(say_times, migrations.RunPython.noop)]
