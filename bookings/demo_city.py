"""The demo's people, what they look after, have booked and have closed, relative to today."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.demo import PEOPLE, Person, email_of
from accounts.models import Membership, Organisation, PriceGroup, User
from accounts.problems import Refused
from accounts.texts import in_all_languages
from venues.audiences import asker
from venues.clock import at, local
from venues.models import Purpose, Space, Venue, VenueRole

from . import closures, demo_season, hours, judging, lifecycle
from .closed_times import WishedClosure
from .models import Closure, Occupancy
from .wishes import Wish

# Name, kind, and the person who owns it.
ORGANISATIONS = [
    ("Hertsikan naapurit ry", Organisation.Kind.ASSOCIATION, "aino"),
    ("Idän Sähly ry", Organisation.Kind.CLUB, "mikael"),
    ("Voimisteluseura Notkea ry", Organisation.Kind.CLUB, "sari"),
]
# Who else belongs to them. They have no business ids: those that nobody has cannot be told from real ones.
MEMBERS = [
    ("Idän Sähly ry", "pekka", Membership.Role.BOOKER),
    ("Idän Sähly ry", "liisa", Membership.Role.VIEWER),
]
PRICE_GROUPS = [
    ("minors", "Lapset ja nuoret", "Barn och unga", "Children and young people"),
    ("associations", "Yhdistykset", "Föreningar", "Associations"),
    ("others", "Muut", "Övriga", "Others"),
]
CLUB_OF_MINORS, MINORS_PERCENT = "Idän Sähly ry", 85
RIVALS = "Voimisteluseura Notkea ry"  # of its season
BORN_ON = date(1985, 5, 17)
RESIDENTS = ["aino", "sari"]
SCHOOLS = [
    "school-03005",  # Hertsikan ala-aste: three sections
    "school-03664",  # Herttoniemenrannan ala-asteen koulu: two
    "school-03035",  # Porolahden peruskoulu: two
    "school-03040",  # Roihuvuoren ala-asteen koulu
    "school-03016",  # Kulosaaren ala-asteen koulu
    "school-03045",  # Tahvonlahden ala-aste: two
]
PLAYPARK = "tprek-199"  # Leikkipuisto Hilleri
OTHER_HOUSES = [PLAYPARK, "youth-roihuvuoren-nuorisotalo"]
GYM_IN_REPAIR = "school-03035"  # where Sari's second turn falls within the repairs
MOST_WEEKS_AHEAD = 26  # to find weeks in which it is open: schools have summers


def load(bookings: Path, *, now: datetime) -> None:
    """Bring the demo's people and their roles up to date; book and close if nothing is from now on.

    `bookings` is a CSV file of what to book: on the first such weekdays on which it is open, counted from
    tomorrow, or from weeks later.
    """
    with transaction.atomic():
        people = {name: account(name, somebody) for name, somebody in PEOPLE.items()}
        introduce(people)
        for title, kind, owner in ORGANISATIONS:
            if not Organisation.objects.filter(name=title).exists():
                Organisation.objects.create(name=title, kind=kind)
            join(title, people[owner], Membership.Role.OWNER)
        for title, name, role in MEMBERS:
            join(title, people[name], role)
        verify(until=date(local(now).year + 1, 12, 31))
        give_role(people["onni"], VenueRole.Role.MANAGER, [*SCHOOLS, *OTHER_HOUSES])
        give_role(people["caretaker"], VenueRole.Role.CARETAKER, SCHOOLS)
    if not Occupancy.objects.filter(booking__isnull=False, ends_at__gt=now).exists():
        with bookings.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                book(row, people[row["who"]], now=now)
        demo_season.load(called(CLUB_OF_MINORS), called(RIVALS), people, now=now)
    if not Closure.objects.exists():
        repair(by=people["onni"], now=now)
    close_at_christmas(now=now)


def account(name: str, somebody: Person) -> User:
    email = email_of(name)
    user = User.objects.filter(email=email).first()
    if user is None:
        is_admin = name == "admin"
        user = User.objects.create_user(email, name=somebody.name, is_staff=is_admin, is_superuser=is_admin)
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def introduce(people: Mapping[str, User]) -> None:
    """Say once of the demo's people what some rules ask: when they were born, and who lives here."""
    ids = {name: person.pk for name, person in people.items()}
    unasked = User.objects.filter(pk__in=ids.values(), born_on=None)
    unasked.filter(pk__in=[ids[name] for name in RESIDENTS]).update(is_resident=True)
    unasked.update(born_on=BORN_ON)


