from collections import Counter, defaultdict

from django.db import migrations

# What a space said of its policy before there were layers, and what it said if nobody had said anything.
SILENT = {
    "approval": "instant",
    "requests_compete": False,
    "start_step": 30,
    "min_minutes": 30,
    "max_minutes": 720,
    "notice_hours": 0,
    "ahead_days": 365,
}


def rules(apps, schema_editor):
    """Weekdays that had the same hours become one rule. Holidays were days like others."""
    OpeningHours = apps.get_model("venues", "OpeningHours")
    OpeningRule = apps.get_model("venues", "OpeningRule")
    weekdays = defaultdict(list)
    for row in OpeningHours.objects.order_by("timetable", "weekday", "opens"):
        weekdays[row.timetable_id, row.opens, row.closes].append(row.weekday)
    OpeningRule.objects.bulk_create(
        OpeningRule(timetable_id=timetable, weekdays=days, opens=opens, closes=closes, on_holidays="normal")
        for (timetable, opens, closes), days in weekdays.items()
    )


def layers(apps, schema_editor):
    """What most spaces of a kind say becomes the kind's policy, the rest their own: all stay as they are."""
    Policy, Space = apps.get_model("venues", "Policy"), apps.get_model("venues", "Space")
    by_kind = defaultdict(list)
    for space in Space.objects.select_related("venue"):
        by_kind[space.venue.kind].append(space)
    for kind, spaces in by_kind.items():
        usual = {name: Counter(getattr(space, name) for space in spaces).most_common(1)[0][0] for name in SILENT}
        said = {name: value for name, value in usual.items() if value != SILENT[name]}
        if said:
            Policy.objects.create(kind=kind, **said)
        for space in spaces:
            own = {name: getattr(space, name) for name in SILENT if getattr(space, name) != usual[name]}
            if own:
                Policy.objects.create(space=space, **own)


class Migration(migrations.Migration):
    dependencies = [("venues", "0003_rules_and_policies")]

    operations = [
        migrations.RunPython(rules, migrations.RunPython.noop),
        migrations.RunPython(layers, migrations.RunPython.noop),
    ]
