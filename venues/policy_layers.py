"""From what kinds, venues and spaces say of booking to the policy in force in each space.

A space's word goes before its venue's, the venue's before its kind's, and where all are silent the default
of the space's column holds. What comes of it is written into the space (`settle`), so that search and
judgement read one row; `unsettled` finds rows that say something else.
"""

from functools import cache

from django.db import connection
from django.db.models import QuerySet

from .models import Policy, Space

OWNERS = {"id", "kind", "venue", "space", "imported"}
POLICY_FIELDS = {field.name: field for field in Policy._meta.fields if field.name not in OWNERS}
FIELDS = list(POLICY_FIELDS)

LAYERS = """
    from venues_space here
    join venues_venue place on place.id = here.venue_id
    left join venues_policy own on own.space_id = here.id
    left join venues_policy venues on venues.venue_id = place.id
    left join venues_policy kinds on kinds.kind = place.kind
"""


def settle(spaces: QuerySet[Space]) -> int:
    """Bring the policies in force in these spaces up to date with their layers. Returns how many changed.

    Whoever changes a layer locks the halls concerned first. Raises `IntegrityError`, naming
    `space_policy_is_possible`, if the layers come to a policy that contradicts itself.
    """
    inner, params = spaces.order_by().values("pk").query.sql_with_params()
    names, said, defaults = columns()
    with connection.cursor() as cursor:
        cursor.execute(
            f"update venues_space set ({', '.join(names)}) = ({', '.join(said)}) {LAYERS}"
            f" where here.id = venues_space.id and here.id in ({inner})"
            f" and {differ(names, said)}",
            [*defaults, *params, *defaults],
        )
        return cursor.rowcount


def unsettled() -> list[int]:
    """Return the spaces whose policy in force is not what their layers come to."""
    names, said, defaults = columns()
    with connection.cursor() as cursor:
        cursor.execute(
            f"select here.id {LAYERS} where {differ([f'here.{name}' for name in names], said)} order by 1",
            defaults,
        )
        return [pk for (pk,) in cursor.fetchall()]


def differ(names: list[str], said: list[str]) -> str:
    ours = [name if "." in name else f"venues_space.{name}" for name in names]
    return f"({', '.join(ours)}) is distinct from ({', '.join(said)})"


@cache
def columns() -> tuple[list[str], list[str], list]:
    """Return each column of a policy, what the layers say for it in SQL, and the defaults for that."""
    fields = [field for field in Space._meta.fields if field.name in FIELDS]
    names = [str(field.column) for field in fields]
    said = [
        f"coalesce(own.{name}, venues.{name}, kinds.{name}, %s::{field.db_type(connection)})"
        for name, field in zip(names, fields, strict=True)
    ]
    return names, said, [field.get_default() for field in fields]
