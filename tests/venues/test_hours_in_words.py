"""Rules read back as sentences, in Finnish, Swedish and English."""

from datetime import date, time

import pytest
from django.utils import translation

from venues import hours_in_words
from venues.models import OpeningException, OpeningRule, Timetable

MONDAY_TO_FRIDAY, WEEKEND, EVERY_DAY = [1, 2, 3, 4, 5], [6, 7], [1, 2, 3, 4, 5, 6, 7]
SATURDAY = date(2026, 11, 28)


def hours(text: str) -> tuple[time, time]:
    opens, closes = text.split("–")
    return time.fromisoformat(opens), time.fromisoformat(closes)


def rule(weekdays, text: str, **conditions) -> OpeningRule:
    opens, closes = hours(text)
    facts = {"weekdays": weekdays, "opens": opens, "closes": closes, "on_holidays": "normal"}
    return OpeningRule(**facts | conditions)


def weekly(*rules: tuple[list[int], str]) -> list[hours_in_words.Weekly]:
    return [(day, *hours(text)) for days, text in rules for day in days]


# --- The usual week -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fi", "Ma–pe 17.00–22.00, la–su 9.00–20.00"),
        ("sv", "Mån–fre 17.00–22.00, lör–sön 9.00–20.00"),
        ("en", "Mon–Fri 17:00–22:00, Sat–Sun 9:00–20:00"),
    ],
)
def test_weekly_hours_are_read_back_in_the_readers_language(language, sentence):
    with translation.override(language):
        said = hours_in_words.weekly_sentence(
            weekly((MONDAY_TO_FRIDAY, "17:00–22:00"), (WEEKEND, "09:00–20:00"))
        )

    assert said == sentence


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], "Ei säännöllisiä aukioloaikoja"),
        ([([3], "09:00–14:00"), ([3], "18:00–21:00")], "Ke 9.00–14.00 ja 18.00–21.00"),
        ([([5], "18:00–00:00")], "Pe 18.00–24.00"),
        ([([6], "22:00–02:00")], "La 22.00–2.00"),
        ([([1, 3], "09:00–21:00")], "Ma 9.00–21.00, ke 9.00–21.00"),
        ([(EVERY_DAY, "00:00–00:00")], "Joka päivä 0.00–24.00"),
    ],
)
def test_weekly_hours_in_finnish(said, sentence):
    assert hours_in_words.weekly_sentence(weekly(*said)) == sentence


# --- One rule -------------------------------------------------------------------------------------

SCHOOL_GYM = {"terms": "in_term", "open_to": ["minors"], "on_holidays": "closed"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fi", "Ma–pe 17.00–22.00 lukukausina, vain alaikäisten seuroille; pyhäpäivinä suljettu"),
        (
            "sv",
            "Mån–fre 17.00–22.00 under terminerna, bara för barn- och ungdomsföreningar; stängt på helgdagar",
        ),
        ("en", "Mon–Fri 17:00–22:00 in school terms, only for clubs of minors; closed on public holidays"),
    ],
)
def test_all_that_is_said_of_a_school_gym(language, sentence):
    with translation.override(language):
        said = rule(MONDAY_TO_FRIDAY, "17:00–22:00", **SCHOOL_GYM)
        assert hours_in_words.joint_sentence([said]) == sentence