def called(title: str) -> Organisation:
    """Return the demo's own organisation of a name: visitors may have made others."""
    return Organisation.objects.filter(name=title).earliest("pk")


def join(title: str, user: User, role: Membership.Role) -> None:
    Membership.objects.get_or_create(user=user, organisation=called(title), defaults={"role": role})


def verify(*, until: date) -> None:
    """Let the city have price groups, and know of which club most are under 18, until it says otherwise."""
    for code, *names in PRICE_GROUPS:
        PriceGroup.objects.get_or_create(
            code=code, defaults=dict(zip(in_all_languages("name"), names, strict=True))
        )
    club = Organisation.objects.filter(pk=called(CLUB_OF_MINORS).pk)
    club.filter(minors_percent=None).update(minors_percent=MINORS_PERCENT, minors_verified_until=until)
    club.filter(price_group=None).update(
        price_group=PriceGroup.objects.get(code="minors"), price_group_verified_until=until
    )


def give_role(user: User, role: VenueRole.Role, keys: list[str]) -> None:
    VenueRole.objects.bulk_create(
        [VenueRole(venue=venue, user=user, role=role) for venue in Venue.objects.filter(key__in=keys)],
        ignore_conflicts=True,
    )


def book(row: Mapping[str, str], customer: User, *, now: datetime) -> None:
    """Book a row's turns, in as many weeks as it says; a week in which it is refused is passed over."""
    wishes = wishes_of(row, customer, now=now)
    for _ in range(int(row["weeks"])):
        for wish in wishes:
            who = asker(customer, wish.organisation, today=local(now).date())
            # Holidays, or somebody has closed the space: a demo is to be played with.
            if not judging.judge(wish, asker=who, now=now).problems:
                with suppress(Refused):
                    lifecycle.book(wish, customer=customer, now=now)
                break


def wishes_of(row: Mapping[str, str], customer: User, *, now: datetime) -> Iterator[Wish]:
    """Yield the same turn week after week."""
    space = Space.objects.select_related("terms").get(venue__key=row["venue_key"], key=row["space_key"])
    for week in range(int(row["first_week"]), MOST_WEEKS_AHEAD):
        day = nth(int(row["iso_weekday"]), week, after=local(now).date())
        yield Wish(
            space,
            at(day, time.fromisoformat(row["opens"])),
            at(day, time.fromisoformat(row["closes"])),
            purpose=row["purpose"],
            main_purpose=Purpose.objects.get(code=row["main_purpose"]),
            attendees=int(row["attendees"]),
            organisation=Organisation.objects.active().filter(members=customer).first(),
            adult_name=customer.name,
            adult_phone="040 123 4567",
            accepted_terms=space.terms.versions.first() if space.terms else None,
        )


def nth(weekday: int, week: int, *, after: date) -> date:
    """Return the first such weekday after a date, or the one so many weeks later."""
    tomorrow = after + timedelta(days=1)
    return tomorrow + timedelta(days=(weekday - tomorrow.isoweekday()) % 7 + 7 * week)


def repair(*, by: User, now: datetime) -> None:
    """Close a gym for repairs, around the second booking in it: that one stays, and is a hole."""
    gym = Space.objects.get(venue__key=GYM_IN_REPAIR, part_of=None)
    second = Occupancy.objects.filter(hall=gym, booking__isnull=False, starts_at__gt=now).order_by(
        "starts_at"
    )[1:2]
    first_day = local(second[0].starts_at).date() if second else nth(1, 1, after=local(now).date())
    closures.close(
        WishedClosure(
            [gym],
            at(first_day, time(8)),
            at(first_day + timedelta(days=12), time(22)),
            reason={
                "reason_fi": "Lattian kunnostus",
                "reason_sv": "Golvet renoveras",
                "reason_en": "The floor is repaired",
            },
        ),
        by=by,
        now=now,
    )


def close_at_christmas(*, now: datetime) -> None:
    """Let the playpark be closed between Christmas and New Year, unless somebody has said otherwise."""
    park = Venue.objects.select_related("timetable").get(key=PLAYPARK)
    if park.timetable.exceptions.exists():
        return
    hours.change_days(
        park.timetable,
        [date(local(now).year, 12, day) for day in range(27, 32)],
        [],
        reason={
            "reason_fi": "Suljettu joulun ja uudenvuoden välissä",
            "reason_sv": "Stängt mellan jul och nyår",
            "reason_en": "Closed between Christmas and New Year",
        },
        now=now,
    )
