"""Onni decides about what others ask for, and everybody is told the truth."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings import decisions, history, lifecycle
from bookings.models import Booking, Status
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_gym,
    create_manager,
    create_organisation,
    create_space,
    create_user,
)
from venues.clock import at
from venues.models import Space

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    """It is eight o'clock on a Monday, and stays so."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def gym() -> tuple[Space, ...]:
    """A gym of three sections where requests compete for the same time."""
    return create_gym(approval="request", requests_compete=True)


@pytest.fixture
def onni(gym):
    return create_manager(gym[0].venue)


@pytest.fixture
def inbox(onni) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(onni)
    return client


def ask(space: Space, start: int = 10, end: int = 12, *, days: int = 3, **facts) -> Booking:
    """Ask for some hours of a day soon."""
    midnight = at(MONDAY + timedelta(days=days))
    return create_booking(space, midnight + timedelta(hours=start), midnight + timedelta(hours=end), **facts)


def url(name: str, booking: Booking) -> str:
    return reverse(f"bookings:{name}", args=[booking.pk])


# --- What waits -----------------------------------------------------------------------------------


def test_the_soonest_and_the_oldest_wait_on_top(gym, onni):
    _, a, b, _ = gym
    next_month = ask(a, days=30)
    old = ask(a, days=31, now=NOW - timedelta(days=5))
    tomorrow = ask(b, days=1)

    waiting = decisions.waiting(onni, Status.REQUESTED, now=NOW)

    assert list(waiting) == [tomorrow, old, next_month]


def test_the_list_is_paged_and_says_how_many_wait_in_all(gym, inbox):
    for days in range(1, 24):
        ask(gym[1], days=days)

    page = inbox.get("/inbox/")

    assert page.context["page"].paginator.count == 23
    assert len(page.context["page"].object_list) == 20
    assert "1–20 of 23" in page.text
    assert len(inbox.get("/inbox/?page=2").context["page"].object_list) == 3


def test_an_opened_request_is_shown_on_its_own_page_of_the_list(gym, inbox):
    last = [ask(gym[1], days=days) for days in range(1, 23)][-1]

    page = inbox.get(url("request", last))

    assert page.context["page"].number == 2
    assert last in page.context["page"].object_list


def test_what_has_lapsed_waits_no_longer(gym, onni):
    ask(gym[1], days=8, now=NOW - timedelta(days=7, minutes=1))

    assert not decisions.waiting(onni, Status.REQUESTED, now=NOW).exists()


def test_an_empty_inbox_says_so(inbox):
    assert "Nothing waits for your decision." in inbox.get("/inbox/").text
    assert "Nobody owes a payment." in inbox.get("/inbox/unpaid/").text


def test_the_number_of_statements_does_not_grow_with_what_waits(gym, inbox):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert inbox.get("/inbox/").status_code == 200
        return len(queries)

    rivals = [ask(gym[1], days=1) for _ in range(2)]
    few = statements()
    for days in range(1, 15):
        for space in gym:
            ask(space, days=days, organisation=create_organisation(), purpose="Floorball")
    many = statements()

    assert len(rivals) == 2
    assert many == few
    assert many <= 25


# --- What a decision would do ---------------------------------------------------------------------


def test_the_request_names_every_space_that_it_would_block(gym, inbox):
    whole, a, _, a_and_c = gym
    request = ask(a)

    context = inbox.get(url("request", request)).context

    assert context["blocked"] == [whole, a_and_c]
    wished = [
        column.heading
        for column in context["grid"].columns
        if any(stretch.kind == "wish" for stretch in column.stretches)
    ]
    assert wished == ["Koko sali", "Lohko A", "Lohkot A ja C"]
    assert "Lohko B" in [column.heading for column in context["grid"].columns]


