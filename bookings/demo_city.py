"""The demo's people, what they look after and what they have booked, relative to today."""

import csv
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.demo import PEOPLE, Person, email_of
from accounts.models import Membership, Organisation, User
from venues.clock import at, local
from venues.models import Space, Venue, VenueRole
from venues.problems import Refused

from . import lifecycle
from .models import Occupancy
from .wishes import Wish

# Name, kind, and the person who owns it.
ORGANISATIONS = [
    ("Hertsikan naapurit ry", Organisation.Kind.ASSOCIATION, "aino"),
    ("Idän Sähly ry", Organisation.Kind.CLUB, "mikael"),
    ("Voimisteluseura Notkea ry", Organisation.Kind.CLUB, "sari"),
]
SCHOOLS = [
    "school-03005",  # Hertsikan ala-aste: three sections
    "school-03664",  # Herttoniemenrannan ala-asteen koulu: two
    "school-03035",  # Porolahden peruskoulu: two
    "school-03040",  # Roihuvuoren ala-asteen koulu
    "school-03016",  # Kulosaaren ala-asteen koulu
    "school-03045",  # Tahvonlahden ala-aste: two
]
OTHER_HOUSES = ["tprek-199", "youth-roihuvuoren-nuorisotalo"]  # Leikkipuisto Hilleri is one


def load(bookings: Path, *, now: datetime) -> None:
    """Bring the demo's people and their roles up to date; book if nothing is booked from now on.

    `bookings` is a CSV file of what to book: on the first such weekday from tomorrow on, or weeks later.
    """
    with transaction.atomic():
        people = {name: account(name, somebody) for name, somebody in PEOPLE.items()}
        for title, kind, owner in ORGANISATIONS:
            organisation, _ = Organisation.objects.get_or_create(name=title, defaults={"kind": kind})
            Membership.objects.get_or_create(
                user=people[owner], organisation=organisation, defaults={"role": Membership.Role.OWNER}
            )
        give_role(people["onni"], VenueRole.Role.MANAGER, [*SCHOOLS, *OTHER_HOUSES])
        give_role(people["caretaker"], VenueRole.Role.CARETAKER, SCHOOLS)
    if not Occupancy.objects.filter(closure=None, ends_at__gt=now).exists():
        with bookings.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                book(row, people[row["who"]], now=now)


def account(name: str, somebody: Person) -> User:
    email = email_of(name)
    user = User.objects.filter(email=email).first()
    if user is None:
        is_admin = name == "admin"
        user = User.objects.create_user(email, name=somebody.name, is_staff=is_admin, is_superuser=is_admin)
        EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def give_role(user: User, role: VenueRole.Role, keys: list[str]) -> None:
    VenueRole.objects.bulk_create(
        [VenueRole(venue=venue, user=user, role=role) for venue in Venue.objects.filter(key__in=keys)],
        ignore_conflicts=True,
    )


def book(row: Mapping[str, str], customer: User, *, now: datetime) -> None:
    space = Space.objects.get(venue__key=row["venue_key"], key=row["space_key"])
    for week in range(int(row["weeks"])):
        day = nth(int(row["iso_weekday"]), int(row["first_week"]) + week, after=local(now).date())
        wish = Wish(
            space,
            at(day, time.fromisoformat(row["opens"])),
            at(day, time.fromisoformat(row["closes"])),
            purpose=row["purpose"],
            attendees=int(row["attendees"]),
            organisation=Organisation.objects.filter(members=customer).first(),
        )
        with suppress(Refused):  # somebody has closed the space, say: the demo is there to be played with
            lifecycle.book(wish, customer=customer, now=now)


def nth(weekday: int, week: int, *, after: date) -> date:
    """Return the first such weekday after a date, or the one so many weeks later."""
    tomorrow = after + timedelta(days=1)
    return tomorrow + timedelta(days=(weekday - tomorrow.isoweekday()) % 7 + 7 * week)
