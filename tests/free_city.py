"""A city twice, in the product and as a model that looks at every minute, and what is asked of both."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction

from accounts.models import Organisation, User
from accounts.problems import Refused
from bookings import availability, judging, lifecycle, occupancies
from bookings.models import Booking, Status
from bookings.wishes import Wish
from tests import naive
from tests.factories import create_closure, create_gym, create_space, create_venue
from tests.naive import DAY, HOUR
from tests.naive_free import Days, Person, Room
from venues import audiences, city_calendar, openings
from venues.clock import at
from venues.models import OpeningException, OpeningRule, SchoolPeriod, Space, Timetable
from venues.opening_hours import Calendar, Exceptional, Rule

TODAY = DAY  # the world begins a day before the eve, as the stored openings do


class City:
    """A school with a gym of four spaces and a room with its own hours, a park with one; and the model."""

    def __init__(self, eve, now, school_term, timetables, policies, buffers, aino):
        self.eve = eve
        first, last = eve - timedelta(days=1), eve + timedelta(days=16)
        term, holiday = (tuple(eve + timedelta(days=n) for n in ends) for ends in school_term)
        for kind, days in (("term", term), ("break", holiday)):
            SchoolPeriod.objects.create(kind=kind, name_fi=kind, first=days[0], last=days[1])
        holidays = {day for year in (first.year, last.year) for day in city_calendar.holidays_of(year)}
        self.world = Days(
            at(first), 17 * DAY, now=TODAY + now, calendar=Calendar(frozenset(holidays), (term,), (holiday,))
        )
        self.make_people(**aino)
        self.make_spaces(timetables, policies, buffers)

    # --- People ------------------------------------------------------------------------------

    def make_people(self, is_resident, born_on):
        self.aino, self.mikael = (
            User.objects.create_user(f"{name}@example.org", name=name, **facts)
            for name, facts in (("aino", {"is_resident": is_resident, "born_on": born_on}), ("mikael", {}))
        )
        self.organisations = {
            "club": Organisation.objects.create(name="Seura", kind="club"),
            "minors": Organisation.objects.create(
                name="Juniorit", kind="club", minors_percent=90, minors_verified_until=self.eve
            ),
            "school": Organisation.objects.create(name="Koulu", kind="city"),
        }
        everyone = {"everyone"}
        resident = everyone | ({"residents"} if is_resident else set())
        ids = {name: organisation.pk for name, organisation in self.organisations.items()}
        self.people = {
            "stranger": Person(),
            "aino": Person(frozenset(resident), "aino", None, born_on),
            "club": Person(frozenset(everyone | {"associations"}), "club", ids["club"], born_on),
            "minors": Person(
                frozenset(everyone | {"associations", "minors"}), "minors", ids["minors"], born_on
            ),
            "school": Person(frozenset(everyone), "school", ids["school"], born_on),
        }

    def asker(self, who):
        if who == "stranger":
            return audiences.STRANGER
        return audiences.asker(self.aino, self.organisations.get(who), today=self.eve)

    # --- Places ------------------------------------------------------------------------------

    def make_spaces(self, said, policies, buffers):
        school = create_venue(run_by=self.organisations["school"])
        park = create_venue()
        own = Timetable.objects.create()
        self.spaces = [
            *create_gym(venue=school),
            create_space(venue=school, timetable=own),
            create_space(venue=park),
        ]
        kept = [school.timetable, own, park.timetable]
        open_to = [self.say(timetable, *rest) for timetable, rest in zip(kept, said, strict=True)]
        openings.rebuild_all(kept, today=self.eve)
        gym, room, meadow = naive.Hall(*buffers), naive.Hall(), naive.Hall()
        run_by = self.organisations["school"].pk
        self.world.spaces = [
            *(
                Room(gym, floor, bytearray(), venue="school", run_by=run_by, open_to=open_to[0])
                for floor in ({0, 1, 2}, {0}, {1}, {0, 2})
            ),
            Room(room, {0}, bytearray(), venue="school", run_by=run_by, open_to=open_to[1]),
            Room(meadow, {0}, bytearray(), venue="park", open_to=open_to[2]),
        ]
        for number, policy in enumerate(policies):
            self.set_policy(number, **policy)
        Space.objects.filter(pk=self.spaces[0].pk).update(
            setup_minutes=buffers[0], cleanup_minutes=buffers[1]
        )
        Space.objects.filter(pk=self.spaces[5].pk).update(payment="before")
        self.spaces = [Space.objects.with_place().get(pk=space.pk) for space in self.spaces]

    def say(self, timetable, rules, exceptions):
        """Let a timetable have rules and exceptions, and return for whom each minute is open."""
        plain = [self.plain_rule(**rule) for rule in rules]
        dated = {
            (number, hours and hours[0]): Exceptional(
                self.eve + timedelta(days=number), *(hours or (None, None)), open_to
            )
            for number, hours, open_to in exceptions
        }
        for rule in plain:
            facts = vars(rule) | {
                "weekdays": sorted(rule.weekdays),
                "open_to": sorted(rule.open_to),
                "season_from": rule.season and rule.season[0],
                "season_until": rule.season and rule.season[1],
            }
            del facts["season"]
            OpeningRule.objects.create(timetable=timetable, **facts)
        for one in dated.values():
            OpeningException.objects.create(
                timetable=timetable, **vars(one) | {"open_to": sorted(one.open_to)}
            )
        return self.world.opened(plain, list(dated.values()))

    def plain_rule(self, weekdays, hours, season, valid, weeks, terms, on_holidays, open_to):
        valid_from, valid_until = (
            None if number is None else self.eve + timedelta(days=number) for number in valid
        )
        return Rule(
            weekdays,
            *hours,
            season=season,
            valid_from=valid_from,
            valid_until=valid_until,
            every_weeks=weeks[0],
            weeks_from=self.eve if weeks[0] > 1 else None,
            week_parity=weeks[1],
            terms=terms,
            on_holidays=on_holidays,
            open_to=open_to,
        )

    def set_policy(self, number, start, lengths, quotas, ahead_until, **policy):
        step, minute = start
        shortest, longest = lengths
        until = None if ahead_until is None else self.eve + timedelta(days=ahead_until)
        quota_day, quota_week, quota_season = quotas
        same = {name: policy[name] for name in policy if name not in {"notice", "ahead"}} | {
            "start_minute": minute or 0,
            "ahead_until": until,
            "quota_day": quota_day,
            "quota_week": quota_week,
            "quota_season": quota_season,
        }
        vars(self.world.spaces[number]).update(
            same,
            step=step,
            shortest=shortest,
            longest=longest,
            notice=policy["notice"],
            ahead=policy["ahead"],
            starts_from_opening=minute is None,
        )
        Space.objects.filter(pk=self.spaces[number].pk).update(
            **same | {"who_may_book": sorted(policy["who_may_book"])},
            start_step=step,
            starts_from="opening" if minute is None else "clock",
            min_minutes=shortest,
            max_minutes=longest,
            notice_hours=policy["notice"] // HOUR,
            ahead_days=policy["ahead"] // DAY,
        )

    # --- What is taken -----------------------------------------------------------------------

    def take(self, number, start, minutes, how):
        """Give time away, whatever the policies: to somebody's booking, or to a closure."""
        model, space = self.world.spaces[number], self.spaces[number]
        end = start + minutes
        is_whose = how in {"aino", "club", "mikael"}
        booking = self.world.wish(model, start, end, customer=how if is_whose else "mikael")
        booking.status = "confirmed" if is_whose or how == "closed" else "cancelled"
        if how == "closed":
            booking.setup = booking.cleanup = 0
        if booking.holds_time and not self.world.is_free(booking):
            return
        self.world.bookings.append(booking)
        instants = self.world.at(start), self.world.at(end)
        if how == "closed":
            booking.customer = None
            create_closure(space, *instants, now=self.world.at(0))
            return
        real = Booking.objects.create(
            space=space,
            customer=self.mikael if how == "mikael" else self.aino,
            organisation=self.organisations.get(how),
            created_at=self.world.at(0),
            status=Status.CANCELLED,
        )
        occupancies.claim(real, space, *instants)
        if how == "released":
            real.dates.update(released_at=self.world.at(0))
        if how != "cancelled":
            Booking.objects.filter(pk=real.pk).update(status=Status.CONFIRMED)

    # --- The same question to both -----------------------------------------------------------

    def ask(self, windows, length, who, order, random):
        if order == "coverage":
            windows = apart(windows)
        expected = [
            self.world.bookable(room, windows, self.people[who], length) for room in self.world.spaces
        ]
        found = self.search(windows, length, who, order)
        assert found == self.search(windows, length, who, order, in_few_halls=True)
        rows = {row.space_id: row for row in found.page}
        assert found.total == len(rows) == sum(map(bool, expected))
        for number, bookable in enumerate(expected):
            shown = self.shown(number, rows.get(self.spaces[number].pk), length)
            assert shown == bookable
            if order == "coverage" and bookable:
                row = rows[self.spaces[number].pk]
                assert row.windows == self.covered(number, windows, bookable, length)
            self.book_some(number, sorted(bookable), who, random)
            self.be_refused(number, windows, bookable, length, who, random)
        self.check_order(found.page, order)

    def search(self, windows, length, who, order, **how):
        return availability.free(
            Space.objects.filter(pk__in=[space.pk for space in self.spaces]),
            [tuple(map(self.world.at, window)) for window in windows],
            now=self.world.at(self.world.now),
            asker=self.asker(who),
            length=length and timedelta(minutes=length),
            order=order,
            **how,
        )

    def shown(self, number, row, length):
        """Return every booking that an answer stands for."""
        if row is None:
            return set()
        stretches = [tuple(map(self.world.since_it_began, stretch)) for stretch in row.stretches]
        assert stretches == sorted(stretches)
        assert row.first_free == row.stretches[0][0]
        if row.is_whole_day:
            return set(stretches)
        room = self.world.spaces[number]
        length = length or room.shortest
        return {
            (start, start + length)
            for first, until in stretches
            for start in range(first, until - length + 1, room.step)
        }

    def covered(self, number, windows, bookable, length):
        if self.world.spaces[number].is_whole_day:
            return tuple(
                place
                for place, (first, last) in enumerate(windows)
                if any(min(end, last) - max(start, first) >= (length or 1) for start, end in bookable)
            )
        return tuple(
            place
            for place, (first, last) in enumerate(windows)
            if any(first <= start and end <= last for start, end in bookable)
        )

    def check_order(self, page, order):
        payments = {space.pk: space.payment != "free" for space in self.spaces}
        before = {
            "first_free": lambda row: (),
            "price": lambda row: payments[row.space_id],
            "coverage": lambda row: -len(row.windows),
        }[order]
        assert page == sorted(page, key=lambda row: (before(row), row.first_free, row.space_id))

    # --- What comes of it --------------------------------------------------------------------

    def book_some(self, number, bookable, who, random):
        """The first, the last and any other can be booked, each for itself."""
        if not bookable:
            return
        for start, end in {bookable[0], bookable[-1], random.choice(bookable)}:
            wish = self.wish(number, start, end, who)
            now = self.world.at(self.world.now)
            assert judging.judge(wish, asker=self.asker(who), now=now).problems == []
            if who == "stranger" or (self.aino.born_on is None and self.spaces[number].min_age):
                continue  # one signs in, and says how old one is, before one books
            with taken_back():
                booking = lifecycle.book(wish, customer=self.aino, now=now)
                assert booking.status in {Status.CONFIRMED, Status.AWAITING_PAYMENT}

    def be_refused(self, number, windows, bookable, length, who, random):
        """What is not shown is refused, and it is said why."""
        length = length or self.world.spaces[number].shortest
        for _number in range(3):
            first, last = random.choice(windows)
            start = random.randrange(first, last) // 5 * 5
            if start < first or start + length > last or (start, start + length) in bookable:
                continue
            with taken_back(), pytest.raises(Refused) as refusal:
                self.judge(self.wish(number, start, start + length, who), who)
            assert refusal.value.codes

    def judge(self, wish, who):
        judgement = judging.judge(wish, asker=self.asker(who), now=self.world.at(self.world.now))
        if judgement.problems:
            raise Refused(*judgement.problems)

    def wish(self, number, start, end, who):
        return Wish(
            self.spaces[number],
            self.world.at(start),
            self.world.at(end),
            organisation=self.organisations.get(who),
        )


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def apart(windows):
    """Leave out windows that overlap or touch another before them."""
    found = []
    for window in sorted(windows):
        if not found or found[-1][1] < window[0]:
            found.append(window)
    return found
