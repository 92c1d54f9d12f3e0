"""For whom a space is open, and to which of them somebody belongs who asks."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import Organisation, User


class Audience(models.TextChoices):
    EVERYONE = "everyone", _("Everyone")
    RESIDENTS = "residents", _("Residents")
    ASSOCIATIONS = "associations", _("Associations and clubs")
    MINORS = "minors", _("Clubs of minors")
    VENUE = "venue", _("The venue itself")  # the school's own use


def for_everyone() -> list[str]:
    return [Audience.EVERYONE]


def audiences(name, **options) -> ArrayField:
    """A column that says for whom: for everyone, unless something else is said."""
    return ArrayField(
        models.CharField(max_length=12, choices=Audience), verbose_name=name, default=for_everyone, **options
    )


@dataclass(frozen=True)
class Asker:
    """Who asks, as far as it decides what is offered: nobody known by default.

    `audiences` are those of any venue; the venue's own use is for the organisation that runs it.
    """

    audiences: frozenset[str] = frozenset([Audience.EVERYONE])
    user_id: int | None = None
    organisation_id: int | None = None
    born_on: date | None = None

    def belongs_to(self, open_to: list[str], run_by_id: int | None) -> bool:
        """Whether what is open to these, at a venue run by that organisation, is open to the asker."""
        is_the_venue = self.organisation_id is not None and self.organisation_id == run_by_id
        return bool(self.audiences & set(open_to)) or (Audience.VENUE in open_to and is_the_venue)


STRANGER = Asker()


def asker(user: "User | None", organisation: "Organisation | None", *, today: date) -> Asker:
    """Return who somebody is who books for herself, or for an organisation on a day."""
    if user is None:
        return STRANGER
    found = {Audience.EVERYONE}
    if organisation is None:
        found |= {Audience.RESIDENTS} if user.is_resident else set()
    else:
        found |= {Audience.ASSOCIATIONS} if organisation.is_association else set()
        found |= {Audience.MINORS} if organisation.is_for_minors(today) else set()
    return Asker(frozenset(found), user.pk, organisation.pk if organisation else None, user.born_on)