def test_the_days_other_bookings_are_drawn_with_whose_they_are(gym, inbox):
    _, a, b, _ = gym
    club = create_organisation(name="Naisvoimistelijat")
    lifecycle.approve(ask(b, 10, 11, organisation=club), by=create_user(), now=NOW)
    request = ask(a, 10, 12)

    grid = inbox.get(url("request", request)).context["grid"]

    labels = {
        column.heading: [stretch.label for stretch in column.stretches if stretch.kind == "busy"]
        for column in grid.columns
    }
    assert labels["Lohko B"] == ["Naisvoimistelijat"]
    assert labels["Koko sali"] == ["Lohko B: Naisvoimistelijat"]
    assert labels["Lohko A"] == []


def test_a_request_over_midnight_is_drawn_to_the_end_of_its_day(gym, inbox):
    request = ask(gym[1], 22, 26)

    grid = inbox.get(url("request", request)).context["grid"]

    assert sum(cell.rows for row in grid.rows for cell in row.cells if cell.kind == "wish") == 3 * 4


def test_rivals_stand_side_by_side(gym, inbox):
    whole, a, b, _ = gym
    request = ask(a, 10, 12)
    rival = ask(whole, 11, 13, customer=create_user("Mikael"), purpose="A tournament")
    ask(b, 10, 12)

    page = inbox.get(url("request", request))

    assert list(page.context["rivals"]) == [rival]
    assert "1 other wants the same time" in page.text
    assert "A tournament" in page.text


def test_it_says_how_the_applicant_has_booked_before(gym, inbox):
    aino, club = create_user(), create_organisation()
    elsewhere = create_space()
    ask(elsewhere, customer=aino, organisation=club, days=2)
    ask(elsewhere, customer=aino, days=4)
    lifecycle.approve(ask(gym[2], customer=aino, organisation=club), by=aino, now=NOW)

    record = inbox.get(url("request", ask(gym[1], customer=aino, organisation=club))).context["record"]

    assert (record.agreed, record.here, record.cancelled) == (2, 1, 0)


def test_a_request_whose_time_is_gone_can_only_be_declined(gym, inbox):
    request = ask(gym[1])
    Space.objects.filter(pk=gym[0].pk).update(approval="instant")
    ask(Space.objects.get(pk=gym[0].pk))

    page = inbox.get(url("request", request))

    assert "can only be declined" in page.text
    assert url("approve", request) not in page.text
    assert url("decline", request) in page.text


# --- Deciding -------------------------------------------------------------------------------------


def test_approving_leads_to_the_next_and_says_what_became_of_the_rivals(gym, inbox):
    request = ask(gym[1], customer=create_user("Aino"))
    rival = ask(gym[1], customer=create_user("Mikael"))
    following = ask(gym[2], days=5)

    answer = inbox.post(url("approve", request), follow=True)

    request.refresh_from_db()
    rival.refresh_from_db()
    assert (request.status, rival.status) == (Status.CONFIRMED, Status.DECLINED)
    assert answer.redirect_chain == [(url("request", following), 302)]
    assert "Approved:" in answer.text
    assert "Mikael wanted the same time: that request was declined" in answer.text


def test_approving_a_paid_space_says_that_it_waits_for_payment(gym, inbox):
    Space.objects.update(payment="before")
    request = ask(Space.objects.with_place().get(pk=gym[1].pk))

    answer = inbox.post(url("approve", request), follow=True)

    assert "The booking now waits for payment." in answer.text
    assert inbox.get("/inbox/unpaid/").context["booking"] == request


def test_the_last_decision_leads_to_an_empty_inbox(gym, inbox):
    answer = inbox.post(url("approve", ask(gym[1])))

    assert answer.url == "/inbox/"


def test_declining_gives_the_reason_in_the_customers_language(gym, inbox):
    request = ask(gym[1], customer=create_user(language="fi"))

    inbox.post(url("decline", request), {"usual": "too_many", "words": "Kokeile isoa salia."})

    request.refresh_from_db()
    assert request.status == Status.DECLINED
    assert request.reason == "Teitä on liikaa tähän tilaan. Kokeile isoa salia."


