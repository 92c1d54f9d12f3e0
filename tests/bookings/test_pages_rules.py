"""The page on which a manager says when a place is open, to whom and on what terms."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from html import unescape

import pytest
import time_machine
from django import forms
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookings import hours, policies
from bookings.models import Impact
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
    open_weekly,
)
from venues import openings
from venues.models import OpeningRule, Policy, Purpose, Space, Venue
from venues.policy_inheritance import layer_of

pytestmark = pytest.mark.django_db

SATURDAY = MONDAY + timedelta(days=5)
NO_REASON = {"reason_fi": "", "reason_sv": "", "reason_en": ""}


@pytest.fixture
def room() -> Space:
    return create_space()


@pytest.fixture
def desk(room) -> Iterator[Client]:
    """Onni's browser, at eight o'clock on a Monday."""
    client = Client(headers={"accept-language": "en"})
    with time_machine.travel(NOW, tick=False):
        client.force_login(create_manager(room.venue))
        yield client


def url_of(room: Space) -> str:
    return f"/manage/hours/{room.venue.timetable_id}/"


def sent_from(page, **changes) -> dict:
    """Return what a browser would send for the page as it is shown, but for some changes."""
    rules, policy = page.context["rules"], page.context["policy"]
    data = {"policy-version": policy["version"].value()}
    fields = [field for name in policy.fields if name != "version" for field in [policy[name]]]
    if rules:
        data |= {"rules-version": rules["version"].value(), "rules-count": len(rules.rows)}
        fields += [field for row in rules.rows for field in row]
    for field in fields:
        value = field.field.prepare_value(field.value())
        if value is True:
            value = "on"
        if value not in (None, False):
            data[field.html_name] = value
        elif not isinstance(field.field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
            data[field.html_name] = ""
    return data | changes


def saved(desk: Client, url: str, **changes):
    return desk.post(url, sent_from(desk.get(url), **changes), follow=True)


def hidden(page) -> dict:
    """Return what a form that repeats another sends along unseen."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*hidden[^>]*>", page.text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found.setdefault(name[1], []).append(unescape(value[1]))
    return found


def sent_on(page) -> dict:
    """Return what a browser sends for the preview of an impact when all bookings are kept."""
    return hidden(page) | {"impact-choice": "keep", "impact-decide": "yes"}


# --- Rules ----------------------------------------------------------------------------------------


def test_the_rules_are_shown_in_words_and_saved_as_they_are_written(desk, room):
    url = url_of(room)

    page = desk.get(url)
    assert [row.sentence for row in page.context["rules"].rows] == ["Every day 0:00–24:00"]
    changes = {"rule-0-weekdays": ["6", "7"], "rule-0-hours": "17–21", "rule-0-open_to": ["associations"]}
    answer = desk.post(url, sent_from(page, **changes), follow=True)

    assert "The opening hours have been saved." in answer.text
    assert "The booking rules have been saved." not in answer.text
    rule = room.venue.timetable.rules.get()
    assert (rule.weekdays, rule.opens, rule.open_to) == ([6, 7], time(17), ["associations"])
    assert room.venue.timetable.openings.filter(period__contains=hour("18:00", day=SATURDAY)).exists()


def test_a_row_that_cannot_be_read_keeps_what_was_written_and_nothing_is_saved(desk, room):
    url = url_of(room)

    answer = saved(desk, url, **{"rule-0-hours": "aina", "policy-min_minutes": "60"})

    assert answer.status_code == 422
    assert 'value="aina"' in answer.text
    assert 'value="60"' in answer.text
    assert 'href="#id_rule-0-hours"' in answer.text
    assert not Policy.objects.exists()


@pytest.mark.parametrize(("change", "rows"), [("add", 2), ("copy 0", 2), ("remove 0", 0), ("read", 1)])
def test_rows_come_and_go_without_being_saved(desk, room, change, rows):
    url = url_of(room)

    answer = saved(desk, url, **{"rule-0-hours": "9–17", "policy-min_age": "18", "change": change})

    assert answer.status_code == 200
    assert len(answer.context["rules"].rows) == rows
    assert 'value="18"' in answer.text
    assert room.venue.timetable.rules.get().opens == time(0)


