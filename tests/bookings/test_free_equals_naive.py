"""Whatever the rules: what is shown can be booked, and what can be booked is shown, minute by minute."""

from contextlib import contextmanager
from datetime import date, time, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Organisation, User
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
from venues.problems import Refused

pytestmark = pytest.mark.django_db

# Before an ordinary week, Easter and the spring change, the autumn change, a new season, New Year in the
# middle of week 53, Midsummer, and a new season again.
EVES = [
    date(2027, 2, 1),
    date(2027, 3, 25),
    date(2027, 10, 29),
    date(2027, 5, 30),
    date(2026, 12, 30),
    date(2027, 6, 23),
    date(2027, 8, 30),
]
TODAY = DAY  # the world begins a day before the eve, as the stored openings do
WEEKS_END = 8 * DAY  # nobody asks about later days; whole days may reach to them

midnight = time(0)
hours = st.sampled_from(
    [
        (midnight, midnight),
        (time(8), time(22)),
        (time(9, 10), time(20, 40)),
        (time(17, 35), time(2, 10)),
        (time(22), time(2)),
        (time(16), time(18)),
        (time(18), midnight),
    ]
)
whom = st.sampled_from(
    [["everyone"]] * 4
    + [["residents"], ["associations", "residents"], ["minors"], ["venue"], ["venue", "minors"]]
).map(frozenset)
weekdays = st.sampled_from([range(1, 8), range(1, 8), range(1, 6), (6, 7), (7,), (1, 3, 5)]).map(frozenset)
offsets = st.integers(-3, 9)
rules = st.fixed_dictionaries(
    {
        "weekdays": weekdays,
        "hours": hours,
        "season": st.sampled_from([None, None, None, (901, 601), (602, 831), (1220, 110)]),
        "valid": st.sampled_from([(None, None), (None, None), (2, None), (None, 3), (1, 4)]),
        "weeks": st.sampled_from([(1, ""), (1, ""), (2, ""), (1, "odd"), (1, "even")]),
        "terms": st.sampled_from(["", "", "in_term", "outside_term"]),
        "on_holidays": st.sampled_from(["closed", "as_sunday", "normal"]),
        "open_to": whom,
    }
)
exceptions = st.tuples(offsets, st.one_of(st.none(), hours), whom)
# Most places are open on most days, so that there is something to find.
usual_rule = st.fixed_dictionaries(
    {
        "weekdays": st.just(frozenset(range(1, 8))),
        "hours": hours,
        "season": st.none(),
        "valid": st.just((None, None)),
        "weeks": st.just((1, "")),
        "terms": st.just(""),
        "on_holidays": st.just("normal"),
        "open_to": st.just(frozenset(["everyone"])),
    }
)
timetables = st.tuples(
    st.one_of(st.tuples(usual_rule), st.tuples(usual_rule, rules), st.lists(rules, min_size=2, max_size=5)),
    st.lists(exceptions, max_size=3),
)

USUAL = {
    "start": (30, 0),
    "is_whole_day": False,
    "lengths": (30, 12 * HOUR),
    "bookable_when": "any",
    "notice": 0,
    "notice_weekdays": 0,
    "notice_by": time(12),
    "ahead": 300 * DAY,
    "ahead_until": None,
    "who_may_book": frozenset(["everyone"]),
    "min_age": 0,
    "quotas": (0, 0, 0),
}


def one_of(name, *values):
    return st.sampled_from(values).map(lambda value: {name: value})


# A few rules at a time: under all of them at once, nobody could book anything.
unusual = st.one_of(
    one_of("start", (5, 0), (15, 0), (20, 0), (30, 20), (60, 0), (60, 45)),
    one_of("start", (45, None), (50, None), (90, None), (7, None)),  # counted from the opening
    one_of("is_whole_day", True),
    one_of("lengths", (5, 12 * HOUR), (60, 90), (90, 3 * DAY)),
    one_of("bookable_when", "evenings", "weekends", "both"),
    one_of("notice", 5 * HOUR, 30 * HOUR),
    st.tuples(one_of("notice_weekdays", 1, 2, 10), one_of("notice_by", time(12), time(7, 13), time(16))).map(
        lambda pair: pair[0] | pair[1]
    ),
    one_of("ahead", DAY, 3 * DAY),
    one_of("ahead_until", 2, 5),
    whom.map(lambda names: {"who_may_book": names}),
    one_of("min_age", 18),
    st.tuples(*[st.sampled_from([0, 1, 2])] * 3).map(lambda quotas: {"quotas": quotas}),
)


def together(changes):
    return {name: value for change in (USUAL, *changes) for name, value in change.items()}


policies = st.lists(unusual, max_size=3).map(together)
buffers = st.sampled_from([(0, 0), (0, 0), (30, 0), (15, 45)])
taken = st.tuples(
    st.integers(0, 5),
    st.integers(DAY, WEEKS_END),
    st.sampled_from([60, 90, 120, 601, 26 * HOUR]),
    st.sampled_from(["aino", "aino", "aino", "club", "club", "mikael", "closed", "cancelled", "released"]),
)
windows = st.lists(
    st.tuples(
        st.integers(0, WEEKS_END // HOUR - 1),
        st.sampled_from([2 * HOUR, 4 * HOUR, 14 * HOUR, DAY]),
        st.integers(0, 59),
    ).map(lambda asked: (asked[0] * HOUR + asked[2], asked[0] * HOUR + asked[1] + asked[2])),
    min_size=1,
    max_size=5,
)
questions = st.tuples(
    windows,
    st.sampled_from([None, None, 60, 90, 125]),
    st.sampled_from(["stranger", "aino", "club", "minors", "school"]),
    st.sampled_from(["first_free", "price", "coverage"]),
)


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


def compare(eve, now, school_term, timetables, policies, buffers, aino, taken, questions, random):
    with taken_back():
        city = City(eve, now, school_term, timetables, policies, buffers, aino)
        for one in taken:
            city.take(*one)
        for question in questions:
            city.ask(*question, random)


cities = given(
    eve=st.sampled_from(EVES),
    now=st.sampled_from([7 * HOUR + 13, 12 * HOUR, 12 * HOUR + 1, 19 * HOUR]),
    school_term=st.sampled_from([((-60, 4), (2, 3)), ((3, 90), (5, 12)), ((-60, 60), (-30, -20))]),
    timetables=st.tuples(*[timetables] * 3),
    policies=st.lists(policies, min_size=6, max_size=6),
    buffers=buffers,
    aino=st.fixed_dictionaries(
        {
            "is_resident": st.booleans(),
            "born_on": st.sampled_from(
                [None, date(1980, 2, 29), date(2009, 2, 4), date(2009, 5, 31), date(2012, 1, 1)]
            ),
        }
    ),
    taken=st.lists(taken, min_size=4, max_size=20),
    questions=st.lists(questions, min_size=3, max_size=5),
    random=st.randoms(use_true_random=False),
)
patient = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=10, derandomize=True, phases=[Phase.generate], **patient)
@cities
def test_what_is_shown_is_what_can_be_booked(**city):
    compare(**city)


@pytest.mark.proof
@settings(max_examples=300, print_blob=True, **patient)
@cities
def test_what_is_shown_is_what_can_be_booked_in_many_cities(**city):
    compare(**city)
