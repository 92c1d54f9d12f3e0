"""Change what a kind of venue, a venue or a space says of how it is booked.

New rules hold for new bookings; those that have been made are not judged again. Whom a change would have
refused is told by `bookings.impacts` before it is made.
"""

from accounts.problems import Refused
from accounts.versions import refuse_other_version, version_of
from venues import policy_layers
from venues.models import Policy
from venues.policy_inheritance import (
    COLUMNS,
    Owner,
    Values,
    disagreements,
    key_of,
    layer_of,
    spaces_under,
)

from .occupancies import lock_halls
from .transactions import in_one_transaction


def version(owner: Owner) -> str:
    """Return a mark of what the owner says now, to be given back with a change."""
    return version_of(layer_of(owner))


@in_one_transaction
def change_policy(owner: Owner, values: Values, *, seen: str | None = None) -> None:
    """Put another word of the owner's in the place of the old one; the policies in force follow.

    `values` is all that the owner says, by field, terms by their id: what is missing or None is inherited.
    Raises `ChangedMeanwhile` if the old word is not the version that was `seen`, and `Refused`, with a
    problem for each field, if the layers would contradict each other in any space.
    """
    spaces = spaces_under(owner)
    lock_halls(spaces.order_by().values_list("hall_id", flat=True).distinct())
    refuse_other_version(seen, layer_of(owner))
    say(owner, values)
    if problems := disagreements(owner):
        raise Refused(*problems)
    policy_layers.settle(spaces)


def say(owner: Owner, values: Values) -> None:
    word = {column: values.get(name) for name, column in COLUMNS.items()}
    # A kind's word that an import said is remembered, so that the next import does not say it again.
    is_imported = Policy.objects.filter(**key_of(owner)).exclude(imported={}).exists()
    if is_imported or any(value is not None for value in word.values()):
        Policy.objects.update_or_create(**key_of(owner), defaults=word)
    else:
        Policy.objects.filter(**key_of(owner)).delete()