def test_rules_that_another_manager_changed_meanwhile_are_shown_beside_ones_own(desk, room):
    url, timetable = url_of(room), room.venue.timetable
    mine = sent_from(desk.get(url), **{"rule-0-hours": "8–12"})
    theirs = OpeningRule(weekdays=[1], opens=time(17), closes=time(21), on_holidays="normal")
    hours.change_rules(timetable, [theirs], now=NOW)

    answer = desk.post(url, mine)

    assert answer.status_code == 409
    assert "Mon 17:00–21:00" in answer.text
    assert 'value="8–12"' in answer.text
    assert timetable.rules.get().opens == time(17)
    assert desk.post(url, sent_from(answer)).status_code == 302
    assert timetable.rules.get().opens == time(8)


def test_whom_new_rules_would_hit_is_seen_before_anything_is_saved(desk, room):
    url = url_of(room)
    create_booking(room, "10:00", "12:00", customer=create_user("Mikael"))
    changes = {"rule-0-hours": "17–21", "policy-min_minutes": "60"}

    answer = saved(desk, url, **changes)

    assert answer.status_code == 200
    assert "Mikael" in answer.text
    assert room.venue.timetable.rules.get().opens == time(0)
    assert layer_of(room.venue) == {"min_minutes": 60}  # it hits nobody, and waits for nothing

    assert not Impact.objects.exists()


def test_rules_and_policy_that_both_hit_are_decided_one_after_the_other(desk, room):
    url = url_of(room)
    create_booking(room, "10:00", "12:00", customer=create_user("Mikael"))

    policy_first = saved(desk, url, **{"rule-0-hours": "17–21", "policy-max_minutes": "60"})
    assert policy_first.context["title"] == "Keskuskoulu: Booking rules"
    rules_next = desk.post(url, sent_on(policy_first))
    assert layer_of(room.venue) == {"max_minutes": 60}
    assert rules_next.context["title"] == "Keskuskoulu: Opening hours"
    assert room.venue.timetable.rules.get().opens == time(0)

    done = desk.post(url, sent_on(rules_next))
    assert done.status_code == 302
    assert room.venue.timetable.rules.get().opens == time(17)
    assert {impact.cause for impact in Impact.objects.all()} == {"policy", "rules"}


def test_nothing_is_saved_of_a_page_of_which_the_rules_were_changed_meanwhile(desk, room):
    url, timetable = url_of(room), room.venue.timetable
    mine = sent_from(desk.get(url), **{"rule-0-hours": "8–12", "policy-quota_day": "3"})
    theirs = OpeningRule(weekdays=[1], opens=time(17), closes=time(21), on_holidays="normal")
    hours.change_rules(timetable, [theirs], now=NOW)

    answer = desk.post(url, mine)

    assert answer.status_code == 409
    assert "have been saved" not in answer.text
    assert layer_of(room.venue) == {}
    assert timetable.rules.get().opens == time(17)
    assert desk.post(url, sent_from(answer)).status_code == 302
    assert layer_of(room.venue) == {"quota_day": 3}
    assert timetable.rules.get().opens == time(8)


def test_rules_that_are_changed_while_somebody_decides_about_the_policy_hold_it_back_too(desk, room):
    url = url_of(room)
    create_booking(room, "10:00", "12:00")
    preview = saved(desk, url, **{"rule-0-hours": "17–21", "policy-max_minutes": "60"})
    theirs = OpeningRule(weekdays=[1], opens=time(8), closes=time(21), on_holidays="normal")
    hours.change_rules(room.venue.timetable, [theirs], now=NOW)

    answer = desk.post(url, sent_on(preview))

    assert answer.status_code == 409
    assert layer_of(room.venue) == {}
    assert not Impact.objects.exists()


def test_whoever_has_seen_whom_it_hits_can_write_it_otherwise(desk, room):
    url = url_of(room)
    create_booking(room, "10:00", "12:00")
    preview = saved(desk, url, **{"rule-0-hours": "17–21"})

    again = desk.post(url, hidden(preview) | {"impact-back": "yes"})

    assert 'value="17–21"' in again.text
    assert room.venue.timetable.rules.get().opens == time(0)