@pytest.mark.parametrize(
    ("conditions", "fi", "sv", "en"),
    [
        ({"week_parity": "odd"}, " parittomilla viikoilla", " udda veckor", " in odd weeks"),
        ({"week_parity": "even"}, " parillisilla viikoilla", " jämna veckor", " in even weeks"),
        (
            {"every_weeks": 2, "weeks_from": date(2027, 1, 1)},
            " joka toinen viikko viikosta 53/2026 laskien",
            " varannan vecka räknat från vecka 53/2026",
            " every other week counted from week 53/2026",
        ),
        (
            {"every_weeks": 3, "weeks_from": date(2027, 1, 4)},
            " joka 3. viikko viikosta 1/2027 laskien",
            " var 3:e vecka räknat från vecka 1/2027",
            " every 3 weeks counted from week 1/2027",
        ),
        ({"terms": "in_term"}, " lukukausina", " under terminerna", " in school terms"),
        (
            {"terms": "outside_term"},
            " lukukausien ulkopuolella",
            " utanför terminerna",
            " outside school terms",
        ),
        ({"season_from": 901, "season_until": 601}, " 1.9.–1.6.", " 1.9.–1.6.", " 1 Sep–1 Jun"),
        ({"season_from": 229, "season_until": 229}, " 29.2.–29.2.", " 29.2.–29.2.", " 29 Feb–29 Feb"),
        (
            {"valid_from": date(2027, 1, 7), "valid_until": date(2027, 5, 31)},
            " 7.1.2027–31.5.2027",
            " 7.1.2027–31.5.2027",
            " 7 Jan 2027–31 May 2027",
        ),
        ({"valid_from": date(2027, 1, 7)}, " 7.1.2027 alkaen", " från 7.1.2027", " from 7 Jan 2027"),
        ({"valid_until": date(2027, 5, 31)}, " 31.5.2027 asti", " till 31.5.2027", " until 31 May 2027"),
        ({"open_to": ["residents"]}, ", vain asukkaille", ", bara för invånare", ", only for residents"),
        (
            {"open_to": ["venue", "minors", "associations"]},
            ", vain yhdistyksille ja seuroille, alaikäisten seuroille ja toimipisteelle itselleen",
            ", bara för föreningar och klubbar, för barn- och ungdomsföreningar"
            " och för verksamhetsstället självt",
            ", only for associations and clubs, for clubs of minors and for the venue itself",
        ),
        ({"open_to": ["everyone", "residents"]}, "", "", ""),
        (
            {"is_staffed": False},
            ", henkilökuntaa ei paikalla",
            ", ingen personal på plats",
            ", no staff present",
        ),
        (
            {"on_holidays": "closed"},
            "; pyhäpäivinä suljettu",
            "; stängt på helgdagar",
            "; closed on public holidays",
        ),
        (
            {"on_holidays": "as_sunday"},
            "; pyhäpäivinä kuten sunnuntaina",
            "; på helgdagar som på söndagar",
            "; public holidays as Sundays",
        ),
    ],
)
def test_every_condition_is_said(conditions, fi, sv, en):
    said = rule([7], "10:00–16:00", **conditions)

    for language, sentence in [
        ("fi", f"Su 10.00–16.00{fi}"),
        ("sv", f"Sön 10.00–16.00{sv}"),
        ("en", f"Sun 10:00–16:00{en}"),
    ]:
        with translation.override(language):
            assert hours_in_words.joint_sentence([said]) == sentence


def test_all_conditions_at_once():
    said = rule(
        [2],
        "18:00–00:00",
        week_parity="odd",
        every_weeks=2,
        weeks_from=date(2026, 9, 1),
        terms="in_term",
        season_from=901,
        season_until=601,
        valid_from=date(2026, 9, 1),
        open_to=["minors"],
        is_staffed=False,
        on_holidays="closed",
    )

    assert hours_in_words.joint_sentence([said]) == (
        "Ti 18.00–24.00 parittomilla viikoilla, joka toinen viikko viikosta 36/2026 laskien, lukukausina,"
        " 1.9.–1.6., 1.9.2026 alkaen, vain alaikäisten seuroille, henkilökuntaa ei paikalla;"
        " pyhäpäivinä suljettu"
    )


# --- A timetable ----------------------------------------------------------------------------------


@pytest.fixture
def timetable(db) -> Timetable:
    return Timetable.objects.create()


def add(timetable: Timetable, *rules: OpeningRule) -> None:
    for one in rules:
        one.timetable = timetable
        one.save()


