"""Districts and venues, and the words of the city's own lists."""

from collections.abc import Iterator
from typing import NamedTuple

from accounts.texts import in_all_languages

from .inventory import Record
from .tables import Row, Rows, Shape, coordinate, one_of

NAMES = in_all_languages("name")
VENUES = "venues_helsinki.csv"
DISTRICTS = "demo_districts.csv"
VOCABULARY = "vocabulary.csv"
FILES = {
    VENUES: Shape(
        [
            "venue_key", "kind", *NAMES, "street_address_fi", "street_address_sv", "postcode", "city",
            "district_no", "district_fi", "district_sv", "lat", "lon", "coord_quality", "phone", "website",
            "source",
        ],
        key=["venue_key"],
    ),
    DISTRICTS: Shape(["number", "contact_email"], key=["number"]),
    VOCABULARY: Shape(["list", "code", *NAMES], key=["list", "code"]),
}  # fmt: skip

KINDS = {
    "school": "school",
    "playpark": "playpark",
    "resident_house": "resident_house",
    "family_house": "family_house",
    "youth_house": "youth_house",
    "service_centre": "service_centre",
    "library": "library",
    "service_centre_library": "library",
    "sports_hall": "sports_hall",
    "culture_house": "culture_house",
}
# How sure the source is of a point. What is only somewhere near is never passed off as the place.
POINT_QUALITIES = {
    "exact": "exact",  # the city's register
    "shared_address": "exact",  # of another unit in the same building
    "exact_osm": "exact",
    "exact_approx_point": "approximate",
    "approx_linked_playpark": "approximate",
    "approx_postcode_centroid": "approximate",
}


class Area(NamedTuple):
    """Where the city is, in degrees. A point outside it is a mistake."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lon <= self.east


def vocabulary(rows: Rows, of: str) -> list[Record]:
    """Return the purposes or the equipment of the city's list."""
    for row in rows[VOCABULARY]:
        row.read("list", one_of(["purpose", "equipment"]))
    return [
        Record(row.place, (row.text("code"),), {name: row.text(name) for name in NAMES})
        for row in rows[VOCABULARY]
        if row.text("list") == of
    ]


def venues(rows: Rows, area: Area) -> list[Record]:
    return [Record(row.place, (row.text("venue_key"),), venue_facts(row, area)) for row in rows[VENUES]]


def venue_facts(row: Row, area: Area) -> dict:
    return {
        "kind": KINDS.get(row.needed("kind", one_of(KINDS)) or "", ""),
        **{name: row.text(name) for name in NAMES},
        "address_fi": row.text("street_address_fi"),
        "address_sv": row.text("street_address_sv"),
        "postcode": row.text("postcode"),
        "city": row.text("city"),
        "district": row.text("district_no") or None,
        **point(row, area),
        "phone": row.text("phone"),
        "website": row.text("website"),
        "source": row.text("source"),
        "demo_facts": [],
    }


def point(row: Row, area: Area) -> dict:
    """Return where a venue is and how sure that is; nothing at all if its line does not say both."""
    if len({bool(row.text(column)) for column in ("lat", "lon", "coord_quality")}) > 1:
        row.refuse("give lat, lon and coord_quality together, or none of them")
    lat, lon = row.read("lat", coordinate), row.read("lon", coordinate)
    quality = row.read("coord_quality", one_of(POINT_QUALITIES))
    if lat is None or lon is None or quality is None:
        return {"lat": None, "lon": None, "point_quality": "unknown"}
    if not area.holds(lat, lon):
        row.refuse(f"the point {lat}, {lon} is outside the city's area")
    return {"lat": lat, "lon": lon, "point_quality": POINT_QUALITIES[quality]}


def districts(rows: Rows) -> Iterator[Record]:
    """Yield the districts that the venues name, with the contacts that are made up for them."""
    found: dict[str, Record] = {}
    contacts = {row.text("number"): row.text("contact_email") for row in rows[DISTRICTS]}
    for row in rows[VENUES]:
        number = row.text("district_no")
        if not number:
            continue
        names = {"name_fi": row.text("district_fi"), "name_sv": row.text("district_sv")}
        contact = (
            {"contact_email": contacts[number], "demo_facts": ["contact_email"]} if number in contacts else {}
        )
        first = found.setdefault(number, Record(row.place, (number,), names | contact))
        if first.place != row.place and first.facts != names | contact:
            row.refuse(f"district {number} has another name than on line {first.place.line}")
    yield from found.values()