def test_where_nothing_is_said_a_page_begins_with_working_days_and_the_weekend(desk):
    venue = create_venue()
    desk.force_login(create_manager(venue))
    url = f"/manage/hours/{venue.timetable_id}/"

    page = desk.get(url)
    assert [row["terms"].value() for row in page.context["rules"].rows] == ["in_term", None]
    desk.post(url, sent_from(page))
    assert not venue.timetable.rules.exists()

    desk.post(url, sent_from(page, **{"rule-1-hours": "9–20"}))
    assert venue.timetable.rules.get().weekdays == [6, 7]


ABSURD = [
    {"rules-count": "99999999999999999999999"},
    {"rules-count": "-5", "change": "copy 7"},
    {"rules-count": "\x00", "change": "remove \x00"},
    {"rule-0-hours": "8–12," * 5000},
    {"rule-0-hours": "\x00"},
    {"rule-0-weekdays": ["1"] * 900},
    {"rule-0-weekdays": "99999999999999999999"},
    {"rule-0-every_weeks": "9" * 4000},
    {"rule-0-every_weeks": "2", "rule-0-weeks_from": "0001-01-01"},
    {"rule-0-every_weeks": "53", "rule-0-weeks_from": "9999-12-31"},
    {"rule-0-valid_from": "0001-01-01", "rule-0-valid_until": "9999-12-31"},
    {"rule-0-season_from": "29.2.", "rule-0-season_until": "28.2."},
    {"rule-0-season_from": "99.99.", "rule-0-season_until": "0.0."},
    {"rule-0-terms": "\x00", "rule-0-on_holidays": ["closed", "normal"]},
    {"policy-start_step": "32768"},
    {"policy-start_step": "-1"},
    {"policy-min_minutes": "9" * 300},
    {"policy-max_minutes": "2147483648"},
    {"policy-notice_by": "25:00"},
    {"policy-notice_by": "12:00:00.000001"},
    {"policy-ahead_until": "0001-01-01"},
    {"policy-ahead_until": "9999-12-31"},
    {"policy-who_may_book": ["everyone", "nobody"]},
    {"policy-approval_purposes": ["-", "no-such-purpose"]},
    {"policy-approval": "\x00"},
    {"policy-terms": "999999999999999999999"},
    {"policy-terms": "x"},
    {"policy-is_whole_day": "perhaps"},
    {"policy-version": "\x00" * 100},
    {"rules-version": ["a", "b"]},
]


@pytest.mark.parametrize("nonsense", ABSURD)
def test_nonsense_is_told_or_left_aside_but_never_an_error_of_ours(desk, room, nonsense):
    url = url_of(room)

    answer = saved(desk, url, **nonsense)
    alone = desk.post(url, nonsense)

    assert answer.status_code in {200, 409, 422}
    assert alone.status_code in {200, 302, 409, 422}
    assert desk.get(url).status_code == 200


@pytest.mark.parametrize("count", ["²", "-1", "", "2", "99999999999999999999999", None])
@pytest.mark.parametrize("change", ["", "remove 0"])
def test_rows_that_did_not_arrive_are_not_taken_away(desk, room, count, change):
    url = url_of(room)
    policies.change_policy(room.venue, {"min_age": 15})
    sent = sent_from(desk.get(url), **{"rules-count": count, "policy-min_age": "18"})
    sent = {name: value for name, value in sent.items() if value is not None}

    answer = desk.post(url, sent | ({"change": change} if change else {}))

    assert answer.status_code == 422
    assert "The form did not arrive whole, and nothing was changed." in answer.text
    assert [row.sentence for row in answer.context["rules"].rows] == ["Every day 0:00–24:00"]
    assert room.venue.timetable.rules.count() == 1
    assert layer_of(room.venue) == {"min_age": 15}
    # What is shown is what is stored: to save it changes nothing.
    assert desk.post(url, sent_from(answer)).status_code == 302
    assert layer_of(room.venue) == {"min_age": 15}


