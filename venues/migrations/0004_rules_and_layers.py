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
    """What most spaces of a kind say becomes the kind's policy, the rest their own: all stay as they are.

    The kind takes all that one space says: field by field, the usual shortest booking could be longer than
    the usual longest.
    """
    Policy, Space = apps.get_model("venues", "Policy"), apps.get_model("venues", "Space")
    by_kind = defaultdict(dict)
    for pk, kind, *said in Space.objects.values_list("pk", "venue__kind", *SILENT).iterator():
        by_kind[kind][pk] = tuple(said)
    made = []
    for kind, spaces in by_kind.items():
        usual = Counter(spaces.values()).most_common(1)[0][0]
        made.append(Policy(kind=kind, **differing(usual, tuple(SILENT.values()))))
        made += [
            Policy(space_id=pk, **differing(said, usual)) for pk, said in spaces.items() if said != usual
        ]
    Policy.objects.bulk_create(made, batch_size=1000)


def differing(said, otherwise):
    return {name: one for name, one, other in zip(SILENT, said, otherwise, strict=True) if one != other}


class Migration(migrations.Migration):
    dependencies = [("venues", "0003_rules_and_policies")]

    operations = [
        migrations.RunPython(rules, migrations.RunPython.noop),
        migrations.RunPython(layers, migrations.RunPython.noop),
    ]
