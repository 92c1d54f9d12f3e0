"""Warnings and bans. Somebody is heard before it is decided; who is banned cannot book until the ban is over.

What was booked before stands: to cancel it is a step of its own.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Organisation, User
from accounts.problems import Problem, Refused
from venues.audiences import Asker
from venues.clock import local
from venues.models import Space, Venue
from venues.wording import day as full_day

from . import permissions, signals
from .models import Sanction
from .transactions import in_one_transaction

LONGEST_BAN = timedelta(days=2 * 366)


@in_one_transaction
def propose(
    kind: Sanction.Kind,
    *,
    person: User | None = None,
    organisation: Organisation | None = None,
    venue: Venue | None,
    reason: str,
    until: date | None = None,
    by: User,
    now: datetime,
) -> Sanction:
    """Tell a person or an organisation what is about to be decided and why, and ask for their answer.

    `until` is the last day of a ban. Without `venue` it is for the whole city, which its staff alone may
    propose. Raises `Refused` with everything that is wrong.
    """
    assert permissions.can_sanction(by, venue)
    if problems := [*wrong(kind, reason, until, today=local(now).date())]:
        raise Refused(*problems)
    sanction = Sanction.objects.create(
        kind=kind,
        person=person,
        organisation=organisation,
        venue=venue,
        reason=reason.strip(),
        until=until if kind == Sanction.Kind.BAN else None,
        proposed_at=now,
        proposed_by=by,
        answer_by=now + settings.HEAR_FOR,
    )
    signals.sanction_proposed.send(Sanction, sanction=sanction)
    return sanction


def wrong(kind: str, reason: str, until: date | None, *, today: date) -> Iterator[Problem]:
    if not reason.strip():
        yield Problem("reason_missing", _("Write what happened. Those concerned read it."), "reason")
    if kind != Sanction.Kind.BAN:
        return
    if until is None:
        yield Problem("last_day_missing", _("Say until which day the ban lasts."), "until")
    elif not today < until <= today + LONGEST_BAN:
        yield Problem("last_day_out_of_range", _("A ban ends within the next two years."), "until")


@in_one_transaction
def answer(sanction: Sanction, text: str, *, by: User, now: datetime) -> Sanction:
    """Keep what those concerned have to say. They may say it anew until it is decided or their time is up."""
    sanction = in_hand(sanction)
    must_be_open(sanction)
    if now >= sanction.answer_by:
        raise Refused(Problem("too_late", _("The time to answer is over.")))
    if not text.strip():
        raise Refused(Problem("answer_missing", _("Write your answer."), "answer"))
    sanction.answer, sanction.answered_at, sanction.answered_by = text.strip(), now, by
    sanction.save(update_fields=["answer", "answered_at", "answered_by"])
    signals.sanction_answered.send(Sanction, sanction=sanction)
    return sanction


@in_one_transaction
def decide(sanction: Sanction, *, by: User, now: datetime) -> Sanction:
    """Put the warning or the ban in force. Raises `Refused` before those concerned were heard."""
    sanction = in_hand(sanction)
    must_be_open(sanction)
    if not is_heard(sanction, now=now):
        message = _("Those concerned have not answered yet, and may until %(day)s.")
        raise Refused(Problem("not_heard_yet", message % {"day": full_day(sanction.answer_by)}))
    if sanction.until and sanction.until < local(now).date():
        message = _("The ban would be over already. Drop it, or propose another.")
        raise Refused(Problem("over_already", message))
    sanction.decided_at, sanction.decided_by = now, by
    sanction.save(update_fields=["decided_at", "decided_by"])
    signals.sanction_decided.send(Sanction, sanction=sanction)
    return sanction


@in_one_transaction
def drop(sanction: Sanction, *, by: User, now: datetime) -> Sanction:
    """Let it be after all, before it is decided."""
    sanction = in_hand(sanction)
    must_be_open(sanction)
    sanction.dropped_at = now
    sanction.save(update_fields=["dropped_at"])
    signals.sanction_ended.send(Sanction, sanction=sanction)
    return sanction


@in_one_transaction
def lift(sanction: Sanction, *, by: User, now: datetime) -> Sanction:
    """End a ban before its last day."""
    sanction = in_hand(sanction)
    if sanction.pk not in Sanction.objects.in_force(local(now).date()).values_list("pk", flat=True):
        raise Refused(Problem("not_in_force", _("This ban is not in force.")))
    sanction.lifted_at, sanction.lifted_by = now, by
    sanction.save(update_fields=["lifted_at", "lifted_by"])
    signals.sanction_ended.send(Sanction, sanction=sanction)
    return sanction


def in_hand(sanction: Sanction) -> Sanction:
    """Lock it, and whom it is about: a booking that is being made waits, or is waited for."""
    if sanction.person_id:
        User.objects.select_for_update(no_key=True).get(pk=sanction.person_id)
    else:
        Organisation.objects.select_for_update(no_key=True).get(sanctions=sanction)
    rows = Sanction.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("person", "organisation", "venue", "proposed_by").get(pk=sanction.pk)


def must_be_open(sanction: Sanction) -> None:
    if sanction.decided_at or sanction.dropped_at:
        raise Refused(Problem("decided_already", _("This has been decided already. Look at it again.")))


def is_heard(sanction: Sanction, *, now: datetime) -> bool:
    """Whether those concerned have answered, or have let their time pass."""
    return sanction.answered_at is not None or now >= sanction.answer_by


# --- What a ban does ------------------------------------------------------------------------------


def banned(until: date) -> Refused:
    message = _("You cannot book here until %(day)s has passed: a ban is in force. The venue tells you more.")
    return Refused(Problem("banned", message % {"day": full_day(until)}))


def bans_on(asker: Asker, today: date) -> QuerySet[Sanction]:
    """Return the bans in force of a person, or of the organisation for which she asks."""
    return Sanction.objects.in_force(today).filter(
        Q(person=asker.user_id) | Q(organisation=asker.organisation_id, organisation__isnull=False)
    )


def without_banned(spaces: QuerySet[Space], asker: Asker, *, today: date) -> QuerySet[Space]:
    """Leave out the spaces of venues at which the asker is banned."""
    if asker.user_id is None:
        return spaces
    here = bans_on(asker, today).filter(Q(venue=None) | Q(venue=OuterRef("venue")))
    return spaces.exclude(Exists(here))


# --- Who sees what --------------------------------------------------------------------------------


def visible_to(user: User) -> QuerySet[Sanction]:
    """Return their own, those of organisations that they own, and those that they may decide."""
    rows = Sanction.objects.select_related("person", "organisation", "venue", "proposed_by", "decided_by")
    return rows.filter(Q(pk__in=concerning(user)) | Q(pk__in=in_care_of(user)))


def concerning(user: User) -> QuerySet[Sanction]:
    owned = user.memberships.filter(role=Membership.Role.OWNER).values("organisation")
    return Sanction.objects.filter(Q(person=user) | Q(organisation__in=owned))


def in_care_of(user: User) -> QuerySet[Sanction]:
    """Return those on which this person decides: of her venues; the whole city's by its staff alone."""
    if user.is_staff:
        return Sanction.objects.all()
    return Sanction.objects.filter(venue__in=Venue.objects.looked_after_by(user))