@pytest.mark.parametrize("missing", ["policy-", "policy-min_age", "policy-approval", "rule-0-", "rule"])
def test_what_did_not_arrive_is_not_taken_back(desk, room, missing):
    url = url_of(room)
    policies.change_policy(room.venue, {"min_age": 15, "approval": "request"})
    sent = sent_from(desk.get(url), **{"rule-0-hours": "8–12"})

    answer = desk.post(url, {name: value for name, value in sent.items() if not name.startswith(missing)})

    assert answer.status_code == 422
    assert room.venue.timetable.rules.get().opens == time(0)
    assert layer_of(room.venue) == {"min_age": 15, "approval": "request"}


def test_all_rules_can_be_taken_away(desk, room):
    url = url_of(room)
    none = saved(desk, url, change="remove 0")

    assert desk.post(url, sent_from(none)).status_code == 302
    assert not room.venue.timetable.rules.exists()


def test_99_rules_can_be_saved_and_shown(desk, room):
    url = url_of(room)
    rows: dict[str, str | list[str]] = {}
    for number in range(99):
        rows |= {f"rule-{number}-weekdays": ["1"], f"rule-{number}-open_to": ["everyone"]}
        rows |= {f"rule-{number}-hours": f"{number % 24}–24", f"rule-{number}-every_weeks": "1"}
        rows |= {f"rule-{number}-season_from": "1.1.", f"rule-{number}-season_until": f"{number % 28 + 1}.2."}

    answer = saved(desk, url, **rows, **{"rules-count": "99"})

    assert answer.status_code == 200
    assert room.venue.timetable.rules.count() == 99


# --- Booking rules --------------------------------------------------------------------------------


def test_what_is_left_empty_is_inherited_and_says_from_where(desk, room):
    url = url_of(room)
    policies.change_policy("school", {"min_minutes": 45, "who_may_book": ["residents"]})

    page = desk.get(url)
    assert "Inherited (School): 45 min" in page.text
    assert "Inherited (School): Residents" in page.text
    assert "Usual: 30 min" in page.text

    saved(desk, url, **{"policy-min_minutes": "60", "policy-needs_adult": "true", "policy-quota_week": "0"})
    assert layer_of(room.venue) == {"min_minutes": 60, "needs_adult": True, "quota_week": 0}
    assert "Otherwise (School): 45 min" in desk.get(url).text
    room.refresh_from_db()
    assert (room.min_minutes, room.needs_adult, room.who_may_book) == (60, True, ["residents"])

    answer = saved(desk, url, **{"policy-min_minutes": "", "policy-needs_adult": "", "policy-quota_week": ""})
    assert "The booking rules have been saved." in answer.text
    assert not Policy.objects.filter(venue=room.venue).exists()


def test_a_space_can_say_that_no_purpose_needs_approval_where_its_venue_names_some(desk, room):
    Purpose.objects.create(code="party", name_fi="Juhlat", name_en="Party")
    url = f"/manage/spaces/{room.pk}/rules/"
    saved(desk, url_of(room), **{"policy-approval_purposes": ["party"]})
    assert "Inherited (Keskuskoulu): Party" in desk.get(url).text

    saved(desk, url, **{"policy-approval_purposes": ["-"]})

    room.refresh_from_db()
    assert room.approval_purposes == []
    assert layer_of(room) == {"approval_purposes": []}


def test_rules_that_contradict_each_other_are_told_at_their_field(desk, room):
    policies.change_policy(room, {"max_minutes": 60})

    answer = saved(desk, url_of(room), **{"policy-min_minutes": "90"})

    assert answer.status_code == 422
    assert "Liikuntasali: The longest booking (1 h) is shorter than the shortest (1 h 30 min)." in answer.text
    assert 'href="#id_policy-max_minutes"' in answer.text
    assert 'value="90"' in answer.text