@pytest.mark.parametrize(
    "answers", [{}, {"usual": "own_words"}, {"usual": "own_words", "words": "  "}, {"usual": "no-such"}]
)
def test_declining_without_a_reason_asks_for_one(gym, inbox, answers):
    request = ask(gym[1])

    page = inbox.post(url("decline", request), answers)

    request.refresh_from_db()
    assert page.status_code == 422
    assert request.status == Status.REQUESTED


def test_declining_works_without_script_on_a_page_of_its_own(gym, inbox):
    page = inbox.get(url("decline", ask(gym[1])))

    assert "Why is the request declined?" in page.text


def test_whoever_comes_second_is_told_plainly_who_decided(gym, inbox):
    request = ask(gym[1])
    kaisa = create_manager(gym[0].venue, name="Kaisa")
    lifecycle.decline(request, by=kaisa, reason="Remontti", now=NOW)

    answer = inbox.post(url("approve", request), follow=True)

    request.refresh_from_db()
    assert request.status == Status.DECLINED
    assert "This cannot be done any more. The booking is now: Declined." in answer.text
    assert "Kaisa declined this on" in answer.text


def test_a_payment_that_was_seen_confirms_the_booking(gym, onni, inbox):
    Space.objects.update(approval="instant", payment="before")
    booking = ask(Space.objects.with_place().get(pk=gym[1].pk))

    answer = inbox.post(url("settle", booking), follow=True)

    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    assert "Paid and confirmed" in answer.text
    assert str(onni) in {event.by for event in history.of(booking, reader=create_manager(gym[0].venue))}


def test_a_venue_cancels_with_a_reason_and_frees_the_time(gym, inbox):
    booking = lifecycle.approve(ask(gym[1]), by=create_user(), now=NOW)

    inbox.post(url("cancel_by_venue", booking), {"usual": "own_words", "words": "Vesivahinko"})

    booking.refresh_from_db()
    assert (booking.status, booking.reason) == (Status.CANCELLED, "Vesivahinko")
    assert not booking.dates.holding().exists()


# --- Whose business it is -------------------------------------------------------------------------


PAGES = ["request", "decline", "cancel_by_venue"]
DEEDS = ["approve", "decline", "settle", "cancel_by_venue"]


@pytest.mark.parametrize("who", ["stranger", "applicant", "caretaker", "manager of another venue"])
def test_for_everybody_else_there_is_no_such_page(gym, who):
    request = ask(gym[1])
    person = {
        "stranger": create_user,
        "applicant": lambda: request.customer,
        "caretaker": lambda: create_manager(gym[0].venue, role="caretaker"),
        "manager of another venue": lambda: create_manager(create_space().venue),
    }[who]()
    client = Client()
    client.force_login(person)

    answers = [client.get(url(name, request)) for name in PAGES]
    answers += [client.post(url(name, request), {"usual": "own_words", "words": "Ei"}) for name in DEEDS]

    assert {answer.status_code for answer in answers} == {404}
    request.refresh_from_db()
    assert request.status == Status.REQUESTED
    if who != "manager of another venue":
        assert client.get("/inbox/").status_code == client.get("/inbox/unpaid/").status_code == 404


def test_staff_see_and_decide_everything(gym):
    request = ask(gym[1])
    client = Client()
    client.force_login(create_user("Kaisa", is_staff=True))

    assert client.get("/inbox/").context["booking"] == request
    client.post(url("approve", request))

    request.refresh_from_db()
    assert request.status == Status.CONFIRMED


def test_visitors_sign_in_first(gym, client):
    request = ask(gym[1])

    for address in ["/inbox/", "/inbox/unpaid/", url("request", request), url("decline", request)]:
        assert client.get(address).url.startswith("/account/login/?next=")
    assert client.post(url("approve", request)).url.startswith("/account/login/?next=")


def test_looking_decides_nothing(gym, inbox):
    request = ask(gym[1])

    assert inbox.get(url("approve", request)).status_code == 405
    assert inbox.get(url("settle", request)).status_code == 405
