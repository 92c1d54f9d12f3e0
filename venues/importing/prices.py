"""Price lists, VAT rates and cancellation terms from a folder of CSV files.

What is there already stays as it is: published prices are never edited, and rates and terms may have been
corrected by people. So loading again adds what is new and nothing else.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model

from accounts.models import Organisation, PriceGroup
from accounts.texts import in_all_languages

from .. import policy_layers
from ..clock import at
from ..models import (
    AddOn,
    CancellationStep,
    CancellationTerms,
    Policy,
    PriceList,
    PriceListVersion,
    PriceRow,
    Purpose,
    Space,
    VatCategory,
    VatRate,
    VatRule,
    Venue,
)
from ..models.prices import every_day
from . import tables
from .tables import (
    BrokenFiles,
    Fault,
    NotUsable,
    Row,
    Rows,
    Shape,
    calendar_day,
    one_of,
    whole_number,
    yes_or_no,
)

NAMES = in_all_languages("name")
VERSION = ["list", "valid_from"]
NUMBERS = ["area_from", "area_below", "part_percent", "season_from", "season_until"]
CLOCKS = ["from_time", "until_time"]
PRICE = {"euros": "cents", "min_euros": "min_cents", "max_euros": "max_cents"}
FILES = {
    "words.csv": Shape(["list", "code", *NAMES], key=["list", "code"]),
    "vat_rates.csv": Shape(
        ["category", "valid_from", "percent", "is_confirmed", "source"], key=["category", "valid_from"]
    ),
    "lists.csv": Shape(NAMES, key=["name_fi"]),
    "versions.csv": Shape(
        [*VERSION, "includes_vat", "vat_category", "holidays_as_sunday", "is_demo", "source"], key=VERSION
    ),
    "rows.csv": Shape(
        [*VERSION, "price_group", "purpose", "supervision", "weekdays", "unit", *NUMBERS, *CLOCKS, *PRICE],
        key=[],
    ),
    "vat_rules.csv": Shape([*VERSION, "purpose", "organisation_kind", "category"], key=[]),
    "add_ons.csv": Shape([*VERSION, "code", *NAMES, "unit", "euros", "vat_category"], key=[*VERSION, "code"]),
    "cancellation_terms.csv": Shape([*NAMES, "after_percent"], key=["name_fi"]),
    "cancellation_steps.csv": Shape(
        ["terms", "position", "hours_before", "weekdays_before", "by_time", "percent"],
        key=["terms", "position"],
    ),
    "policies.csv": Shape(["kind", "payment", "price_list", "cancellation"], key=["kind"]),
}
WORDS = {"price_group": PriceGroup, "purpose": Purpose, "vat_category": VatCategory}


@transaction.atomic
def load(folder: Path, *, now: datetime) -> int:
    """Add the price lists, rates and terms that are not there yet. Returns how many versions were added.

    A version counts as published on the day from which it holds, or now if that is to come. Raises
    `BrokenFiles`, having added nothing, with all that is wrong.
    """
    rows = read_folder(folder)
    known = {name: words(model, name, rows["words.csv"]) for name, model in WORDS.items()}
    lists = {row.text("name_fi"): named(PriceList, row) for row in rows["lists.csv"]}
    for row in rows["vat_rates.csv"]:
        add_rate(row, known["vat_category"])
    for row in rows["cancellation_terms.csv"]:
        add_terms(row, rows["cancellation_steps.csv"])
    added = [add_version(row, lists, known, rows, now=now) for row in rows["versions.csv"]]
    refuse_if_wrong(rows)
    return sum(added)


@transaction.atomic
def say_of_kinds(folder: Path) -> int:
    """Let kinds of venue charge by these lists where nobody has said how. Returns how many spaces changed.

    A kind that says anything of payment, prices or cancelling is left as it is.
    """
    list(Space.objects.filter(part_of=None).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    lists = {row.name_fi: row for row in PriceList.objects.all()}
    terms = {row.name_fi: row for row in CancellationTerms.objects.all()}
    rows = read_folder(folder)
    for row in rows["policies.csv"]:
        said = {
            "payment": row.needed("payment", one_of(Space.Payment.values)),
            "price_list": lists.get(row.needed("price_list", one_of(list(lists))) or ""),
            "cancellation": terms.get(row.read("cancellation", one_of(list(terms))) or ""),
        }
        kind = row.needed("kind", one_of(Venue.Kind.values))
        silent = Policy.objects.filter(kind=kind, payment=None, price_list=None, cancellation=None)
        silent.update(**said)
    refuse_if_wrong(rows)
    return policy_layers.settle(Space.objects.all())


def read_folder(folder: Path) -> Rows:
    """Read the files, all of which there must be. Raises `BrokenFiles`."""
    faults: list[Fault] = []
    rows = {name: tables.read_table(folder / name, shape, faults) for name, shape in FILES.items()}
    if faults:
        raise BrokenFiles(faults)
    return rows


def refuse_if_wrong(rows: Rows) -> None:
    """All rows of a table note their faults in one list."""
    faults = [fault for table in rows.values() for row in table[:1] for fault in row.faults]
    if faults:
        raise BrokenFiles(faults)


# --- Words, rates and terms -----------------------------------------------------------------------


def words(model: type[Any], name: str, rows: Iterable[Row]) -> dict[str, Any]:
    """Return a list of words by their codes, with those added that are missing."""
    for row in rows:
        if row.text("list") == name:
            model.objects.get_or_create(code=row.text("code"), defaults=names(row))
    return {word.code: word for word in model.objects.all()}


def named(model: type[Any], row: Row, **facts: Any) -> Any:
    found = model.objects.filter(name_fi=row.text("name_fi")).order_by("pk").first()
    return found or model.objects.create(**names(row), **facts)


def names(row: Row) -> dict[str, str]:
    return {name: row.text(name) for name in NAMES}


def add_rate(row: Row, categories: Mapping[str, VatCategory]) -> None:
    facts = {
        "percent": row.needed("percent", decimal),
        "is_confirmed": row.needed("is_confirmed", yes_or_no),
        "source": row.needed("source", str),
    }
    key = {"category": of(row, "category", categories), "valid_from": row.needed("valid_from", calendar_day)}
    if all(key.values()) and facts["percent"] is not None:
        VatRate.objects.get_or_create(**key, defaults=facts)


def add_terms(row: Row, steps: Iterable[Row]) -> None:
    if CancellationTerms.objects.filter(name_fi=row.text("name_fi")).exists():
        return
    terms = named(CancellationTerms, row, after_percent=row.needed("after_percent", whole_number))
    for step in steps:
        if step.text("terms") == terms.name_fi:
            numbers = ["position", "hours_before", "weekdays_before", "percent"]
            facts = {name: step.read(name, whole_number) for name in numbers}
            CancellationStep.objects.create(terms=terms, by_time=step.read("by_time", tables.clock), **facts)


# --- Versions and their rows ----------------------------------------------------------------------


def add_version(
    row: Row,
    lists: Mapping[str, PriceList],
    known: Mapping[str, Mapping[str, Any]],
    rows: Rows,
    *,
    now: datetime,
) -> bool:
    """Add a version with all its rows and publish it, unless the list has one from that day."""
    valid_from, price_list = row.needed("valid_from", calendar_day), of(row, "list", lists)
    category = of(row, "vat_category", known["vat_category"])
    if not (valid_from and price_list and category):
        return False
    if PriceListVersion.objects.filter(price_list=price_list, valid_from=valid_from).exists():
        return False
    version = PriceListVersion.objects.create(
        price_list=price_list,
        valid_from=valid_from,
        vat_category=category,
        source=row.text("source"),
        **{name: row.needed(name, yes_or_no) for name in ("includes_vat", "holidays_as_sunday", "is_demo")},
    )
    for model, name, read in (
        (PriceRow, "rows.csv", price_row),
        (VatRule, "vat_rules.csv", vat_rule),
        (AddOn, "add_ons.csv", add_on),
    ):
        add_to(version, model, [one for one in rows[name] if is_of(one, row)], read, known)
    version.published_at = min(now, at(valid_from, time.min))
    version.save(update_fields=["published_at"])
    return True


Reader = Callable[[Row, Mapping[str, Mapping[str, Any]]], dict[str, Any]]


def add_to(
    version: PriceListVersion,
    model: type[Model],
    rows: Iterable[Row],
    read: Reader,
    known: Mapping[str, Mapping[str, Any]],
) -> None:
    is_ordered = model is not AddOn
    for position, row in enumerate(rows, 1):
        faults = len(row.faults)
        facts = read(row, known) | ({"position": position} if is_ordered else {})
        if len(row.faults) == faults:
            model._default_manager.create(version=version, **facts)


def is_of(row: Row, version: Row) -> bool:
    return all(row.text(name) == version.text(name) for name in VERSION)


def price_row(row: Row, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "price_group": of(row, "price_group", known["price_group"]),
        "purpose": of(row, "purpose", known["purpose"]),
        "supervision": row.read("supervision", one_of(Space.Supervision.values)) or "",
        "weekdays": row.read("weekdays", tables.weekdays) or every_day(),
        "unit": row.needed("unit", one_of(PriceRow.Unit.values)),
        **{name: row.read(name, whole_number) for name in NUMBERS},
        **{name: row.read(name, tables.clock) for name in CLOCKS},
        **{name: row.read(column, cents) for column, name in PRICE.items()},
    } | ({} if row.text("euros") else {"cents": 0})


def vat_rule(row: Row, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "purpose": of(row, "purpose", known["purpose"]),
        "organisation_kind": row.read("organisation_kind", one_of(Organisation.Kind.values)) or "",
        "category": of(row, "category", known["vat_category"]),
    }


def add_on(row: Row, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "code": row.needed("code", str),
        **names(row),
        "unit": row.needed("unit", one_of(AddOn.Unit.values)),
        "cents": row.needed("euros", cents),
        "vat_category": of(row, "vat_category", known["vat_category"]),
    }


# --- What a cell may hold -------------------------------------------------------------------------


def of(row: Row, column: str, known: Mapping[str, Any]) -> Any:
    """Return what a cell names; nothing for an empty one."""
    return known.get(row.read(column, one_of(list(known))) or "")


def cents(text: str) -> int:
    """Read 20.34 as 2034."""
    amount = decimal(text) * 100
    if amount != amount.to_integral():
        raise NotUsable("write euros with at most two decimals, like 20.34")
    return int(amount)


def decimal(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount < 0 or amount >= 100_000:
        raise NotUsable("write a number with a point, like 20.34")
    return amount
