"""Terms of use: what was published stays as it was, and a new version follows it."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.problems import Problem, Refused
from accounts.texts import in_all_languages

from .models import Space, Terms, TermsVersion

TEXTS = in_all_languages("text")


def in_force(space: Space, *, now: datetime) -> TermsVersion | None:
    """Return what a customer of the space has to accept just now, if anything."""
    if space.terms_id is None:
        return None
    return TermsVersion.objects.filter(terms=space.terms_id, published_at__lte=now).first()


@transaction.atomic
def publish(terms: Terms, texts: Mapping[str, str], *, now: datetime) -> TermsVersion:
    """Make the next version of the terms: from now on it is what customers accept.

    `texts` are `text_fi`, which cannot be empty, `text_sv` and `text_en`. What bookings accepted before stays
    with them. A text that is in force already is not published again. Raises `Refused`.
    """
    Terms.objects.select_for_update(no_key=True).get(pk=terms.pk)
    # Browsers send line ends of two characters.
    said = {name: texts.get(name, "").replace("\r\n", "\n").strip() for name in TEXTS}
    if not said["text_fi"]:
        raise Refused(Problem("text_missing", _("Write the terms in Finnish at least."), "text_fi"))
    before = terms.versions.first()
    if before and said == {name: getattr(before, name) for name in TEXTS}:
        return before
    number = before.number + 1 if before else 1
    return terms.versions.create(number=number, published_at=now, **said)
