"""Let a request that a closure has kept take its time: it held none, so the closure made no hole for it."""

from collections.abc import Iterable
from datetime import datetime

from accounts.problems import Refused

from . import closures
from .models import Hit, Impact, Occupancy


def make_way_for(dates: Iterable[Occupancy]) -> list[tuple[datetime, datetime]]:
    """Open the times of dates that hold none yet, buffers included, if closures that close them kept them.

    Returns what was closed; it must be filled again by `closures.fill` once the dates hold their times. Needs
    the hall's lock. Raises `Refused` if others close what people see of any of the dates.
    """
    opened, problems = [], []
    for date in dates:
        try:
            if make_way(date):
                opened.append((date.setup_at, date.clear_at))
        except Refused as refusal:
            problems += refusal.problems
    if problems:
        raise Refused(*dict.fromkeys(problems))
    return opened


def make_way(date: Occupancy) -> bool:
    """Do it for one of them, and return whether it was closed."""
    closed = Occupancy.objects.holding().on_floor_of(date).exclude(closure=None)
    others = closed.exclude(closure__in=closures_that_kept(date)).over(date.starts_at, date.ends_at)
    if problem := closures.problem_with_time(others):
        raise Refused(problem)
    if not closed.over(date.setup_at, date.clear_at).exists():
        return False
    closures.close_anew([date.hall_id], [(date.setup_at, date.clear_at)], [])
    return True


def closures_that_kept(date: Occupancy) -> set[int]:
    """Return the closures by whose impacts, alone or with others, a date was hit as it is now and kept."""
    kept = Hit.objects.filter(
        date=date,
        fate=Hit.Fate.KEEP,
        space=date.space_id,
        starts_at=date.starts_at,
        ends_at=date.ends_at,
        impact__undone_at=None,
    )
    by = Impact.objects.filter(hits__in=kept).values_list("closure", "after__parts")
    parts = {part.get("closure_id") for _alone, parts in by for part in parts or []}
    return {pk for pk in parts | {alone for alone, _parts in by} if pk}
