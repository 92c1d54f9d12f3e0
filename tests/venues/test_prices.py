"""What spaces cost: worked by hand from the real price tables, and what holds of any price."""

from datetime import date
from typing import Any, NamedTuple

import pytest
from django.db import transaction

from accounts.problems import Refused
from tests import factories
from tests.venues.price_city import City, build
from venues.prices import Line, Priced, lines_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker) -> City:
    """The lists of `fixtures/helsinki/prices` and spaces that they price, read once into memory."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = build()
        transaction.set_rollback(True)
    return found


class Total(NamedTuple):
    net: int
    vat: int
    gross: int


def ask(city: City, where: str, start: str, end: str, **who: Any) -> list[Line]:
    """Price "2027-02-06 10:00" to "13:00", or to another day; `who` names group, purpose, kind and extras."""
    day, opens = start.split()
    until, closes = end.split() if " " in end else (day, end)
    wish = Priced(
        city.spaces[where],
        factories.hour(opens, day=date.fromisoformat(day)),
        factories.hour(closes, day=date.fromisoformat(until)),
        price_group_id=city.groups[who["group"]] if "group" in who else None,
        purpose_id=city.purposes[who["purpose"]] if "purpose" in who else None,
        organisation_kind=who.get("kind", ""),
        add_ons=who.get("add_ons", ()),
    )
    return lines_of(wish, city.tables)


CLUB = {"kind": "club", "purpose": "sports"}
COMPANY = {"kind": "company", "purpose": "sports"}
ASSOCIATION = {"kind": "association", "group": "associations"}
MINORS = {"kind": "club", "group": "minors"}

# Where, from when, to when, who asks; the gross of each line; net, VAT and gross of all, in cents.
# Prices of the playparks and of Tampere include VAT: gross = hours × price, net = gross / (1 + rate).
# Prices of the gyms do not: net = hours × price, VAT = net × rate. On 1.1.2026 sport went from 14 to 13.5 %.
EXAMPLES = [
    # --- A playpark's room: 13.52 and 20.34 an hour, 25.5 % ---------------------------------------
    # Sat 3 h × 20.34 = 61.02; / 1.255 = 48.621
    ("park", "2027-02-06 10:00", "13:00", {}, [6102], Total(4862, 1240, 6102)),
    # Fri 1.5 h × 13.52 = 20.28; / 1.255 = 16.159
    ("park", "2027-02-05 18:00", "19:30", {}, [2028], Total(1616, 412, 2028)),
    # Sat 20 min: 20.34 / 3 = 6.78; / 1.255 = 5.402
    ("park", "2027-02-06 10:00", "10:20", {}, [678], Total(540, 138, 678)),
    # Fri 50 min: 13.52 × 5/6 = 11.2667 → 11.27; / 1.255 = 8.980
    ("park", "2027-02-05 18:00", "18:50", {}, [1127], Total(898, 229, 1127)),
    # Good Friday as Sunday: 2 h × 20.34 = 40.68; / 1.255 = 32.414
    ("park", "2027-03-26 10:00", "12:00", {}, [4068], Total(3241, 827, 4068)),
    # Easter Monday: 1 h × 20.34; / 1.255 = 16.207
    ("park", "2027-03-29 10:00", "11:00", {}, [2034], Total(1621, 413, 2034)),
    # Christmas Eve, a Friday: 2 h × 20.34
    ("park", "2027-12-24 10:00", "12:00", {}, [4068], Total(3241, 827, 4068)),
    # Fri 22 to Sat 2: 2 h × 13.52 = 27.04 (21.546) and 2 h × 20.34 = 40.68 (32.414)
    ("park", "2027-02-05 22:00", "2027-02-06 02:00", {}, [2704, 4068], Total(5396, 1376, 6772)),
    # Sun 22 to Mon 1: 2 h × 20.34 = 40.68 (32.414) and 1 h × 13.52 (10.773)
    ("park", "2027-02-07 22:00", "2027-02-08 01:00", {}, [4068, 1352], Total(4318, 1102, 5420)),
    # Clocks go forward at 3: from 2 to 5 two hours pass. 2 h × 20.34
    ("park", "2027-03-28 02:00", "05:00", {}, [4068], Total(3241, 827, 4068)),
    # That whole day: 23 h × 20.34 = 467.82; / 1.255 = 372.765
    ("park", "2027-03-28 00:00", "2027-03-29 00:00", {}, [46782], Total(37276, 9506, 46782)),
    # Clocks go back at 4: from 2 to 5 four hours pass. 4 h × 20.34 = 81.36; / 1.255 = 64.829
    ("park", "2027-10-31 02:00", "05:00", {}, [8136], Total(6483, 1653, 8136)),
    # That whole day: 25 h × 20.34 = 508.50; / 1.255 = 405.179
    ("park", "2027-10-31 00:00", "2027-11-01 00:00", {}, [50850], Total(40518, 10332, 50850)),
    # Free for the Education Division, and for early-childhood work
    ("park", "2027-02-06 10:00", "13:00", {"group": "education"}, [0], Total(0, 0, 0)),
    ("park", "2027-02-06 10:00", "13:00", {"purpose": "early_childhood"}, [0], Total(0, 0, 0)),
    # … but not for other uses: 61.02
    ("park", "2027-02-06 10:00", "13:00", {"purpose": "party"}, [6102], Total(4862, 1240, 6102)),
    # Sat 61.02 (48.621) and cleaning 40.00 (31.873)
    ("park", "2027-02-06 10:00", "13:00", {"add_ons": ("cleaning",)}, [6102, 4000], Total(8049, 2053, 10102)),
    # Fri 2 h × 13.52 = 27.04 (21.546), cleaning 40.00 (31.873), tableware 10.00 (7.968)
    (
        "park",
        "2027-02-05 18:00",
        "20:00",
        {"add_ons": ("cleaning", "tableware")},
        [2704, 4000, 1000],
        Total(6139, 1565, 7704),
    ),
    # --- School gyms, without VAT -----------------------------------------------------------------
    # A club's sport, 500 m², self-supervised: 1.5 h × 26.32 = 39.48; 13.5 % 5.330
    ("gym", "2027-02-02 18:00", "19:30", CLUB, [4481], Total(3948, 533, 4481)),
    # A third of it: 1.5 h × 8.77 = 13.155 → 13.16; 13.5 % 1.777
    ("gym third", "2027-02-02 18:00", "19:30", CLUB, [1494], Total(1316, 178, 1494)),
    # Two thirds that do not touch: 1.5 h × 17.55 = 26.325 → 26.33; 13.5 % 3.555 (of the rounded net: 3.554…)
    ("gym two thirds", "2027-02-02 18:00", "19:30", CLUB, [2988], Total(2633, 355, 2988)),
    # Half of a gym of two halves: 1.5 h × 13.16 = 19.74; 13.5 % 2.665
    ("gym half", "2027-02-02 18:00", "19:30", CLUB, [2240], Total(1974, 266, 2240)),
    # A company's sport is taxed at 25.5 %: 26.32; 6.712
    (
        "gym",
        "2027-02-02 18:00",
        "19:00",
        {"kind": "company", "purpose": "sports"},
        [3303],
        Total(2632, 671, 3303),
    ),
    # A person's party: 2 h × 26.32 = 52.64, weekend like weekday; 25.5 % 13.423
    ("gym", "2027-02-06 10:00", "12:00", {"purpose": "party"}, [6606], Total(5264, 1342, 6606)),
    # A person's sport: 26.32; 13.5 % 3.553
    ("gym", "2027-02-06 10:00", "11:00", {"purpose": "sports"}, [2987], Total(2632, 355, 2987)),
    # Under 400 m² with an evening guard, Tue: 2 h × 30.84 = 61.68; 8.327
    ("guarded gym", "2027-02-02 18:00", "20:00", CLUB, [7001], Total(6168, 833, 7001)),
    # … Sat: 2 h × 46.55 = 93.10; 12.569
    ("guarded gym", "2027-02-06 10:00", "12:00", CLUB, [10567], Total(9310, 1257, 10567)),
    # … Fri 23 to Sat 1: 30.84 (4.163) and 46.55 (6.284)
    ("guarded gym", "2027-02-05 23:00", "2027-02-06 01:00", CLUB, [3500, 5283], Total(7739, 1044, 8783)),
    # … May Day's Eve to May Day 2028, Sun to Mon: both as Sunday. 46.55 twice, on two days: two lines
    ("guarded gym", "2028-04-30 23:00", "2028-05-01 01:00", CLUB, [5283, 5283], Total(9310, 1256, 10566)),
    # Exactly 400 m²: 37.10; 5.009
    ("gym of 400", "2027-02-02 18:00", "19:00", CLUB, [4211], Total(3710, 501, 4211)),
    # New Year 2025: Tue 26.32 at 10 % (2.632) and Wed 26.32 at 14 % (3.685)
    ("gym", "2024-12-31 23:00", "2025-01-01 01:00", CLUB, [2895, 3000], Total(5264, 631, 5895)),
    # New Year 2026: Wed 30.84 at 14 % (4.318) and a holiday 46.55 at 13.5 % (6.284)
    ("guarded gym", "2025-12-31 23:00", "2026-01-01 01:00", CLUB, [3516, 5283], Total(7739, 1060, 8799)),
    # --- Tampere, with VAT: / 1.135 ---------------------------------------------------------------
    # Juniors of group 1: 1.5 h × 22.30 = 33.45 (29.471)
    ("tampere", "2027-02-02 18:00", "19:30", MINORS, [3345], Total(2947, 398, 3345)),
    # Adults of group 2: 1.5 h × 46.65 = 69.975 → 69.98 (61.656)
    ("tampere", "2027-02-02 18:00", "19:30", {}, [6998], Total(6166, 832, 6998)),
    # Adults' games, group 1: 8 h × 32.95 = 263.60 (232.247)
    (
        "tampere",
        "2027-02-06 10:00",
        "18:00",
        ASSOCIATION | {"purpose": "performance"},
        [26360],
        Total(23225, 3135, 26360),
    ),
    # A third, group 1: 1.5 h × 14.30 = 21.45 (18.899)
    ("tampere third", "2027-02-02 18:00", "19:30", ASSOCIATION, [2145], Total(1890, 255, 2145)),
    # A third, group 2: 2 h × 26.75 = 53.50 (47.137)
    ("tampere third", "2027-02-02 18:00", "20:00", {}, [5350], Total(4714, 636, 5350)),
    # A party: 400.00 an event (352.423), however long
    ("tampere school", "2027-02-06 12:00", "20:00", {"purpose": "party"}, [40000], Total(35242, 4758, 40000)),
    # … and past midnight it is still one
    (
        "tampere school",
        "2027-02-06 18:00",
        "2027-02-07 01:00",
        {"purpose": "party"},
        [40000],
        Total(35242, 4758, 40000),
    ),
    # A new big hall, group 2: 1.5 h × 96.15 = 144.225 → 144.23 (127.075, of the rounded gross: 127.07…)
    ("tampere hall", "2027-02-02 18:00", "19:30", {}, [14423], Total(12707, 1716, 14423)),
    # --- Houses without charge --------------------------------------------------------------------
    ("resident house", "2027-02-06 10:00", "13:00", {}, [0], Total(0, 0, 0)),
    ("youth house", "2027-02-02 18:00", "19:30", ASSOCIATION, [0], Total(0, 0, 0)),
    # --- What the real tables do not do, with their prices ----------------------------------------
    # From 1.3.2027 5 % more, 14.20 and 21.36. Sun 2 h × 20.34 = 40.68 (32.414), Mon 1 h × 14.20 (11.315)
    ("dearer", "2027-02-28 22:00", "2027-03-01 01:00", {}, [4068, 1420], Total(4372, 1116, 5488)),
    # At most 100 a date: 8 h × 20.34 = 162.72 (129.657), less 62.72 (49.976)
    ("limited", "2027-02-06 10:00", "18:00", {}, [16272, -6272], Total(7968, 2032, 10000)),
    # At least 20: 13.52 (10.773), and 6.48 (5.163)
    ("limited", "2027-02-05 18:00", "19:00", {}, [1352, 648], Total(1593, 407, 2000)),
    # The limit is the date's, whatever days it touches: 4 × 13.52 = 54.08 (43.092), 4 × 20.34 = 81.36
    # (64.829), less 35.44 (28.239)
    ("limited", "2027-02-05 20:00", "2027-02-06 04:00", {}, [5408, 8136, -3544], Total(7968, 2032, 10000)),
    # 10.35 a half-hour begun: 1 h 40 min are four, 41.40; / 1.135 = 36.476
    ("halves", "2027-02-05 18:00", "19:40", {}, [4140], Total(3648, 492, 4140)),
    # … a quarter on each side of midnight are two: 10.35 (9.119) twice
    ("halves", "2027-02-05 23:45", "2027-02-06 00:15", {}, [1035, 1035], Total(1824, 246, 2070)),
    # 96.15 a day: from Sat 18 to Mon 10 are three. 96.15 (84.714) three times
    ("days", "2027-02-06 18:00", "2027-02-08 10:00", {}, [9615] * 3, Total(25413, 3432, 28845)),
    # … until Mon 0.00 are two
    ("days", "2027-02-06 18:00", "2027-02-08 00:00", {}, [9615] * 2, Total(16942, 2288, 19230)),
    # Mon until 17 13.52 (10.773), then 1.5 h × 20.34 = 30.51 (24.311)
    ("bands", "2027-02-01 16:00", "18:30", {}, [1352, 3051], Total(3508, 895, 4403)),
    # Until 7 nothing: 0 €/h, then 1 h × 13.52
    ("bands", "2027-02-01 06:00", "08:00", {}, [0, 1352], Total(1077, 275, 1352)),
    # Autumn's night has 3.30 twice, and a band that ends then ends the first time: 1.5 h × 0, 1.5 h × 13.52
    # = 20.28 (16.159)
    ("nights", "2027-10-31 02:00", "04:00", {}, [0, 2028], Total(1616, 412, 2028)),
    # In spring it ends when the clocks jump over it: 1 h × 0, 1 h × 13.52
    ("nights", "2027-03-28 02:00", "05:00", {}, [0, 1352], Total(1077, 275, 1352)),
    # Winter until 1.6. 20.34 (16.207), summer from 2.6. 13.52 (10.773)
    ("seasons", "2027-06-01 23:00", "2027-06-02 01:00", {}, [2034, 1352], Total(2698, 688, 3386)),
    # A projector by the hour: 1.5 h × 13.52 = 20.28 (16.159) and 1.5 h × 5.00 = 7.50 (5.976)
    ("bands", "2027-02-01 12:00", "13:30", {"add_ons": ("projector",)}, [2028, 750], Total(2214, 564, 2778)),
]


@pytest.mark.parametrize(("where", "start", "end", "who", "grosses", "total"), EXAMPLES)
def test_worked_by_hand(city, where, start, end, who, grosses, total):
    lines = ask(city, where, start, end, **who)

    assert [line.gross_cents for line in lines] == grosses
    assert total == Total(
        sum(line.net_cents for line in lines),
        sum(line.vat_cents for line in lines),
        sum(line.gross_cents for line in lines),
    )
    assert all(line.net_cents + line.vat_cents == line.gross_cents for line in lines)


def test_there_are_forty_and_more():
    assert len(EXAMPLES) >= 40


# --- When nobody can say --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "start", "end", "who", "code"),
    [
        ("gap", "2027-02-05 18:00", "2027-02-06 01:00", {}, "no_price"),  # weekdays only
        ("park", "2019-12-05 18:00", "19:00", {}, "no_price"),  # before the first version
        ("gym without area", "2027-02-05 18:00", "19:00", CLUB, "no_price"),
        ("park", "2020-01-04 10:00", "12:00", {}, "no_vat_rate"),  # what it was then nobody has told
        ("gym", "2023-06-01 18:00", "19:00", CLUB, "no_vat_rate"),
        ("park", "2027-02-06 10:00", "12:00", {"add_ons": ("sauna",)}, "add_on_unknown"),
    ],
)
def test_what_has_no_price_is_refused_and_never_free(city, where, start, end, who, code):
    with pytest.raises(Refused) as refused:
        ask(city, where, start, end, **who)

    assert refused.value.codes == {code}


def test_a_space_without_a_price_list_has_no_lines(city):
    assert ask(city, "no list", "2027-02-06 10:00", "12:00") == []


# --- In words -------------------------------------------------------------------------------------

SENTENCES = [
    (
        ("weekend of associations", "2027-02-06 10:00", "13:00", ASSOCIATION),
        "la 10.00–13.00, viikonloppu, yhdistykset: 3 h × 20,34 €",
        "lör 10.00–13.00, veckoslut, föreningar: 3 h × 20,34 €",
        "Sat 10:00–13:00, weekend, associations: 3 h × €20.34",
    ),
    (
        ("gym third", "2027-02-02 18:00", "19:30", CLUB),
        "ti 18.00–19.30, osa salista, omavalvonta: 1,5 h × 8,77 € + alv 13,5 %",
        "tis 18.00–19.30, del av salen, egen tillsyn: 1,5 h × 8,77 € + moms 13,5 %",
        "Tue 18:00–19:30, part of the hall, self-supervised: 1.5 h × €8.77 + VAT 13.5 %",
    ),
    (
        ("park", "2027-03-26 10:00", "10:20", {}),
        "pe 10.00–10.20, pyhäpäivä: 20 min × 20,34 €/h",
        "fre 10.00–10.20, helgdag: 20 min × 20,34 €/h",
        "Fri 10:00–10:20, public holiday: 20 min × €20.34/h",
    ),
    (
        ("park", "2027-02-06 10:00", "13:00", {"purpose": "early_childhood"}),
        "la 10.00–13.00, varhaiskasvatus: maksuton",
        "lör 10.00–13.00, småbarnspedagogik: avgiftsfritt",
        "Sat 10:00–13:00, early childhood education: free of charge",
    ),
    (
        ("tampere school", "2027-02-06 18:00", "2027-02-07 01:00", {"purpose": "party"}),
        "la 18.00 – su 7.2. 1.00, juhla: 400,00 € varaukselta",
        "lör 18.00 – sön 7.2. 1.00, fest: 400,00 € per bokning",
        "Sat 18:00 – Sun 7 Feb 1:00, party: €400.00 a booking",
    ),
    (
        ("halves", "2027-02-05 18:00", "19:40", {}),
        "pe 18.00–19.40: 4 alkanutta puolituntista × 10,35 €",
        "fre 18.00–19.40: 4 påbörjade halvtimmar × 10,35 €",
        "Fri 18:00–19:40: 4 half-hours begun × €10.35",
    ),
    (
        ("seasons", "2027-02-05 18:00", "19:00", {}),
        "pe 18.00–19.00, 1.9.–1.6.: 1 h × 20,34 €",
        "fre 18.00–19.00, 1.9.–1.6.: 1 h × 20,34 €",
        "Fri 18:00–19:00, 1 Sep–1 Jun: 1 h × €20.34",
    ),
]


@pytest.mark.parametrize(("asked", "fi", "sv", "en"), SENTENCES)
def test_each_line_says_how_it_comes_about(city, asked, fi, sv, en):
    where, start, end, who = asked

    (line,) = ask(city, where, start, end, **who)

    told = {language: text.replace("\N{NO-BREAK SPACE}", " ") for language, text in line.text.items()}
    assert told == {"fi": fi, "sv": sv, "en": en}


def test_limits_and_extras_say_what_they_are(city):
    _time, limit = ask(city, "limited", "2027-02-06 10:00", "18:00")
    _other, extra = ask(city, "park", "2027-02-06 10:00", "13:00", add_ons=("cleaning",))

    assert limit.text["fi"].replace("\N{NO-BREAK SPACE}", " ") == "Enimmäishinta 100,00 €: ylittävä osuus"
    assert extra.text["fi"].replace("\N{NO-BREAK SPACE}", " ") == "Loppusiivous: 40,00 €"
    assert (limit.kind, extra.kind) == ("limit", "add_on")