def test_booking_rules_that_somebody_else_changed_meanwhile_are_not_overwritten(desk, room):
    url = url_of(room)
    mine = sent_from(desk.get(url), **{"policy-min_age": "18"})
    policies.change_policy(room.venue, {"min_age": 15})

    answer = desk.post(url, mine)

    assert answer.status_code == 409
    assert "Minimum age: 15" in answer.text
    assert layer_of(room.venue) == {"min_age": 15}
    assert desk.post(url, sent_from(answer)).status_code == 302
    assert layer_of(room.venue) == {"min_age": 18}


def test_the_city_says_what_holds_for_a_kind(desk, room):
    desk.force_login(create_user("Katri", is_staff=True))
    url = "/manage/kinds/school/policy/"

    saved(desk, url, **{"policy-ahead_days": "90"})

    room.refresh_from_db()
    assert room.ahead_days == 90
    assert desk.get("/manage/kinds/castle/policy/").status_code == 404


# --- Spaces ---------------------------------------------------------------------------------------


def test_a_space_gets_hours_of_its_own_and_gives_them_up(desk, room):
    space_page = f"/manage/spaces/{room.pk}/rules/"
    assert "It is open when the venue is." in desk.get(space_page).text

    desk.post(f"/manage/spaces/{room.pk}/own-hours/")
    room.refresh_from_db()
    page = desk.get(space_page, follow=True)

    assert page.redirect_chain == [(f"/manage/hours/{room.timetable_id}/", 302)]
    assert "These hours are the space's own" in page.text.replace("&#x27;", "'")
    assert "opening hours of its own" in desk.get(url_of(room)).text
    desk.post(f"/manage/spaces/{room.pk}/venue-hours/")
    room.refresh_from_db()
    assert room.timetable is None


def test_a_booking_outside_the_hours_that_a_space_comes_back_to_is_shown_before(desk, room):
    own = hours.give_own(room, now=NOW)
    booked = create_booking(room, "10:00", "12:00")
    room.venue.timetable.rules.update(opens=time(17), closes=time(21))
    openings.rebuild(room.venue.timetable, today=MONDAY)

    url = f"/manage/spaces/{room.pk}/venue-hours/"
    answer = desk.post(url)

    assert [row.hit.date.booking for row in answer.context["hits"]] == [booked]
    room.refresh_from_db()
    assert room.timetable == own

    version = answer.context["version"]
    answer = desk.post(
        url, {"impact-decide": "1", "impact-choice": "keep", "impact-version": version}, follow=True
    )

    room.refresh_from_db()
    assert room.timetable is None
    assert booked.get_absolute_url() in answer.text


# --- Days -----------------------------------------------------------------------------------------


def test_several_days_are_closed_at_once_and_one_opened_again_for_some(desk, room):
    url = url_of(room)
    closed = {"first": "2027-02-06", "last": "2027-02-08", "hours": "", "reason_fi": "Hiihtoloma"}

    answer = desk.post(f"{url}days/", closed, follow=True)

    assert len(answer.context["days"]) == 3
    assert "closed (Hiihtoloma)" in answer.text

    club = {"hours": "9–12", "reason_fi": "Turnaus", "open_to": ["minors", "associations"]}
    answer = desk.post(f"{url}days/2027-02-06/", club, follow=True)
    said = room.venue.timetable.exceptions.get(date=SATURDAY)
    assert (said.opens, said.is_staffed) == (time(9), False)
    assert sorted(said.open_to) == ["associations", "minors"]
    assert "only for associations and clubs and for clubs of minors" in answer.text

    desk.post(f"{url}days/2027-02-06/", {"hours": "9–12", "is_staffed": "on"})
    said = room.venue.timetable.exceptions.get(date=SATURDAY)
    assert (said.open_to, said.is_staffed) == (["everyone"], True)

    desk.post(f"{url}days/2027-02-06/forget/")
    assert not room.venue.timetable.exceptions.filter(date=SATURDAY).exists()


def test_many_days_that_are_different_are_all_there(desk, room):
    days = [SATURDAY + timedelta(days=number) for number in range(30)]
    hours.change_days(room.venue.timetable, days, [], reason=NO_REASON, now=NOW)

    page = desk.get(url_of(room))

    assert "18 more days" in page.text
    assert all(f"{url_of(room)}days/{day}/" in page.text for day in days)


