"""What a manager's change does to bookings: shown before it is made, decided, and undone or carried out.

    preview ──► decide ──► (nothing hit: the change is simply made)
                  └──► Impact, pending ──► undone (as if it had never been)
                                       └─► carried out when it is due (mails go out, dead stays dead)

Between decision and due time nothing happens to any booking: their times stay held, nobody is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.problems import Alternative, Problem, Refused
from accounts.texts import text_of
from accounts.versions import ChangedMeanwhile, version_of
from venues.models import Space, Venue

from . import changes, closures, hit_dates, occupancies, promises, replanning, signals
from .changes import Change, Made, Why
from .models import Booking, Hit, Impact, Occupancy
from .models.occupancies import OccupancyQuerySet
from .occupancies import lock_halls
from .rechecking import as_they_were, still_hit
from .redrawing import Redrawn, redraw, without
from .replanning import Options
from .savepoints import taken_back
from .transactions import in_one_transaction, lock

Fate = Hit.Fate

HITS_A_PAGE = 50
# As late a worker may be and still be in time: some dates begin just when they are to be moved or cancelled.
IN_TIME = timedelta(minutes=5)


@dataclass(frozen=True)
class PreviewedHit:
    """A date that a change would hit: why, and what is free instead for the same customer.

    The date comes with its booking, customer, organisation, space and venue. One that has begun can only be
    kept.
    """

    date: Occupancy
    problems: list[Problem]
    alternatives: list[Alternative]
    has_begun: bool = False


@dataclass(frozen=True)
class Preview:
    """One page of the dates that a change would hit, soonest first, and how many there are in all.

    `version` marks the dates that are hit; `decide` takes it as `seen`.
    """

    hits: list[PreviewedHit]
    total: int
    version: str


# --- Before it is made ----------------------------------------------------------------------------


@in_one_transaction
def preview(change: Change, *, by: User, now: datetime, limit: int = HITS_A_PAGE, offset: int = 0) -> Preview:
    """Return whom a change would hit, and what is free instead once it is made. Nothing is changed.

    The change is made, under its locks, and its transaction taken back. The number of statements does not
    depend on how many are hit. Raises `Refused` for what cannot be done at all.
    """
    lock_halls(change.halls())
    made = change.make(by=by, now=now)
    dates = will_be(made.places, dates_of(soonest(made.hits, limit, offset)))
    options = options_for(dates, change, made, going=made.hits, by=by, now=now)
    hits = [
        PreviewedHit(date, made.hits[date.pk], options.shortlist(date), has_begun=date.starts_at <= now)
        for date in dates
    ]
    transaction.set_rollback(True)
    return Preview(hits, len(made.hits), mark_of(made.hits))


SOONEST = "select id from bookings_occupancy where id = any(%s) order by starts_at, id limit %s offset %s"


def soonest(pks: Iterable[int], limit: int, offset: int) -> list[int]:
    """Return which dates a page shows, before all that is told of them is read: asked for both at once, the
    planner would read every booking of the city.
    """
    with connection.cursor() as cursor:
        cursor.execute(SOONEST, [list(pks), limit, offset])
        return [pk for (pk,) in cursor.fetchall()]


def options_for(
    dates: Sequence[Occupancy], change: Change, made: Made, *, going: Iterable[int], by: User, now: datetime
) -> Options:
    """Return what is free instead of dates once the change is made; if it waits, once these have gone."""
    if not isinstance(change, Redrawn) or not made.rivals:
        return replanning.options_for(dates, now=now)
    with taken_back():
        without(change, going, by=by, now=now)
        options = replanning.options_for(dates, now=now)
    options.avoid(dates)
    return options


def dates_of(pks: Iterable[int]) -> OccupancyQuerySet:
    """Return dates with their bookings, soonest first."""
    dates = Occupancy.objects.filter(pk__in=list(pks)).order_by("starts_at", "pk")
    return dates.select_related("booking__customer", "booking__organisation")


def will_be(places: Mapping[int, Occupancy], dates: Iterable[Occupancy]) -> list[Occupancy]:
    """Return dates as they will be when another impact, which is pending, has moved them. Saves nothing."""
    found = list(dates)
    for date in found:
        if there := places.get(date.pk):
            date.space, date.starts_at, date.ends_at = there.space, there.starts_at, there.ends_at
    return found


def mark_of(hits: Why) -> str:
    return version_of(sorted(hits))


# --- Deciding -------------------------------------------------------------------------------------


@in_one_transaction
def decide(
    change: Change,
    *,
    fates: Fate | Mapping[int, Fate],
    others: Fate = Fate.KEEP,
    unmovable: Fate = Fate.KEEP,
    reason: str = "",
    by: User,
    now: datetime,
    seen: str | None = None,
) -> Impact | None:
    """Make a change, and settle what is to become of the dates that it hits. None: it hit nothing.

    `fates` is one for all, or by the id of the date; dates that it does not name get `others`, and dates that
    were to be moved but cannot be get `unmovable`, keep or cancel. What has begun is kept in any case.
    Dates move within the venues that `by` looks after. `reason` is what the customers read; a closure's own
    public reason stands in for it. `seen` is the preview's version: raises `ChangedMeanwhile` if other dates
    are hit by now.
    """
    wanted = {others, *fates.values()} if isinstance(fates, Mapping) else {Fate(fates)}
    ours = change.halls()
    halls = set(ours)
    if Fate.MOVE in wanted:
        halls |= replanning.halls_near(ours, Venue.objects.looked_after_by(by), now=now)
    lock_halls(halls)
    made = change.make(by=by, now=now)
    if seen is not None and seen != mark_of(made.hits):
        raise ChangedMeanwhile
    if not made.hits:
        return None
    impact = Impact(reason=reason.strip(), created_at=now, created_by=by, due_at=now + settings.GRACE)
    remember(impact, made, halls=ours)
    hits = planned(impact, made, fates, others, now=now)
    must_part(made.rivals, hits)
    if moving := {hit.date_id: hit for hit in hits if hit.fate == Fate.MOVE}:
        going = [hit.date_id for hit in hits if hit.fate != Fate.KEEP]
        dates = will_be(made.places, dates_of(moving))
        options = options_for(dates, change, made, going=going, by=by, now=now)
        places = {moving[date.pk]: options.take_first(date, halls=halls) for date in dates}
        hold_or(unmovable, places)
        must_part(made.rivals, hits)
    if (due := due_at(hits, now=now)) != impact.due_at:
        impact.due_at = due
        impact.save(update_fields=["due_at"])
    if there := [hit.date_id for hit in hits if hit.fate != Fate.KEEP and hit.date_id in made.places]:
        promises.bring_forward(there, due_at=due)
    signals.impact_decided.send(Impact, impact=impact)
    return impact


def remember(impact: Impact, made: Made, *, halls: Collection[int]) -> None:
    """Save an impact with what its change needs to be undone."""
    for name, value in made.remembered.items():
        setattr(impact, name, value)
    impact.before = impact.before | {"halls": sorted(halls)}
    impact.after = impact.after | {"waits": bool(made.rivals)}
    impact.save()


# Each date as it was booked, or as it will be where another impact is about to move it.
PLANNED = """
insert into bookings_hit (impact_id, date_id, fate, space_id, starts_at, ends_at, is_carried_out)
select %(impact)s, hit.date_id,
       case when place.starts_at <= %(now)s then %(keep)s else coalesce(chosen.fate, %(otherwise)s) end,
       place.space_id, place.starts_at, place.ends_at, false
