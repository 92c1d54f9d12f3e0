"""Who may have which time on which terms: openings of others, whole days, evenings, notice, ages, forms."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from accounts.models import Organisation
from accounts.problems import Refused
from bookings import judging, lifecycle
from bookings.models import Status
from bookings.wishes import Wish, wish_of
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    create_venue,
    hour,
    open_daily,
    open_weekly,
    say_policy,
)
from venues import terms_of_use
from venues.audiences import STRANGER, asker
from venues.clock import at
from venues.models import Purpose, Terms

pytestmark = pytest.mark.django_db
TODAY = MONDAY
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def judged(space, start="10:00", end="12:00", *, who=STRANGER, now=NOW, **facts) -> set[str]:
    """Return the codes of everything that stands in the way."""
    instants = [hour(clock) if isinstance(clock, str) else clock for clock in (start, end)]
    judgement = judging.judge(Wish(space, *instants, **facts), asker=who, now=now)
    return {problem.code for problem in judgement.problems}


def refusal(space, start="10:00", end="12:00", **facts) -> Refused:
    with pytest.raises(Refused) as refused:
        create_booking(space, start, end, **facts)
    return refused.value


def create_club(*members, **facts):
    club = create_organisation(*members, name="Idän Sähly ry")
    verified = {"minors_percent": 90, "minors_verified_until": date(2027, 12, 31)} | facts
    Organisation.objects.filter(pk=club.pk).update(**verified)
    club.refresh_from_db()
    return club


def school_gym(**policy):
    """Open to clubs of minors from 17 to 20 and to everybody from 20 to 22, every day."""
    venue = create_venue()
    open_weekly(venue.timetable, range(1, 8), "17:00", "20:00", open_to=["minors"])
    open_weekly(venue.timetable, range(1, 8), "20:00", "22:00", is_staffed=False)
    return create_space(venue=venue, **policy)


# --- Open, but to others --------------------------------------------------------------------------


def test_time_of_others_is_not_for_a_stranger_and_closed_time_is_closed():
    gym = school_gym()

    assert judged(gym, "18:00", "19:00") == {"not_for_you"}
    assert judged(gym, "20:00", "22:00") == set()
    assert judged(gym, "15:00", "16:00") == {"closed"}
    assert judged(gym, "19:00", "21:00") == {"not_for_you"}
    assert judged(gym, "21:00", "23:00") == {"closed"}


def test_a_club_of_minors_has_its_time_and_everybodys_after_it_in_one_booking():
    gym, mikael = school_gym(), create_user("Mikael")
    who = asker(mikael, create_club(mikael), today=TODAY)

    assert judged(gym, "17:00", "22:00", who=who) == set()


@pytest.mark.parametrize(
    "facts",
    [
        {"minors_percent": 79},
        {"minors_percent": None},
        {"minors_verified_until": None},
        {"minors_verified_until": MONDAY - timedelta(days=1)},
    ],
)
def test_a_club_that_is_not_verified_as_one_of_minors_just_now_is_none(facts):
    gym, mikael = school_gym(), create_user("Mikael")
    who = asker(mikael, create_club(mikael, **facts), today=TODAY)

    assert judged(gym, "17:00", "18:00", who=who) == {"not_for_you"}


def test_the_sentence_says_for_whom_the_time_is_and_what_one_can_do():
    gym, aino = school_gym(), create_user()

    (problem,) = refusal(gym, "18:00", "19:00", customer=aino).problems

    assert problem.message == (
        "Tämä aika on vain näille: alaikäisten seurat."
        " Jos kuulut heihin, kerro se omissa tiedoissasi tai varaa yhdistyksesi nimissä."
    )
    offered = [(offer.starts_at, offer.ends_at) for offer in problem.alternatives]
    assert (hour("20:00"), hour("21:00")) in offered


def test_a_schools_own_time_is_for_the_school_and_for_no_other_unit():
    school, other = create_organisation(name="Koulu"), create_organisation(name="Toinen koulu")
    venue, rehtori = create_venue(run_by=school), create_user("Rehtori")
    open_weekly(venue.timetable, range(1, 8), "08:00", "16:00", open_to=["venue"])
    gym = create_space(venue=venue)

    assert judged(gym, who=asker(rehtori, school, today=TODAY)) == set()
    assert judged(gym, who=asker(rehtori, other, today=TODAY)) == {"not_for_you"}
    assert judged(gym, who=asker(rehtori, None, today=TODAY)) == {"not_for_you"}


def test_a_venue_without_an_organisation_is_run_by_nobody():
    venue = create_venue()
    open_weekly(venue.timetable, range(1, 8), "08:00", "16:00", open_to=["venue"])

    assert judged(create_space(venue=venue), who=asker(create_user(), None, today=TODAY)) == {"not_for_you"}


def test_who_may_book_is_said_once_whatever_the_openings_say():
    gym, aino = school_gym(who_may_book=["residents"]), create_user(is_resident=True)
    residents = asker(aino, None, today=TODAY)

    assert judged(gym, "20:00", "21:00") == {"not_for_you"}
    assert judged(gym, "20:00", "21:00", who=residents) == set()
    assert judged(gym, "18:00", "19:00", who=residents) == {"not_for_you"}
    problems = judging.judge(Wish(gym, hour("18:00"), hour("19:00")), asker=STRANGER, now=NOW).problems
    assert [problem.code for problem in problems] == ["not_for_you"]


def test_a_resident_who_books_for_a_company_is_no_resident():
    room, aino = create_space(who_may_book=["residents"]), create_user(is_resident=True)
    company = create_organisation(aino, name="Yritys oy")
    company.kind = "company"
    company.save()

    create_booking(room, customer=aino)
    assert refusal(room, "14:00", "15:00", customer=aino, organisation=company).codes == {"not_for_you"}


# --- From the opening on, and whole days ----------------------------------------------------------


def test_starts_are_counted_from_when_the_space_opens():
    venue = create_venue()
    open_daily(venue.timetable, "09:10", "20:00")
    room = create_space(venue=venue, starts_from="opening", start_step=45)

    assert judged(room, "09:10", "10:10") == set()
    assert judged(room, "09:55", "10:55") == set()
    assert judged(room, "10:00", "11:00") == {"off_step"}
    assert judged(room, "08:00", "09:00") == {"closed"}
    assert judged(room, "19:40", "20:40") == {"closed"}


def test_what_opens_earlier_to_one_begins_earlier_for_her():
    gym = school_gym(starts_from="opening", start_step=50)
    mikael = create_user("Mikael")
    who = asker(mikael, create_club(mikael), today=TODAY)

    assert judged(gym, "20:00", "21:00") == set()
    assert judged(gym, "20:20", "21:20") == {"off_step"}
    assert judged(gym, "20:20", "21:20", who=who) == set()
    assert judged(gym, "20:00", "21:00", who=who) == {"off_step"}


def test_starts_at_a_minute_past_the_hour():
    room = create_space(start_step=30, start_minute=15)

    assert judged(room, "10:15", "11:15") == set()
    assert judged(room, "10:45", "11:00") == {"too_short"}
    assert judged(room, "10:30", "11:30") == {"off_step"}


def test_a_whole_day_is_from_opening_to_closing_however_long_that_is():
    venue = create_venue()
    open_daily(venue.timetable, "08:15", "23:00")
    room = create_space(venue=venue, is_whole_day=True, max_minutes=60)

    assert judged(room, "08:15", "23:00") == set()
    assert judged(room, "08:15", "22:00") == {"not_a_whole_day"}
    assert judged(room, "09:00", "23:00") == {"not_a_whole_day"}
    assert judged(room, "08:00", "23:00") == {"closed", "not_a_whole_day"}
    two_days = hour("23:00", day=date(2027, 2, 7))
    assert judged(room, hour("08:15"), two_days) == {"closed", "not_a_whole_day"}


def test_whoever_asks_for_part_of_a_whole_day_is_told_which_day_it_is_and_offered_it():
    venue = create_venue()
    open_daily(venue.timetable, "08:00", "22:00")
    room = create_space(venue=venue, is_whole_day=True)

    (problem,) = refusal(room, "10:00", "12:00").problems

    assert problem.message == "Tilan voi varata vain koko aukioloajaksi: la 6.2. 8.00–22.00."
    first = problem.alternatives[0]
    assert (first.starts_at, first.ends_at) == (hour("08:00"), hour("22:00"))
    assert create_booking(room, first.starts_at, first.ends_at).status == Status.CONFIRMED


def test_a_space_that_never_closes_has_no_whole_day_that_could_be_booked():
    room = create_space(is_whole_day=True)

    assert judged(room, hour("00:00"), hour("00:00", day=date(2027, 2, 7))) == {"not_a_whole_day"}


@pytest.mark.parametrize("eve", [date(2027, 3, 27), date(2027, 10, 30)])
def test_a_whole_night_of_clock_change_is_one_stretch(eve):
    venue = create_venue()
    open_daily(venue.timetable, "22:00", "06:00", today=eve - timedelta(days=3))
    room = create_space(venue=venue, is_whole_day=True)
    night = at(eve, time(22)), at(eve + timedelta(days=1), time(6))

    assert judged(room, *night, now=at(eve - timedelta(days=2))) == set()


# --- Evenings and weekends ------------------------------------------------------------------------


def test_evenings_only():
    room = create_space(bookable_when="evenings")

    assert judged(room, "17:00", "23:00") == set()
    assert judged(room, "16:30", "18:00") == {"not_at_this_time"}
    assert judged(room, hour("22:00"), hour("04:00", day=date(2027, 2, 7))) == set()
    assert judged(room, hour("22:00"), hour("04:30", day=date(2027, 2, 7))) == {"not_at_this_time"}


def test_a_weekend_may_be_booked_through():
    room = create_space(bookable_when="weekends", max_minutes=7 * 24 * 60)

    saturday, monday = hour("00:00"), hour("04:00", day=date(2027, 2, 8))
    assert judged(room, saturday, monday) == set()
    assert judged(room, saturday - timedelta(minutes=30), monday) == {"not_at_this_time"}
    friday = hour("18:00", day=date(2027, 2, 5))
    assert judged(room, friday, friday + timedelta(hours=2)) == {"not_at_this_time"}


def test_a_public_holiday_on_a_weekday_is_as_a_weekend():
    room = create_space(bookable_when="weekends")
    good_friday = date(2027, 3, 26)

    assert judged(room, hour("10:00", day=good_friday), hour("12:00", day=good_friday)) == set()


def test_the_sentence_says_when_the_evening_begins():
    (problem,) = refusal(create_space(bookable_when="evenings"), "10:00", "12:00").problems

    assert problem.message == "Tilan voi varata vain iltaisin klo 17.00 alkaen. Valitse myöhempi aika."
    assert problem.alternatives[0].starts_at >= hour("17:00", day=date(2027, 2, 5))


# --- How early, how far ---------------------------------------------------------------------------


def test_by_noon_of_the_weekday_before():
    room = create_space(notice_weekdays=1, notice_by=time(12))
    monday = hour("10:00", day=date(2027, 2, 8)), hour("12:00", day=date(2027, 2, 8))
    friday_noon = at(date(2027, 2, 5), time(12))

    assert judged(room, *monday, now=friday_noon) == set()
    assert judged(room, *monday, now=friday_noon + timedelta(seconds=1)) == {"too_soon"}


def test_the_sentence_says_until_when_the_day_could_be_booked():
    room = create_space(notice_weekdays=1, notice_by=time(12))

    (problem,) = refusal(
        room,
        hour("10:00", day=date(2027, 2, 8)),
        hour("12:00", day=date(2027, 2, 8)),
        now=at(date(2027, 2, 6), time(9)),
    ).problems

    assert problem.message == "Tämän päivän sai varata viimeistään pe 5.2. klo 12.00. Valitse myöhempi päivä."
    assert problem.alternatives[0].starts_at == hour("00:00", day=date(2027, 2, 9))


def test_bookings_are_open_until_a_day_that_day_included():
    room = create_space(ahead_until=date(2027, 2, 6))

    assert judged(room, hour("23:00"), hour("01:00", day=date(2027, 2, 7))) == set()
    sunday = hour("00:00", day=date(2027, 2, 7))
    assert judged(room, sunday, sunday + timedelta(hours=1)) == {"too_far"}


def test_days_that_no_policy_allows_are_judged_without_a_calendar():
    room = create_space(bookable_when="both", notice_weekdays=3)
    year_4500 = at(date(4500, 1, 1), time(10))

    assert judged(room, year_4500, year_4500 + timedelta(hours=1)) == {"too_far"}


# --- Ages -----------------------------------------------------------------------------------------


def test_whoever_is_of_age_on_the_day_may_book_it():
    room = create_space(min_age=18)
    onni = create_user(born_on=date(2009, 2, 6))

    assert create_booking(room, customer=onni).status == Status.CONFIRMED
    day_before = hour("10:00", day=date(2027, 2, 5))
    assert refusal(room, day_before, day_before + timedelta(hours=1), customer=onni).codes == {"too_young"}


def test_a_birth_date_is_asked_for_when_the_form_is_sent_and_not_before():
    room, aino = create_space(min_age=18), create_user()

    held = lifecycle.hold(Wish(room, hour("10:00"), hour("12:00")), customer=aino, now=NOW)
    with pytest.raises(Refused) as refused:
        lifecycle.submit(held, wish_of(held), customer=aino, now=NOW)

    assert refused.value.codes == {"birth_date_missing"}
    aino.born_on = date(1980, 1, 1)
    assert lifecycle.submit(held, wish_of(held), customer=aino, now=NOW).status == Status.CONFIRMED


# --- What the form has to say ---------------------------------------------------------------------


def create_terms(text: str = "Siivoa jälkesi.", *, now=NOW - timedelta(days=9)):
    terms = Terms.objects.create(name_fi="Salin ehdot")
    return terms, terms_of_use.publish(terms, {"text_fi": text}, now=now)


def test_everything_that_the_form_lacks_is_told_at_once():
    party = Purpose.objects.create(code="party", name_fi="Juhlat")
    terms, version = create_terms()
    room = create_space(min_age=18, needs_adult=True, terms=terms, approval_purposes=["party"])

    refused = refusal(room)

    assert [(problem.code, problem.field) for problem in refused.problems] == [
        ("purpose_missing", "main_purpose"),
        ("adult_missing", "adult_name"),
        ("adult_missing", "adult_phone"),
        ("birth_date_missing", "born_on"),
        ("terms_not_accepted", "accepted_terms"),
    ]
    booking = create_booking(
        room,
        customer=create_user(born_on=date(1980, 1, 1)),
        main_purpose=party,
        adult_name="Aino Virtanen",
        adult_phone="040 1234567",
        accepted_terms=version,
    )
    booking.refresh_from_db()
    assert (booking.main_purpose, booking.accepted_terms) == (party, version)
    assert (booking.adult_name, booking.adult_phone) == ("Aino Virtanen", "040 1234567")


def test_nobody_is_asked_for_what_the_space_does_not_need():
    assert create_booking(create_space()).status == Status.CONFIRMED


def test_terms_that_changed_while_the_form_was_open_are_to_be_read_anew():
    terms, first = create_terms()
    room, aino = create_space(terms=terms), create_user()
    second = terms_of_use.publish(terms, {"text_fi": "Siivoa jälkesi ja vie roskat."}, now=NOW)

    assert refusal(room, customer=aino, accepted_terms=first).codes == {"terms_changed"}
    assert create_booking(room, customer=aino, accepted_terms=second).accepted_terms == second


def test_the_terms_of_another_space_are_not_these():
    terms, _version = create_terms()
    _others, foreign = create_terms()

    assert refusal(create_space(terms=terms), accepted_terms=foreign).codes == {"terms_not_accepted"}


def test_terms_of_which_nothing_is_published_yet_are_accepted_by_nobody():
    terms = Terms.objects.create(name_fi="Tulossa")

    assert create_booking(create_space(terms=terms)).accepted_terms is None


def test_a_purpose_from_elsewhere_is_no_answer():
    Purpose.objects.create(code="party", name_fi="Juhlat")
    chess = Purpose.objects.create(code="chess", name_fi="Shakki")
    room = create_space(approval_purposes=["party"])

    assert refusal(room, main_purpose=chess).codes == {"purpose_missing"}
    room.purposes.add(chess)
    assert create_booking(room, main_purpose=chess).status == Status.CONFIRMED


def test_a_policy_that_names_purposes_which_the_city_has_not_asks_for_none():
    assert create_booking(create_space(approval_purposes=["long-gone"])).status == Status.CONFIRMED


def test_moving_asks_nothing_anew():
    terms, version = create_terms()
    room, aino = create_space(terms=terms), create_user()
    booking = create_booking(room, customer=aino, accepted_terms=version)
    terms_of_use.publish(terms, {"text_fi": "Uudet."}, now=NOW)
    say_policy(room, terms=terms, needs_adult=True, min_age=18)

    later = replace(wish_of(booking), starts_at=hour("14:00"), ends_at=hour("16:00"))
    moved = lifecycle.move(booking, later, by=aino, now=NOW)

    assert (moved.status, moved.accepted_terms) == (Status.CONFIRMED, version)


# --- Who decides ----------------------------------------------------------------------------------


def test_a_crowd_waits_for_an_answer_and_a_few_do_not():
    room = create_space(approval_above=50)

    assert create_booking(room, "10:00", "11:00", attendees=50).status == Status.CONFIRMED
    assert create_booking(room, "11:00", "12:00", attendees=51).status == Status.REQUESTED


def test_a_party_waits_for_an_answer_and_sports_do_not():
    room = create_space(approval_purposes=["party"])
    party, sports = (Purpose.objects.create(code=code, name_fi=code) for code in ("party", "sports"))
    room.purposes.add(sports)

    assert create_booking(room, "10:00", "11:00", main_purpose=sports).status == Status.CONFIRMED
    assert create_booking(room, "11:00", "12:00", main_purpose=party).status == Status.REQUESTED


def test_time_that_is_not_wholly_staffed_waits_for_an_answer():
    venue = create_venue()
    open_daily(venue.timetable, "08:00", "16:00")
    open_weekly(venue.timetable, range(1, 8), "16:00", "22:00", is_staffed=False)
    room = create_space(venue=venue, approval_unstaffed=True)

    assert create_booking(room, "14:00", "16:00").status == Status.CONFIRMED
    assert create_booking(room, "16:00", "18:00").status == Status.REQUESTED
    sunday = date(2027, 2, 7)
    assert (
        create_booking(room, hour("15:30", day=sunday), hour("16:30", day=sunday)).status == Status.REQUESTED
    )


def test_a_request_of_any_kind_counts_among_those_that_one_may_have_waiting(settings):
    settings.MAX_UNDECIDED_REQUESTS = 1
    room, aino = create_space(approval_above=50), create_user()
    create_booking(room, "10:00", "11:00", customer=aino, attendees=60)

    assert refusal(room, "12:00", "13:00", customer=aino, attendees=60).codes == {"too_many_requests"}
    assert create_booking(room, "12:00", "13:00", customer=aino, attendees=5).status == Status.CONFIRMED


def test_what_was_booked_at_once_is_not_moved_past_whoever_decides_there():
    venue = create_venue()
    open_daily(venue.timetable, "08:00", "16:00")
    open_weekly(venue.timetable, range(1, 8), "16:00", "22:00", is_staffed=False)
    room, aino, onni = (
        create_space(venue=venue, approval_unstaffed=True),
        create_user(),
        create_manager(venue),
    )
    booking = create_booking(room, "14:00", "15:00", customer=aino)
    evening = replace(wish_of(booking), starts_at=hour("18:00"), ends_at=hour("19:00"))

    with pytest.raises(Refused) as refused:
        lifecycle.move(booking, evening, by=aino, now=NOW)

    assert refused.value.codes == {"needs_approval"}
    assert lifecycle.move(booking, evening, by=onni, now=NOW).status == Status.CONFIRMED
