"""Let a request that a closure has kept take its time: it held none, so the closure made no hole for it."""

from accounts.problems import Refused

from . import closures
from .models import Hit, Impact, Occupancy


def make_way(date: Occupancy) -> bool:
    """Open the time of a date that holds none yet, buffers included, if closures that close it have kept it.

    Returns whether it was closed; then it must be `closures.freed` once the date holds its time. Needs the
    hall's lock. Raises `Refused` if others close what people see of the date.
    """
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