def test_rules_that_are_alike_share_a_sentence(timetable):
    add(timetable, rule(MONDAY_TO_FRIDAY, "17:00–22:00"), rule(WEEKEND, "09:00–20:00"))

    assert hours_in_words.sentences(timetable) == ["Ma–pe 17.00–22.00, la–su 9.00–20.00"]


def test_what_is_said_of_several_days_stands_behind_them_all(timetable):
    add(
        timetable,
        rule(MONDAY_TO_FRIDAY, "17:00–22:00", **SCHOOL_GYM),
        rule(WEEKEND, "09:00–20:00", **SCHOOL_GYM),
    )

    assert hours_in_words.sentences(timetable) == [
        "Ma–pe 17.00–22.00, la–su 9.00–20.00; lukukausina, vain alaikäisten seuroille; pyhäpäivinä suljettu"
    ]


def test_rules_that_differ_have_a_sentence_each(timetable):
    add(
        timetable,
        rule(MONDAY_TO_FRIDAY, "17:00–20:00", open_to=["minors"]),
        rule(MONDAY_TO_FRIDAY, "20:00–22:00"),
        rule(WEEKEND, "09:00–20:00"),
    )

    assert hours_in_words.sentences(timetable) == [
        "Ma–pe 17.00–20.00, vain alaikäisten seuroille",
        "Ma–pe 20.00–22.00, la–su 9.00–20.00",
    ]


def test_timetable_without_rules_says_so(timetable):
    assert hours_in_words.sentences(timetable) == ["Ei säännöllisiä aukioloaikoja"]


def test_exceptions_are_told_from_a_day_on(timetable):
    add(timetable, rule([6], "10:00–16:00"))
    for day, reason in [(date(2026, 11, 21), "Remontti"), (date(2026, 12, 26), "Tapaninpäivä")]:
        OpeningException.objects.create(timetable=timetable, date=day, reason_fi=reason)
    OpeningException.objects.create(
        timetable=timetable, date=date(2027, 1, 1), opens=time(12), closes=time(18)
    )

    assert hours_in_words.sentences(timetable, since=SATURDAY) == [
        "La 10.00–16.00",
        "La 26.12.2026: suljettu (Tapaninpäivä)",
        "Pe 1.1.2027: 12.00–18.00",
    ]


def test_rules_that_are_over_are_not_told(timetable):
    add(
        timetable,
        rule([6], "10:00–16:00", valid_until=date(2026, 11, 27)),
        rule([7], "10:00–16:00", valid_until=SATURDAY),
    )

    assert hours_in_words.sentences(timetable, since=SATURDAY) == ["Su 10.00–16.00 28.11.2026 asti"]


def test_exception_tells_for_whom_it_is(timetable):
    for text, facts in [
        ("10:00–12:00", {"open_to": ["residents"]}),
        ("12:00–14:00", {}),
        ("15:00–16:00", {"is_staffed": False}),
    ]:
        opens, closes = hours(text)
        OpeningException.objects.create(
            timetable=timetable,
            date=SATURDAY,
            opens=opens,
            closes=closes,
            reason_fi="Joulumyyjäiset",
            **facts,
        )

    assert hours_in_words.sentences(timetable)[1:] == [
        "La 28.11.2026: 10.00–12.00, vain asukkaille; 12.00–14.00; "
        "15.00–16.00, henkilökuntaa ei paikalla (Joulumyyjäiset)"
    ]


@pytest.mark.django_db
def test_days_in_a_row_of_which_the_same_is_said_are_one_sentence():
    timetable = Timetable.objects.create()
    for day in (24, 25, 26, 28):
        OpeningException.objects.create(timetable=timetable, date=date(2026, 12, day), reason_fi="Joulu")
    OpeningException.objects.create(
        timetable=timetable, date=date(2026, 12, 29), opens=time(10), closes=time(14)
    )

    assert hours_in_words.sentences(timetable)[1:] == [
        "To 24.12.2026 – la 26.12.2026: suljettu (Joulu)",
        "Ma 28.12.2026: suljettu (Joulu)",
        "Ti 29.12.2026: 10.00–14.00",
    ]