def test_whom_a_closed_day_would_hit_is_seen_before_it_is_closed(desk, room):
    create_booking(room, "10:00", "12:00", customer=create_user("Mikael"))

    answer = desk.post(f"{url_of(room)}days/", {"first": "2027-02-06", "reason_fi": "Vaalit"})

    assert answer.status_code == 200
    assert "Mikael" in answer.text
    assert not room.venue.timetable.exceptions.exists()


@pytest.mark.parametrize(
    ("days", "field"),
    [
        ({"first": ""}, "first"),
        ({"first": "2027-01-31"}, "first"),
        ({"first": "2027-02-06", "last": "2027-02-05"}, "last"),
        ({"first": "2027-02-06", "last": "2027-12-31"}, "last"),
        ({"first": "2027-02-06", "hours": "lounas"}, "hours"),
        ({"first": "2027-02-06", "open_to": ["aliens"]}, "open_to"),
        ({"first": "2027-02-10"}, "first"),
        ({"first": "9999-12-31", "last": "9999-12-31"}, None),
    ],
)
def test_impossible_days_are_refused_at_their_field(desk, room, days, field):
    timetable = room.venue.timetable
    hours.change_days(timetable, [date(2027, 2, 10)], [], reason=NO_REASON, now=NOW)

    answer = desk.post(f"/manage/hours/{timetable.pk}/days/", days)

    assert answer.status_code == (422 if field else 302)
    if field:
        assert list(answer.context["form"].errors) == [field]
        assert timetable.exceptions.count() == 1


def test_a_day_that_is_no_day_or_an_ordinary_one_has_no_page(desk, room):
    url = f"{url_of(room)}days/"

    assert {desk.get(url + day).status_code for day in ("2027-02-06/", "2027-02-31/", "x/")} == {404}


# --- Who may, and how much it costs ---------------------------------------------------------------


@pytest.mark.parametrize("who", ["stranger", "caretaker", "manager elsewhere"])
def test_rules_are_changed_by_managers_only(room, who):
    person = {
        "stranger": create_user,
        "caretaker": lambda: create_manager(room.venue, role="caretaker"),
        "manager elsewhere": lambda: create_manager(create_venue()),
    }[who]()
    client, url = Client(), url_of(room)
    client.force_login(person)
    hours.change_days(room.venue.timetable, [SATURDAY], [], reason=NO_REASON, now=NOW)
    pages = [
        url,
        f"{url}days/{SATURDAY}/",
        f"/manage/spaces/{room.pk}/rules/",
        "/manage/kinds/school/policy/",
    ]
    verbs = [
        *pages,
        f"{url}days/",
        f"{url}days/{SATURDAY}/forget/",
        f"/manage/spaces/{room.pk}/own-hours/",
        f"/manage/spaces/{room.pk}/venue-hours/",
    ]

    answers = [client.get(page) for page in pages] + [client.post(verb) for verb in verbs]

    assert {answer.status_code for answer in answers} == {404}
    assert room.venue.timetable.exceptions.count() == 1


def test_a_visitor_is_asked_to_sign_in(room):
    assert Client().get(url_of(room)).status_code == 302
    assert Client().get("/manage/kinds/school/policy/").status_code == 302


def test_the_page_takes_as_many_statements_however_much_there_is_to_show(desk, room):
    url = url_of(room)
    desk.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.get(url)

    club = create_organisation(create_user())
    for number in range(5):
        create_space(venue=room.venue)
        open_weekly(room.venue.timetable, [number + 1], "10:00", "12:00", open_to=["minors"])
        hours.change_days(
            room.venue.timetable,
            [MONDAY + timedelta(days=20 + number)],
            [],
            reason=NO_REASON | {"reason_fi": "Loma"},
            now=NOW,
        )
        create_booking(room, f"{10 + number}:00", f"{11 + number}:00", organisation=club)
    policies.change_policy("school", {"min_minutes": 45})
    policies.change_policy(room.venue, {"min_age": 15})
    Venue.objects.update(name_en="Central school")

    with CaptureQueriesContext(connection) as many:
        desk.get(url)

    assert len(many) == len(few)
    assert len(few) <= 18
