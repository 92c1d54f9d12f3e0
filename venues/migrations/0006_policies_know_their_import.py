import json
from collections import Counter, defaultdict

from django.db import migrations, models

# What an import said of every space's policy before kinds had policies of their own.
POLICY = [
    "approval",
    "requests_compete",
    "start_step",
    "min_minutes",
    "max_minutes",
    "notice_hours",
    "ahead_days",
]


def kinds_remember(apps, schema_editor):
    """What an import said of the spaces of a kind, it said of the kind."""
    Policy, Space = apps.get_model("venues", "Policy"), apps.get_model("venues", "Space")
    said = defaultdict(Counter)
    for kind, imported in Space.objects.values_list("venue__kind", "imported").iterator():
        if all(name in imported for name in POLICY):
            said[kind][tuple(imported[name] for name in POLICY)] += 1
    for kind, policies in said.items():
        usual = dict(zip(POLICY, policies.most_common(1)[0][0], strict=True))
        Policy.objects.filter(kind=kind).update(imported=usual)
    schema_editor.execute(
        "update venues_space set imported = imported - %s::text[] where imported ?| %s::text[]",
        [POLICY, POLICY],
    )


def hours_are_rules(apps, schema_editor):
    """[[1, "08:00", "20:00"], …] become the rules that 0004 made of them."""
    for name in ("Venue", "Space"):
        model = apps.get_model("venues", name)
        rows = list(model.objects.filter(imported__has_key="hours").only("imported"))
        for row in rows:
            row.imported["hours"] = rules(row.imported["hours"])
        model.objects.bulk_update(rows, ["imported"], batch_size=1000)


def rules(hours):
    weekdays = defaultdict(list)
    for weekday, opens, closes in hours:
        weekdays[opens, closes].append(weekday)
    said = [
        {"weekdays": sorted(days), "opens": opens, "closes": closes}
        for (opens, closes), days in weekdays.items()
    ]
    return sorted(said, key=lambda rule: json.dumps(rule, sort_keys=True))


class Migration(migrations.Migration):
    dependencies = [("venues", "0005_no_opening_hours")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="imported",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.RunPython(kinds_remember, migrations.RunPython.noop),
        migrations.RunPython(hours_are_rules, migrations.RunPython.noop),
    ]