from bookings_occupancy place
join unnest(%(dates)s::bigint[], %(places)s::bigint[]) hit (date_id, place_id) on hit.place_id = place.id
left join unnest(%(chosen)s::bigint[], %(fates)s::text[]) chosen (date_id, fate) using (date_id)
where place.id = any(%(places)s)
order by place.starts_at, hit.date_id
returning id, date_id, fate, starts_at
"""


def planned(
    impact: Impact, made: Made, fates: Fate | Mapping[int, Fate], others: Fate, *, now: datetime
) -> list[Hit]:
    """Save the hits with the fates that were chosen for them. In SQL, as they may be thousands."""
    chosen, otherwise = (fates, others) if isinstance(fates, Mapping) else ({}, fates)
    asked = {
        "impact": impact.pk,
        "dates": list(made.hits),
        "places": [made.places[pk].pk if pk in made.places else pk for pk in made.hits],
        "chosen": list(chosen),
        "fates": [str(fate) for fate in chosen.values()],
        "otherwise": str(otherwise),
        "keep": str(Fate.KEEP),
        "now": now,
    }
    return list(Hit.objects.raw(PLANNED, asked))


def hold_or(unmovable: Fate, places: Mapping[Hit, Alternative | None]) -> None:
    """Hold the new place of each date; those for which there is none get another fate."""
    held = occupancies.promise({hit: place for hit, place in places.items() if place})
    stranded = [hit for hit in places if hit.pk not in held]
    for hit in stranded:
        hit.fate = unmovable
    Hit.objects.filter(pk__in=[hit.pk for hit in stranded]).update(fate=unmovable)


def must_part(rivals: Iterable[tuple[int, int]], hits: Iterable[Hit]) -> None:
    """Raise `Refused` if both dates of a pair, of which only one can stay, would be kept."""
    going = {hit.date_id for hit in hits if hit.fate != Fate.KEEP}
    if any(going.isdisjoint(pair) for pair in rivals):
        raise Refused(
            Problem("both_kept", _("Of two bookings that would share floor, one must be moved or cancelled."))
        )


def due_at(hits: Iterable[Hit], *, now: datetime) -> datetime:
    """Return the end of the grace time: no date begins before what was decided about it comes true."""
    return min([now + settings.GRACE, *(hit.starts_at for hit in hits if hit.fate != Fate.KEEP)])


# --- Undoing --------------------------------------------------------------------------------------


@in_one_transaction
def undo(impact: Impact, *, by: User, now: datetime) -> None:
    """Take a change back as if it had never been. Raises `Refused` once it is due, `ChangedMeanwhile` if
    somebody has changed the same rules again since.
    """
    impact = pending(impact, now=now)
    lock_halls(halls_of(impact))
    promises.give_back(impact.hits.all(), now=now)
    changes.undo(impact, by=by, now=now)
    impact.undone_at, impact.undone_by = now, by
    impact.save(update_fields=["undone_at", "undone_by"])


@in_one_transaction
def let_be(impact: Impact, *, by: User, now: datetime) -> None:
    """Keep the bookings that were to be moved or cancelled, while the change stays. Raises `Refused` once it
    is due, or if the change cannot be made beside them.
    """
    impact = pending(impact, now=now)
    if impact.after["waits"]:
        raise Refused(
            Problem("cannot_be_kept", _("The hall is not redrawn beside these bookings. Undo it instead."))
        )
    lock_halls(halls_of(impact))
    promises.give_back(impact.hits.all(), now=now)
    impact.hits.update(fate=Fate.KEEP)


def pending(impact: Impact, *, now: datetime) -> Impact:
    """Lock an impact and return it as it is now. Raises `Refused` if nothing can be said of it any more.

    Its row decides between undoing and carrying out; it is locked before the halls.
    """
    impact = locked(impact)
    if impact.done_at or impact.undone_at or impact.due_at <= now:
        raise Refused(Problem("too_late", _("It is too late: this has been carried out, or undone.")))
    return impact


def locked(impact: Impact) -> Impact:
    lock(Impact, [impact.pk])
    return Impact.objects.select_related("closure", "timetable", "created_by").get(pk=impact.pk)


def halls_of(impact: Impact) -> set[int]:
    """Return the halls of the change, of the dates that it hit, and of the places held for them."""
    hit = Space.objects.filter(pk__in=impact.hits.values("space"))
    return {
        *impact.before["halls"],
        *hit.values_list("hall_id", flat=True),
        *promises.halls_held_for(impact),
    }


# --- Carrying out ---------------------------------------------------------------------------------


@in_one_transaction
def carry_out(impact: Impact, *, now: datetime) -> bool:
    """Move and cancel what was decided, if it is due, and tell those concerned. Returns whether it was.

    Whoever has cancelled or moved meanwhile is left alone, and so is whatever has begun before a worker that
    was late came to it. As often as it is called, it happens once.
    """
    impact = locked(impact)
    if impact.done_at or impact.undone_at or impact.due_at > now:
        return False
    lock_halls(halls_of(impact))
    try:
        with transaction.atomic():
            stranded = let_come_true(impact, now=now)
            if impact.after["waits"]:
                redraw(impact, now=now)
    except Refused as refusal:
        fail(impact, refused=sorted(refusal.codes))
    else:
        if stranded:
            fail(impact, stranded=stranded)
    promises.give_back(impact.hits.all(), now=now)
    impact.done_at = now
    impact.save(update_fields=["after", "done_at"])
    return True


def fail(impact: Impact, **what: Any) -> None:
    """Note what could not be carried out, and let whoever decided it know. Does not save."""
    impact.after = impact.after | what
    signals.impact_failed.send(Impact, impact=impact)


def let_come_true(impact: Impact, *, now: datetime) -> int:
    """Move and cancel the bookings for which it is still right; return how many could not be moved.

    Those whose new place is booked no more are kept.
    """
    hits = still_right(impact, now=now)
    stranded = {hit for hit in hits if hit.fate == Fate.MOVE and not hit.target.space.is_bookable}
    moved = [hit for hit in hits if hit.fate == Fate.MOVE and hit not in stranded]
    cancelled = [hit for hit in hits if hit.fate == Fate.CANCEL]
    carried_out = [*moved, *cancelled]
    reasons = {hit.booking.pk: reason_for(hit.booking.customer, impact) for hit in cancelled}
    hit_dates.move_together(moved, by=impact.created_by, now=now)
    hit_dates.cancel_together(cancelled, by=impact.created_by, reasons=reasons, now=now)
    Hit.objects.filter(pk__in=[hit.pk for hit in carried_out]).update(is_carried_out=True)
    Hit.objects.filter(pk__in=[hit.pk for hit in stranded]).update(fate=Fate.KEEP)
    left = [(hit.date.hall_id, hit.date.setup_at, hit.date.clear_at) for hit in carried_out]
    closures.freed_together(left, now=now)
    return len(stranded)


def still_right(impact: Impact, *, now: datetime) -> list[Hit]:
    """Lock the bookings, and return the hits to be moved or cancelled that are as they were decided.

    Left alone are those that changed, that what was changed hits no more as it is said today, and that have
    begun, here or where they would go.
    """
    going = impact.hits.exclude(fate=Fate.KEEP)
    lock(Booking, going.values_list("date__booking", flat=True))
    hits = list(as_they_were(going, now=now).select_related("target__space"))
    hit = still_hit(impact, [each.date for each in hits], now=now)
    begun = impact.due_at if now <= impact.due_at + IN_TIME else now
    return [each for each in hits if each.date_id in hit and begins(each) >= begun]


def begins(hit: Hit) -> datetime:
    """Return when a date begins, or when it would where it is to go, if that is earlier."""
    return min(hit.starts_at, hit.target.starts_at) if hit.fate == Fate.MOVE else hit.starts_at


def reason_for(customer: User | None, impact: Impact) -> str:
    """Return what a customer reads: the manager's words, or the closure's or the days' own reason for all."""
    if impact.reason:
        return impact.reason
    with translation.override(customer.language if customer else settings.LANGUAGE_CODE):
        if impact.closure:
            return str(impact.closure.public_reason or "")
        return str(text_of(SimpleNamespace(**impact.after.get("reason", {})), "reason"))
