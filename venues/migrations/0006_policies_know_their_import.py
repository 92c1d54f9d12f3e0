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


# [[1, "08:00", "20:00"], …] become the rules that 0004 made of them.
HOURS_ARE_RULES = """
    update {table} set imported = jsonb_set(imported, '{{hours}}', (
        select coalesce(
            jsonb_agg(
                jsonb_build_object('weekdays', weekdays, 'opens', opens, 'closes', closes)
                order by closes, opens
            ),
            '[]'
        )
        from (
            select said ->> 1 as opens, said ->> 2 as closes,
                   jsonb_agg(said -> 0 order by said -> 0) as weekdays
            from jsonb_array_elements(imported -> 'hours') as said
            group by 1, 2
        ) as rules
    ))
    where jsonb_typeof(imported -> 'hours') = 'array'
"""


class Migration(migrations.Migration):
    dependencies = [("venues", "0005_no_opening_hours")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="imported",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.RunPython(kinds_remember, migrations.RunPython.noop),
        migrations.RunSQL(HOURS_ARE_RULES.format(table="venues_venue"), migrations.RunSQL.noop),
        migrations.RunSQL(HOURS_ARE_RULES.format(table="venues_space"), migrations.RunSQL.noop),
    ]
