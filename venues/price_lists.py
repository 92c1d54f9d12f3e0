"""Keeping price lists: copied to another first day, changed by per cent or one by one, then published.

What is published is never edited, by the database. A draft is nobody's price.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused

from .models import AddOn, PriceList, PriceListVersion, PriceRow, VatRate, VatRule

# What one row says, besides to which version it belongs and where.
CONDITIONS = (
    "price_group_id",
    "purpose_id",
    "venue_kind",
    "hall_id",
    "supervision",
    "area_from",
    "area_below",
    "part_percent",
    "from_time",
    "until_time",
    "season_from",
    "season_until",
)
MOST_PERCENT = 1000


@transaction.atomic
def begin(
    price_list: PriceList, valid_from: date, *, like: PriceListVersion, now: datetime
) -> PriceListVersion:
    """Make a draft of a list from a day on, with everything that another version says. Raises `Refused`."""
    draft = PriceListVersion(
        price_list=price_list,
        valid_from=valid_from,
        includes_vat=like.includes_vat,
        vat_category=like.vat_category,
        holidays_as_sunday=like.holidays_as_sunday,
        source=like.source,
        is_demo=like.is_demo,
    )
    try:
        with transaction.atomic():
            draft.save()
    except IntegrityError:
        raise Refused(version_given_already()) from None
    rows, add_ons, vat_rules = list(like.rows.all()), list(like.add_ons.all()), list(like.vat_rules.all())
    copies: list[PriceRow | AddOn | VatRule] = [*rows, *add_ons, *vat_rules]
    for copy in copies:
        copy.pk, copy.version = None, draft
    PriceRow.objects.bulk_create(rows)
    AddOn.objects.bulk_create(add_ons)
    VatRule.objects.bulk_create(vat_rules)
    return draft


def version_given_already() -> Problem:
    message = _("The list has a version from that day on already. Choose another day.")
    return Problem("version_given_already", message, "valid_from")


@transaction.atomic
def change_by(draft: PriceListVersion, percent: Decimal, *, step: int = 1) -> int:
    """Change every price of a draft by so many per cent, to the nearest `step` cents. Returns how many.

    Raises `Refused` for what is published, and for per cents that make no sense.
    """
    draft = in_hand(draft)
    if not -100 < percent <= MOST_PERCENT or step not in (1, 5, 10, 50, 100):
        message = _("Change the prices by more than −100 and at most 1000 per cent.")
        raise Refused(Problem("percent_impossible", message, "percent"))
    rows = list(draft.rows.all())
    for row in rows:
        row.cents = changed(row.cents, percent, step)
        row.min_cents = None if row.min_cents is None else changed(row.min_cents, percent, step)
        row.max_cents = None if row.max_cents is None else changed(row.max_cents, percent, step)
    PriceRow.objects.bulk_update(rows, ["cents", "min_cents", "max_cents"])
    add_ons = list(draft.add_ons.all())
    for add_on in add_ons:
        add_on.cents = changed(add_on.cents, percent, step)
    AddOn.objects.bulk_update(add_ons, ["cents"])
    return len(rows) + len(add_ons)


def changed(cents: int, percent: Decimal, step: int) -> int:
    exact = cents * (100 + percent) / 100 / step
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)) * step


@transaction.atomic
def put_in_order(draft: PriceListVersion, rows: Sequence[int]) -> None:
    """Let the rows of a draft, by id, be read in this order. Raises `Refused` unless these are all."""
    draft = in_hand(draft)
    known = {row.pk: row for row in draft.rows.all()}
    if sorted(rows) != sorted(known):
        message = _("Somebody else has changed the list meanwhile. Look at it again.")
        raise Refused(Problem("changed_meanwhile", message))
    # In two steps: in between, two rows would have one place.
    for first in (len(known) + max((row.position for row in known.values()), default=0) + 1, 1):
        for place, pk in enumerate(rows, start=first):
            known[pk].position = place
        PriceRow.objects.bulk_update(known.values(), ["position"])


@transaction.atomic
def publish(draft: PriceListVersion, *, by: User, now: datetime) -> PriceListVersion:
    """Let a draft be the prices from its first day on. Raises `Refused` with everything that is wrong."""
    draft = in_hand(draft)
    if problems := list(problems_with(draft)):
        raise Refused(*problems)
    draft.published_at, draft.published_by = now, by
    draft.save(update_fields=["published_at", "published_by"])
    return draft


def in_hand(draft: PriceListVersion) -> PriceListVersion:
    """Lock a draft and return it. Raises `Refused` if it has been published."""
    draft = PriceListVersion.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if draft.published_at:
        message = _("These prices have been published and stay. Copy them to a later day to change them.")
        raise Refused(Problem("published_already", message))
    return draft


def problems_with(draft: PriceListVersion) -> Iterator[Problem]:
    """Say what keeps a draft from being published."""
    rows = list(draft.rows.all())
    if not rows:
        yield Problem("no_rows", _("The list has no prices yet."))
    for row, hidden_by in unreachable(rows):
        message = _("Row %(row)d is never read: row %(by)d above it fits whatever it fits.")
        yield Problem("row_never_read", message % {"row": row.position, "by": hidden_by.position})
    categories = {draft.vat_category_id, *draft.vat_rules.values_list("category", flat=True)}
    categories |= {pk for pk in draft.add_ons.values_list("vat_category", flat=True) if pk}
    known = VatRate.objects.filter(category__in=categories, valid_from__lte=draft.valid_from)
    if missing := categories - set(known.values_list("category", flat=True)):
        message = _("A rate of VAT is missing for the first day of %(count)d of its categories.")
        yield Problem("rate_missing", message % {"count": len(missing)})


def unreachable(rows: Sequence[PriceRow]) -> Iterator[tuple[PriceRow, PriceRow]]:
    """Yield the rows that no booking ever reaches, each with the row above it that takes all of it."""
    for place, row in enumerate(rows):
        above = next((other for other in rows[:place] if covers(other, row)), None)
        if above is not None:
            yield row, above


def covers(one: PriceRow, other: PriceRow) -> bool:
    """Whether one row fits wherever the other does: it asks for nothing, or for the same."""
    if not set(other.weekdays) <= set(one.weekdays):
        return False
    return all(
        getattr(one, name) in (None, "") or getattr(one, name) == getattr(other, name) for name in CONDITIONS
    )


def unconfirmed_rates(version: PriceListVersion) -> list[VatRate]:
    """Return the rates that a version leans on and that nobody has read in a text of the tax authority."""
    categories = {version.vat_category_id, *version.vat_rules.values_list("category", flat=True)}
    rates = VatRate.objects.filter(category__in=categories, is_confirmed=False).select_related("category")
    return list(rates.order_by("category", "-valid_from"))
