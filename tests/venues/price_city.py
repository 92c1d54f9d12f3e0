"""The real price tables in memory, and spaces that they price."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import PriceGroup
from tests import factories
from venues import price_tables
from venues.importing import prices as importing
from venues.models import AddOn, PriceList, PriceListVersion, PriceRow, Purpose, Space, VatCategory
from venues.prices import Tables

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "helsinki" / "prices"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEEKDAYS, WEEKEND = [1, 2, 3, 4, 5], [6, 7]


@dataclass(frozen=True)
class City:
    spaces: dict[str, Space]
    tables: Tables
    groups: dict[str, int]
    purposes: dict[str, int]


def build() -> City:
    importing.load(FOLDER, now=NOW)
    spaces = real_spaces() | made_up_spaces()
    first, last = date(2019, 12, 1), date(2028, 12, 31)
    return City(
        spaces,
        price_tables.tables_for(spaces.values(), first, last, now=NOW),
        dict(PriceGroup.objects.values_list("code", "pk")),
        dict(Purpose.objects.values_list("code", "pk")),
    )


def real_spaces() -> dict[str, Space]:
    gyms = ("Koulujen liikuntasalit", "school")
    thirds = hall(*gyms, pieces=(0, 1, 2), floor_area=500, supervision="self")
    halves = hall(*gyms, pieces=(0, 1), floor_area=500, supervision="self")
    tampere = hall("Tampere, isot liikuntasalit", "school", pieces=(0, 1, 2))
    return {
        "park": hall("Leikkipuistojen tilat", "playpark", floor_area=80),
        "gym": thirds,
        "gym third": part(thirds, (1,)),
        "gym two thirds": part(thirds, (0, 2)),
        "gym half": part(halves, (1,)),
        "guarded gym": hall(*gyms, floor_area=399, supervision="guard"),
        "gym of 400": hall(*gyms, floor_area=400, supervision="guard"),
        "gym without area": hall(*gyms, supervision="self"),
        "tampere": tampere,
        "tampere third": part(tampere, (0,)),
        "tampere school": hall("Tampere, muut koulut ja päiväkodit", "school"),
        "tampere hall": hall("Tampere, uudet suuret salit", "school", pieces=(0, 1, 2)),
        "resident house": hall("Asukastalot", "resident_house"),
        "youth house": hall("Nuorisotilat", "youth_house"),
        "no list": factories.create_space(),
    }


def made_up_spaces() -> dict[str, Space]:
    """Lists that do what the real ones do not, with prices of theirs."""
    day, evening = 1352, 2034
    sport = VatCategory.objects.get(code="sport")
    bands = [
        {"cents": 0, "from_time": time(0), "until_time": time(7)},
        {"cents": day, "from_time": time(7), "until_time": time(17)},
        {"cents": evening, "from_time": time(17), "until_time": time(0)},
    ]
    nights = [
        {"cents": 0, "from_time": time(0), "until_time": time(3, 30)},
        {"cents": day},
    ]
    by_weekday = [{"cents": day, "weekdays": WEEKDAYS}, {"cents": evening, "weekdays": WEEKEND}]
    limits = {"min_cents": 2000, "max_cents": 10000}
    dearer = listed("Kallistuva", by_weekday)
    dearer_rows = [{"cents": 1420, "weekdays": WEEKDAYS}, {"cents": 2136, "weekdays": WEEKEND}]
    version(dearer, dearer_rows, valid_from=date(2027, 3, 1))
    banded = listed("Ajan mukaan", bands, extras=[("projector", "hour", 500)])
    associations = PriceGroup.objects.get(code="associations")
    return {
        "dearer": hall(dearer, "playpark"),
        "limited": hall(listed("Rajattu", [row | limits for row in by_weekday]), "playpark"),
        "halves": hall(listed("Puolitunnein", [{"unit": "half_hour", "cents": 1035}], sport), "school"),
        "days": hall(listed("Päivittäin", [{"unit": "day", "cents": 9615}], sport), "school"),
        "bands": hall(banded, "playpark"),
        "nights": hall(listed("Öin", nights), "playpark"),
        "gap": hall(listed("Aukko", by_weekday[:1]), "playpark"),
        "seasons": hall(
            listed(
                "Kausittain",
                [
                    {"cents": evening, "season_from": 901, "season_until": 601},
                    {"cents": day, "season_from": 602, "season_until": 831},
                ],
            ),
            "playpark",
        ),
        "weekend of associations": hall(
            listed("Yhdistyksille", [{"cents": evening, "weekdays": WEEKEND, "price_group": associations}]),
            "playpark",
        ),
    }


def hall(price_list: PriceList | str, kind: str, *, pieces=(0,), **facts: Any) -> Space:
    """Make a hall of a venue of its own, with a price list, in memory only."""
    space = factories.create_space(pieces, venue=factories.create_venue(kind=kind), **facts)
    found = PriceList.objects.get(name_fi=price_list) if isinstance(price_list, str) else price_list
    space.price_list = found
    return space


def part(of: Space, pieces: tuple[int, ...]) -> Space:
    space = factories.create_space(pieces, hall=of)
    space.price_list = of.price_list
    return space


def listed(
    name: str,
    rows: list[dict[str, Any]],
    category: VatCategory | None = None,
    extras: Sequence[tuple[str, str, int]] = (),
) -> PriceList:
    price_list = PriceList.objects.create(name_fi=name)
    version(price_list, rows, category, extras)
    return price_list


def version(
    price_list: PriceList,
    rows: list[dict[str, Any]],
    category: VatCategory | None = None,
    extras: Sequence[tuple[str, str, int]] = (),
    *,
    valid_from: date = date(2025, 1, 1),
    **facts: Any,
) -> PriceListVersion:
    """Add a version that is published already; rows are by the hour unless they say otherwise."""
    made = PriceListVersion.objects.create(
        price_list=price_list,
        valid_from=valid_from,
        vat_category=category or VatCategory.objects.get(code="standard"),
        **facts,
    )
    for position, row in enumerate(rows, 1):
        PriceRow.objects.create(version=made, position=position, **{"unit": "hour"} | row)
    for code, unit, cents in extras:
        AddOn.objects.create(version=made, code=code, name_fi=code, unit=unit, cents=cents)
    made.published_at = NOW
    made.save(update_fields=["published_at"])
    return made
