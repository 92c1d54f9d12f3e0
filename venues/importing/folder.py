"""Reading a folder of CSV files into an inventory. Says everything that is wrong with them, or nothing is.

venues_helsinki.csv is needed; of the other files, those that are there are read. Files whose names begin
with demo_ hold made-up facts: the fields that they fill are named in `demo_facts`.
"""

from pathlib import Path

from . import places, rules, school_terms, spaces, times, youth_houses
from .inventory import Inventory
from .places import Area
from .tables import BrokenFiles, Fault, Place, Rows, read_table

FILES = {
    **places.FILES,
    **school_terms.FILES,
    **times.FILES,
    **rules.FILES,
    **spaces.FILES,
    **youth_houses.FILES,
}


def read_folder(folder: Path, *, area: Area) -> Inventory:
    """Read what a folder says. Raises BrokenFiles with all that is wrong, by file and line."""
    faults: list[Fault] = []
    rows = read_files(folder, faults)
    if not faults:  # otherwise what else is wrong would only follow from this
        found = interpreted(rows, area)
        faults += spaces.faults_in(found)
    if faults:
        raise BrokenFiles(faults)
    return found


def read_files(folder: Path, faults: list[Fault]) -> Rows:
    """Read all files that are there, and the venues in any case."""
    there = {name for name in FILES if (folder / name).exists()} | {places.VENUES}
    if youth_houses.SPACES in there and youth_houses.OVERLAPS not in there:
        place = Place(youth_houses.OVERLAPS, 1)
        faults.append(Fault(place, "is missing: without its review, a room could be given away twice"))
    return {
        name: read_table(folder / name, shape, faults) if name in there else []
        for name, shape in FILES.items()
    }


def interpreted(rows: Rows, area: Area) -> Inventory:
    how = rules.Rules(rows)
    venues = places.venues(rows, area)
    skipped = times.give_hours(venues, rows)
    youth_spaces, doubts = youth_houses.youth_spaces(rows, venues, how)
    return Inventory(
        purposes=places.vocabulary(rows, "purpose"),
        equipment=places.vocabulary(rows, "equipment"),
        districts=list(places.districts(rows)),
        school_terms=list(school_terms.periods(rows)),
        terms=rules.terms(rows),
        policies=rules.policies(rows),
        venues=venues,
        spaces=[*youth_spaces, *spaces.demo_spaces(rows, {venue.key[0]: venue for venue in venues}, how)],
        skipped=skipped,
        doubts=doubts,
    )
