"""Whatever the rules: what is shown can be booked, and what can be booked is shown, minute by minute."""

from datetime import date, time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.free_city import City, taken_back
from tests.naive import DAY, HOUR

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
    one_of("quotas", (1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 2, 0), (0, 0, 1), (0, 0, 3), (1, 2, 4)),
    one_of("quotas", (1, 0, 0), (0, 2, 0), (2, 3, 0)),
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
    st.sampled_from(["stranger", "aino", "aino", "club", "club", "minors", "school"]),
    st.sampled_from(["first_free", "price", "coverage"]),
)


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
