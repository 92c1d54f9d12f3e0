"""What the days and times of a policy are: evenings, weekends, weekdays before, seasons, ages."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import translation

from tests.factories import create_space
from venues import city_calendar, house_rules
from venues.clock import at, local
from venues.models import Purpose, Space, Terms
from venues.opening_hours import Calendar
from venues.policies import age_on, bookable_times, needs_approval, notice_deadline, season_of

NO_HOLIDAYS = Calendar()


def on_the_clock(when: str, first: date, last: date) -> list[str]:
    calendar = city_calendar.calendar((), first - timedelta(days=1), last)
    return [
        f"{local(start):%d.%m. %H}–{local(until):%d.%m. %H}"
        for start, until in bookable_times(when, first, last, calendar)
    ]


# --- Evenings and weekends ------------------------------------------------------------------------


def test_evenings_last_from_five_until_four_in_the_morning_every_day():
    assert on_the_clock("evenings", date(2027, 2, 4), date(2027, 2, 5)) == [
        "03.02. 17–04.02. 04",
        "04.02. 17–05.02. 04",
        "05.02. 17–06.02. 04",
    ]


def test_a_weekend_is_one_stretch_until_monday_morning():
    assert on_the_clock("weekends", date(2027, 2, 5), date(2027, 2, 9)) == ["06.02. 00–08.02. 04"]


def test_a_public_holiday_is_as_good_as_a_weekend():
    # Independence Day 2027 is a Monday, the Epiphany of 2027 a Wednesday.
    assert on_the_clock("weekends", date(2027, 12, 3), date(2027, 12, 8)) == ["04.12. 00–07.12. 04"]
    assert on_the_clock("weekends", date(2027, 1, 5), date(2027, 1, 7)) == ["06.01. 00–07.01. 04"]


def test_friday_evening_goes_over_into_the_weekend_where_both_are_allowed():
    assert on_the_clock("both", date(2027, 2, 5), date(2027, 2, 8)) == [
        "04.02. 17–05.02. 04",
        "05.02. 17–08.02. 04",
        "08.02. 17–09.02. 04",
    ]


def test_any_time_is_whole_days():
    assert on_the_clock("any", date(2027, 2, 5), date(2027, 2, 6)) == ["05.02. 00–07.02. 00"]


@pytest.mark.parametrize(
    ("eve", "hours"), [(date(2026, 3, 28), 10), (date(2026, 10, 24), 12), (date(2026, 5, 5), 11)]
)
def test_an_evening_ends_at_four_by_the_clock_whatever_the_clocks_do(eve, hours):
    (*_before, (start, until)) = bookable_times("evenings", eve, eve, NO_HOLIDAYS)

    assert until - start == timedelta(hours=hours)


# --- By noon of the weekday before ----------------------------------------------------------------


def deadline(day: date, weekdays: int = 1, by: time = time(12)) -> datetime:
    return notice_deadline(day, weekdays, by, city_calendar.calendar((), day - timedelta(days=40), day))


@pytest.mark.parametrize(
    ("day", "weekdays", "last"),
    [
        (date(2027, 2, 4), 1, date(2027, 2, 3)),  # Thursday: by Wednesday
        (date(2027, 2, 8), 1, date(2027, 2, 5)),  # Monday: by Friday
        (date(2027, 2, 7), 1, date(2027, 2, 5)),  # Sunday: by Friday
        (date(2027, 2, 8), 3, date(2027, 2, 3)),
        (date(2026, 12, 28), 1, date(2026, 12, 23)),  # Christmas Eve to Sunday lie between
        (date(2027, 3, 30), 1, date(2027, 3, 25)),  # Easter: by Maundy Thursday
        (date(2026, 12, 7), 1, date(2026, 12, 4)),
        (date(2027, 1, 1), 2, date(2026, 12, 30)),  # over the end of a year
    ],
)
def test_the_last_moment_to_book_is_a_weekday_that_is_no_holiday(day, weekdays, last):
    assert deadline(day, weekdays) == at(last, time(12))


def test_noon_is_the_citys_noon_before_a_clock_change_and_after():
    assert deadline(date(2026, 3, 30)) == datetime(2026, 3, 27, 10, tzinfo=UTC)
    assert deadline(date(2026, 3, 31)) == datetime(2026, 3, 30, 9, tzinfo=UTC)


# --- Seasons and ages -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2026, 9, 1), (date(2026, 9, 1), date(2027, 6, 1))),
        (date(2026, 12, 31), (date(2026, 9, 1), date(2027, 6, 1))),
        (date(2027, 1, 1), (date(2026, 9, 1), date(2027, 6, 1))),
        (date(2027, 6, 1), (date(2026, 9, 1), date(2027, 6, 1))),
        (date(2027, 6, 2), (date(2027, 6, 2), date(2027, 8, 31))),
        (date(2027, 8, 31), (date(2027, 6, 2), date(2027, 8, 31))),
    ],
)
def test_seasons_follow_one_another_over_the_end_of_the_year(day, season):
    assert season_of(day) == season


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (date(2027, 2, 5), 17),
        (date(2027, 2, 6), 18),
        (date(2028, 2, 5), 18),
    ],
)
def test_somebody_is_a_year_older_on_the_birthday(day, age):
    assert age_on(day, date(2009, 2, 6)) == age


def test_whoever_was_born_on_a_leap_day_is_of_age_on_the_first_of_march():
    assert age_on(date(2026, 2, 28), date(2008, 2, 29)) == 17
    assert age_on(date(2026, 3, 1), date(2008, 2, 29)) == 18


# --- Who decides ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "attendees", "purpose", "is_staffed", "waits"),
    [
        ({}, 5000, "party", False, False),
        ({"approval": "request"}, 1, None, True, True),
        ({"approval_above": 50}, 50, None, True, False),
        ({"approval_above": 50}, 51, None, True, True),
        ({"approval_purposes": ["party"]}, 1, "party", True, True),
        ({"approval_purposes": ["party"]}, 1, "sports", True, False),
        ({"approval_purposes": ["party"]}, 1, None, True, False),
        ({"approval_unstaffed": True}, 1, None, True, False),
        ({"approval_unstaffed": True}, 1, None, False, True),
    ],
)
def test_a_booking_waits_for_an_answer_where_the_policy_says_so(
    policy, attendees, purpose, is_staffed, waits
):
    space = Space(**policy)

    answer = needs_approval(space, attendees=attendees, purpose_code=purpose, is_staffed=is_staffed)

    assert answer is waits


# --- The rules in sentences -----------------------------------------------------------------------

TOLD = {
    "Varaukset alkavat 45 minuutin välein tilan avautumisesta.": {"starts_from": "opening", "start_step": 45},
    "Varaukset alkavat 15 minuuttia yli tasatunnin.": {"start_step": 60, "start_minute": 15},
    "Varaukset alkavat 30 minuutin välein, ensin 15 minuuttia yli.": {"start_step": 30, "start_minute": 15},
    "Tila varataan koko aukioloajaksi.": {"is_whole_day": True},
    "Varattavissa vain iltaisin klo 17.00 alkaen.": {"bookable_when": "evenings"},
    "Varattavissa vain viikonloppuisin ja pyhäpäivinä.": {"bookable_when": "weekends"},
    "Varattavissa iltaisin klo 17.00 alkaen sekä viikonloppuisin ja pyhäpäivinä.": {"bookable_when": "both"},
    "Varaa viimeistään edellisenä arkipäivänä klo 12.00.": {"notice_weekdays": 1},
    "Varaa viimeistään 3 arkipäivää ennen klo 9.00.": {"notice_weekdays": 3, "notice_by": time(9)},
    "Varauksia voi tehdä päivään ma 31.5.2027 asti.": {"ahead_until": date(2027, 5, 31)},
    "Vain näille: kuntalaiset, alaikäisten seurat.": {"who_may_book": ["residents", "minors"]},
    "Varaajan on oltava varauspäivänä vähintään 18-vuotias.": {"min_age": 18},
    "Yksi asiakas voi varata tästä toimipisteestä 1 kerran päivässä.": {"quota_day": 1},
    "Yksi asiakas voi varata tästä toimipisteestä 2 kertaa viikossa.": {"quota_week": 2},
    "Yksi asiakas voi varata tästä toimipisteestä 10 kertaa kaudessa.": {"quota_season": 10},
    "Toimipiste käsittelee ensin yli 50 hengen varaukset.": {"approval_above": 50},
    "Kauden yksittäisiä vuoroja ei voi palauttaa.": {"single_dates_go_back": False},
    "Kauden vuorot palautetaan viimeistään 2 vrk ennen niiden alkua.": {"give_back_hours": 48},
    "Asiakkaat voivat vaihtaa kausivuorojaan keskenään.": {"can_be_swapped": True},
    "Kalenterissa näkyy kaikille, kuka on varannut.": {"holder_is_public": True},
    "Toimipiste käsittelee ensin varaukset, joiden aikana paikalla ei ole henkilökuntaa.": {
        "approval_unstaffed": True
    },
    "Nimeät aikuisen, joka vastaa tilasta paikan päällä.": {"needs_adult": True},
}


def told_of(policy: dict, language: str) -> list[str]:
    with translation.override(language):
        return house_rules.sentences(create_space(**policy))


@pytest.mark.django_db
@pytest.mark.parametrize("sentence", TOLD)
def test_every_rule_is_told_as_a_sentence(sentence):
    assert sentence in told_of(TOLD[sentence], "fi")


@pytest.mark.django_db
def test_no_sentence_is_the_same_in_two_languages():
    in_finnish, in_swedish, in_english = (
        {sentence for policy in TOLD.values() for sentence in told_of(policy, language)}
        for language in ("fi", "sv", "en")
    )

    assert not in_finnish & in_english
    assert not in_swedish & in_english
    assert not in_finnish & in_swedish


@pytest.mark.django_db
def test_kinds_of_use_and_terms_are_told_by_name():
    Purpose.objects.create(code="party", name_fi="Juhlat")
    terms = Terms.objects.create(name_fi="Liikuntasalin käyttöehdot")

    told = house_rules.sentences(create_space(approval_purposes=["party"], terms=terms))

    assert "Toimipiste käsittelee ensin nämä käyttötarkoitukset: juhlat." in told
    assert "Hyväksyt ehdot: Liikuntasalin käyttöehdot." in told
    assert "Varaus vahvistuu useimmiten heti." in told
