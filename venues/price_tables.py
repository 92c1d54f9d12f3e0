"""Price lists as they are stored, read for `prices`: so many statements, whatever is asked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q

from . import city_calendar
from .models import AddOn, PriceListVersion, PriceRow, Purpose, Space, VatRate, VatRule
from .prices import Tables


def tables_for(
    spaces: Iterable[Space],
    first: date,
    last: date,
    *,
    now: datetime,
    also: PriceListVersion | None = None,
) -> Tables:
    """Return what is needed to price these spaces on the city's days from `first` to `last`. Five statements.

    Versions count that are published at `now`; `also` is a draft to be looked at as though it were.
    """
    lists = {space.price_list_id for space in spaces} - {None}
    if not lists:
        return Tables({}, {}, {}, {}, {})
    published = Q(published_at__lte=now) | Q(pk=also.pk if also else None)
    found = PriceListVersion.objects.filter(published, price_list__in=lists, valid_from__lte=last)
    versions = in_force(found, first)
    ids = [version.pk for version in versions]
    rates: dict[int, list[tuple[date, Decimal]]] = defaultdict(list)
    for rate in VatRate.objects.filter(valid_from__lte=last).order_by("category_id", "-valid_from"):
        rates[rate.category_id].append((rate.valid_from, rate.percent))
    rows = PriceRow.objects.filter(version__in=ids).select_related("price_group", "purpose")
    return Tables(
        versions=grouped(versions, "price_list_id"),
        rows=grouped(rows.order_by("version_id", "position"), "version_id"),
        vat_rules=grouped(
            VatRule.objects.filter(version__in=ids).order_by("version_id", "position"), "version_id"
        ),
        add_ons=grouped(AddOn.objects.filter(version__in=ids).order_by("version_id", "code"), "version_id"),
        rates=dict(rates),
        holidays=city_calendar.calendar((), first, last).holidays,
    )


def in_force(versions: Iterable[PriceListVersion], first: date) -> list[PriceListVersion]:
    """Return the versions that hold on some day from the first on, of each list the newest first."""
    found: list[PriceListVersion] = []
    over: set[int] = set()
    for version in sorted(versions, key=lambda version: version.valid_from, reverse=True):
        if version.price_list_id not in over:
            found.append(version)
        if version.valid_from <= first:
            over.add(version.price_list_id)
    return found


def grouped(rows: Iterable[Any], name: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return dict(found)


def add_ons_of(space: Space, day: date, tables: Tables) -> Sequence[AddOn]:
    """Return what can be had beside the space on a day."""
    version = tables.version_on(space.price_list_id, day)
    return tables.add_ons.get(version.pk, ()) if version else ()


def purposes_of_prices(space: Space) -> list[Purpose]:
    """Return the kinds of use on which the space's price or its VAT depends: the form asks which it is."""
    if space.price_list_id is None:
        return []
    versions = PriceListVersion.objects.published().filter(price_list=space.price_list_id)
    rows = PriceRow.objects.filter(version__in=versions, venue_kind__in=["", space.venue.kind])
    rules = VatRule.objects.filter(version__in=versions)
    named = Q(pk__in=rows.values("purpose")) | Q(pk__in=rules.values("purpose"))
    return list(Purpose.objects.filter(named))
