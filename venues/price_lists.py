"""Keeping price lists: copied to another first day, changed by per cent or one by one, then published.

What is published is never edited, by the database. A draft is nobody's price.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Problem, Refused

from .clock import local
from .models import AddOn, PriceList, PriceListVersion, PriceRow, VatRate, VatRule
from .money import euros

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
MOST_CENTS = 10_000_000
STEPS = 1, 5, 10, 50, 100  # cents to which prices are rounded

Part = PriceRow | AddOn | VatRule  # what a version consists of
Ordered = PriceRow | VatRule  # what is read from the top


class State(StrEnum):
    """What a version is to its list on a day."""

    IN_FORCE = "in_force"
    COMING = "coming"
    OVER = "over"
    DRAFT = "draft"


def standing(versions: Iterable[PriceListVersion], day: date) -> list[tuple[PriceListVersion, State]]:
    """Return what each version of one list is on a day: the newest published one by then is in force."""
    versions = list(versions)
    begun = [each for each in versions if each.published_at and each.valid_from <= day]
    in_force = max(begun, key=lambda each: each.valid_from, default=None)
    found = []
    for each in versions:
        if each.published_at is None:
            state = State.DRAFT
        elif each == in_force:
            state = State.IN_FORCE
        else:
            state = State.COMING if each.valid_from > day else State.OVER
        found.append((each, state))
    return found


def state_of(version: PriceListVersion, day: date) -> State:
    """Return what a version is to its list on a day."""
    versions = PriceListVersion.objects.filter(price_list=version.price_list_id)
    return {each.pk: state for each, state in standing(versions, day)}[version.pk]


@transaction.atomic
def begin(price_list: PriceList, valid_from: date, *, like: PriceListVersion) -> PriceListVersion:
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
    copies: list[Part] = [*rows, *add_ons, *vat_rules]
    for copy in copies:
        copy.pk, copy.version = None, draft
    for position, row in enumerate(rows, 1):
        row.position = position
    for position, rule in enumerate(vat_rules, 1):
        rule.position = position
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
    if not -100 < percent <= MOST_PERCENT or step not in STEPS:
        message = _("Change the prices by more than −100 and at most 1000 per cent.")
        raise Refused(Problem("percent_impossible", message, "percent"))
    rows, add_ons = list(draft.rows.all()), list(draft.add_ons.all())
    for row in rows:
        row.cents = changed(row.cents, percent, step)
        row.min_cents = None if row.min_cents is None else changed(row.min_cents, percent, step)
        row.max_cents = None if row.max_cents is None else changed(row.max_cents, percent, step)
    for add_on in add_ons:
        add_on.cents = changed(add_on.cents, percent, step)
    amounts = [row.cents for row in rows] + [add_on.cents for add_on in add_ons]
    if max(amounts, default=0) > MOST_CENTS:
        too_high = _("A price would come to more than %(most)s.") % {"most": euros(MOST_CENTS)}
        raise Refused(Problem("price_too_high", too_high, "percent"))
    PriceRow.objects.bulk_update(rows, ["cents", "min_cents", "max_cents"])
    AddOn.objects.bulk_update(add_ons, ["cents"])
    return len(rows) + len(add_ons)


def changed(cents: int, percent: Decimal, step: int) -> int:
    exact = cents * (100 + percent) / 100 / step
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)) * step


@transaction.atomic
def put_in(draft: PriceListVersion, part: Part, *, place: int | None = None) -> None:
    """Save a new or a changed part of a draft; at a place from the top, if it is read in order.

    Raises `Refused` for what is published.
    """
    draft = in_hand(draft)
    part.version = draft
    if isinstance(part, AddOn):
        part.save()
        return
    if part.pk is None:
        part.position = 1 + max((other.position for other in in_order(draft, part)), default=0)
    part.save()
    others = [other for other in in_order(draft, part) if other.pk != part.pk]
    at = len(others) if place is None else max(0, place - 1)
    renumber([*others[:at], part, *others[at:]])


@transaction.atomic
def take_out(draft: PriceListVersion, part: Part) -> None:
    """Remove a part of a draft. Raises `Refused` for what is published."""
    draft = in_hand(draft)
    part.delete()
    if not isinstance(part, AddOn):
        renumber(in_order(draft, part))


def in_order(draft: PriceListVersion, like: Ordered) -> list[Any]:
    """Return the rows, or the rules of VAT, of a draft from the top."""
    return list(type(like).objects.filter(version=draft).order_by("position"))


def renumber(parts: Sequence[Any]) -> None:
    """Give parts of one draft their places: 1, 2, 3, …"""
    if not parts:
        return
    # In two steps: in between, two of them would have one place.
    beyond = 1 + max(len(parts), *(part.position for part in parts))
    for first in (beyond, 1):
        for position, part in enumerate(parts, start=first):
            part.position = position
        type(parts[0]).objects.bulk_update(parts, ["position"])


@transaction.atomic
def publish(draft: PriceListVersion, *, by: User, now: datetime) -> PriceListVersion:
    """Let a draft be the prices from its first day on. Raises `Refused` with everything that is wrong."""
    draft = in_hand(draft)
    if problems := list(problems_with(draft, local(now).date())):
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


def problems_with(draft: PriceListVersion, today: date) -> Iterator[Problem]:
    """Say what keeps a draft from being published."""
    if draft.valid_from < today:
        yield Problem(
            "first_day_past", _("The first day has passed. Let the prices hold from today or later.")
        )
    rows = list(draft.rows.all())
    if not rows:
        yield Problem("no_rows", _("The list has no prices yet."))
    for row, hidden_by in unreachable(rows):
        message = _("Row %(row)d is never read: row %(by)d above it fits whatever it fits.")
        yield Problem("row_never_read", message % {"row": row.position, "by": hidden_by.position})
    categories = vat_categories(draft)
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


def vat_categories(version: PriceListVersion) -> set[int]:
    """Return the categories, by id, of which something in a version may be."""
    rules = version.vat_rules.values_list("category", flat=True)
    extras = version.add_ons.exclude(vat_category=None).values_list("vat_category", flat=True)
    return {version.vat_category_id, *rules, *extras}


def rates_of(version: PriceListVersion) -> list[VatRate]:
    """Return the rates on which a version leans: in force on its first day, and those that follow."""
    rates = VatRate.objects.filter(category__in=vat_categories(version)).select_related("category")
    found: list[VatRate] = []
    for _category, each in groupby(rates.order_by("category", "valid_from"), attrgetter("category_id")):
        of_one = list(each)
        earlier = [rate for rate in of_one if rate.valid_from <= version.valid_from]
        found += [*earlier[-1:], *(rate for rate in of_one if rate.valid_from > version.valid_from)]
    return found


def unconfirmed_rates(version: PriceListVersion) -> list[VatRate]:
    """Return the rates that a version leans on and that nobody has read in a text of the tax authority."""
    return [rate for rate in rates_of(version) if not rate.is_confirmed]
