"""Onni sees whom a change hits, decides about them, and may take it all back for a while."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from bookings import impacts, lifecycle
from bookings.models import Booking, Closure, Hit, Impact, Status
from bookings.wishes import Wish
from tests.bookings.pages import signed_in
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
    create_venue,
)
from venues.clock import at
from venues.models import Space
from venues.wording import full_when, when

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]
FIRST = MONDAY + timedelta(days=4)  # of the days that are closed


def book(space: Space, *, days: int = 0, hours: int = 10, **facts) -> Booking:
    """Book two hours on one of the days that are about to be closed."""
    begins = at(FIRST + timedelta(days=days)) + timedelta(hours=hours)
    return create_booking(space, begins, begins + timedelta(hours=2), **facts)


def closing(space: Space, *, days: int = 7, **facts) -> dict:
    last = FIRST + timedelta(days=days - 1)
    return {
        "spaces": [space.pk],
        "repeats": "",
        "first": FIRST.isoformat(),
        "last": last.isoformat(),
        "reason_fi": "Remontti",
        "is_reason_public": "on",
    } | facts


def post(desk: Client, space: Space, said: dict, **more):
    return desk.post(f"/manage/venues/{space.venue_id}/closures/new/", said | more)


def decide(desk: Client, space: Space, said: dict, choice: str, **more):
    """Look at the preview, and decide about all that it shows."""
    preview = post(desk, space, said)
    decision = {
        "impact-choice": choice,
        "impact-reason": "Sali remontoidaan.",
        "impact-version": preview.context["version"],
        "impact-decide": "yes",
    }
    return post(desk, space, said, **decision | more)


def fate_of(booking: Booking) -> str:
    return Hit.objects.get(date__booking=booking).fate


# --- The preview ----------------------------------------------------------------------------------


def test_the_preview_says_whose_bookings_are_hit_and_changes_nothing(desk, gym, venue):
    mikael = create_user("Mikael Lindholm")
    booking = book(gym[1], customer=mikael, organisation=create_organisation(mikael, name="Idän Sähly ry"))
    book(gym[1], days=9)  # after the closure

    page = post(desk, gym[0], closing(gym[0]))

    assert page.status_code == 200
    assert "1 booking is hit." in page.text
    assert "Idän Sähly ry" in page.text
    assert booking.get_absolute_url() in page.text
    assert "Nearest free:" in page.text
    assert "Close Koko sali and keep 1 booking" in page.text
    assert "Close Koko sali and cancel 1 booking" in page.text
    assert not Closure.objects.exists()
    assert not Impact.objects.exists()


def test_the_preview_carries_what_was_written(desk, gym, venue):
    book(gym[1])
    said = closing(gym[0], spaces=[gym[1].pk, gym[2].pk], reason_sv="<Ombyggnad>")

    page = post(desk, gym[0], said)

    hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    assert ("spaces", str(gym[1].pk)) in hidden
    assert ("spaces", str(gym[2].pk)) in hidden
    assert ("reason_sv", "&lt;Ombyggnad&gt;") in hidden


def test_everybody_reads_the_reason_of_the_closure_in_their_own_language(desk, gym, venue):
    for language in ("sv", "fi"):
        book(gym[1], customer=create_user(language=language), days=len(Booking.objects.all()))
    said = closing(gym[0], reason_sv="Renovering")
    assert "Remontti / Renovering" in post(desk, gym[0], said).text

    answer = decide(desk, gym[0], said, "cancel", **{"impact-reason": "Remontti"})

    assert answer.status_code == 302
    assert "Remontti" in desk.get(answer.url).text
    impacts.carry_out(Impact.objects.get(), now=NOW + settings.GRACE)
    reasons = dict(Booking.objects.values_list("customer__language", "reason"))
    assert reasons == {"sv": "Renovering", "fi": "Remontti"}


def test_one_goes_back_to_the_form_and_finds_it_as_it_was_written(desk, gym, venue):
    book(gym[1])

    page = post(desk, gym[0], closing(gym[0]), **{"impact-back": "yes", "impact-choice": "cancel"})

    assert page.status_code == 200
    assert page.context["form"]["reason_fi"].value() == "Remontti"
    assert not Closure.objects.exists()


def test_a_hidden_reason_is_not_given_to_the_customers_unasked(desk, gym, venue):
    book(gym[1])

    said = closing(gym[0], is_reason_public="")
    assert "Remontti" not in post(desk, gym[0], said).context["form"]["reason"].help_text

    answer = decide(desk, gym[0], said, "cancel", **{"impact-reason": ""})

    assert answer.status_code == 422
    assert "Write the reason." in answer.text


def test_many_hits_are_paged_and_choices_on_other_pages_are_kept(desk, gym, venue):
    bookings = [book(gym[1], days=n // 5, hours=8 + 2 * (n % 5)) for n in range(23)]
    first, last = bookings[0].dates.get(), bookings[-1].dates.get()
    said = closing(gym[0])

    page = post(desk, gym[0], said, **{f"impact-fate-{first.pk}": "cancel", "impact-page": "2"})

    assert "23 bookings are hit." in page.text
    assert "21–23 of 23" in page.text
    assert [row.hit.date for row in page.context["hits"]][-1] == last
    assert f'<input type="hidden" name="impact-fate-{first.pk}" value="cancel">' in page.text
    assert post(desk, gym[0], said, **{"impact-page": "99"}).context["page"].number == 2
    assert post(desk, gym[0], said, **{"impact-page": "x"}).context["page"].number == 1


def test_the_number_of_statements_does_not_grow_with_the_hits(desk, gym, venue):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            page = post(desk, gym[0], closing(gym[0]))
        assert page.status_code == 200
        return len(queries)

    customers = [create_user() for _ in range(3)]
    for n in range(2):
        book(gym[1], days=n, customer=customers[n % 3])
    few = statements()
    for n in range(15):
        book(gym[1], days=n // 4, hours=12 + 2 * (n % 4), customer=customers[n % 3])

    assert statements() == few


def test_thousands_of_values_come_through(desk, gym, venue):
    book(gym[1])

    page = post(desk, gym[0], closing(gym[0]) | {"extra": [str(n) for n in range(5000)]})

    assert page.status_code == 200
    assert page.text.count('name="extra"') == 5000


# --- The decision ---------------------------------------------------------------------------------


def test_all_are_cancelled_with_notice_when_the_grace_is_over(desk, gym, venue):
    booking = book(gym[1], customer=create_user("Aino", email="aino@example.org"))

    page = desk.get(decide(desk, gym[0], closing(gym[0]), "cancel").url)

    assert "Notices go out at 8:15" in page.text
    assert "1 will be cancelled" in page.text
    assert "Sali remontoidaan." in page.text
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    impacts.carry_out(Impact.objects.get(), now=NOW + settings.GRACE)
    booking.refresh_from_db()
    assert (booking.status, booking.reason) == (Status.CANCELLED, "Sali remontoidaan.")
    with time_machine.travel(NOW + settings.GRACE, tick=False):
        assert "The customers have been told" in desk.get(page.request["PATH_INFO"]).text


def test_all_are_kept(desk, gym, venue):
    booking = book(gym[1])

    answer = decide(desk, gym[0], closing(gym[0]), "keep", **{"impact-reason": ""})

    assert "Can be undone until 8:15" in desk.get(answer.url).text
    assert fate_of(booking) == "keep"
    assert Closure.objects.get().dates.exists()


def test_what_can_be_moved_is_moved_and_the_rest_cancelled(desk, gym, venue):
    booking = book(gym[1])

    answer = decide(desk, gym[0], closing(gym[0], days=2), "move_or_cancel")

    assert fate_of(booking) == "move"
    assert "Moves to" in desk.get(answer.url).text


def test_single_bookings_have_fates_of_their_own(desk, gym, venue):
    kept, cancelled, other = book(gym[1]), book(gym[1], days=1), book(gym[1], days=2)

    decide(
        desk,
        gym[0],
        closing(gym[0]),
        "cancel",
        **{f"impact-fate-{kept.dates.get().pk}": "keep", f"impact-fate-{cancelled.dates.get().pk}": "cancel"},
    )

    assert [fate_of(booking) for booking in (kept, cancelled, other)] == ["keep", "cancel", "cancel"]


@pytest.mark.parametrize(
    "decision",
    [
        {"impact-choice": "cancel", "impact-reason": ""},
        {"impact-choice": "move_or_keep", "impact-reason": " "},
        {"impact-choice": "burn", "impact-reason": "Syy"},
        {"impact-choice": "", "impact-reason": "Syy"},
        {"impact-choice": "cancel", "impact-reason": "x" * 1001},
    ],
)
def test_a_decision_that_lacks_something_decides_nothing(desk, gym, venue, decision):
    book(gym[1])

    said = closing(gym[0], is_reason_public="")

    answer = post(desk, gym[0], said, **decision | {"impact-decide": "yes"})

    assert answer.status_code == 422
    assert not Impact.objects.exists()
    assert not Closure.objects.exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"impact-version": ""},
        {"impact-fate-x": "cancel"},
        {"impact-fate-": "cancel"},
        {"impact-fate-99999999999999999999": "cancel"},
        {"impact-fate-1": "burn"},
        {"impact-page": "-1"},
        {"impact-page": "9" * 40},
    ],
)
def test_nonsense_is_not_obeyed_and_breaks_nothing(desk, gym, venue, nonsense):
    booking = book(gym[1])

    answer = decide(desk, gym[0], closing(gym[0]), "keep", **nonsense)

    assert answer.status_code in {302, 409}
    assert booking.dates.get().holds_time


def test_a_booking_that_came_in_between_is_shown_before_it_is_hit(desk, gym, venue):
    book(gym[1])
    said = closing(gym[0])
    seen = post(desk, gym[0], said).context["version"]
    late = book(gym[2], customer=create_user("Aino Myöhäinen"))
    decision = {"impact-choice": "cancel", "impact-reason": "Syy", "impact-decide": "yes"}

    answer = post(desk, gym[0], said, **decision, **{"impact-version": seen})

    assert answer.status_code == 409
    assert "Aino Myöhäinen" in answer.text
    assert not Impact.objects.exists()
    again = post(desk, gym[0], said, **decision, **{"impact-version": answer.context["version"]})
    assert again.status_code == 302
    assert fate_of(late) == "cancel"


# --- Afterwards -----------------------------------------------------------------------------------


def test_a_change_is_undone_and_everything_is_as_it_was(desk, gym, venue):
    booking = book(gym[1])
    page = desk.get(decide(desk, gym[0], closing(gym[0]), "cancel").url)
    impact = Impact.objects.get()
    assert "Undo the whole change" in page.text

    answer = desk.post(f"/manage/changes/{impact.pk}/undo/", follow=True)

    assert "Undone. Everything is as it was" in answer.text
    impacts.carry_out(impact, now=NOW + settings.GRACE)
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    assert not Closure.objects.in_force().exists()
    assert book(gym[1], days=1).is_live
    assert not any("Remontti" in message.subject for message in mail.outbox)


def test_it_is_too_late_to_undo_what_has_gone_out(desk, gym, venue):
    book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")
    impact = Impact.objects.get()
    impacts.carry_out(impact, now=NOW + settings.GRACE)

    with time_machine.travel(NOW + settings.GRACE, tick=False):
        answer = desk.post(f"/manage/changes/{impact.pk}/undo/", follow=True)

    assert "It is too late" in answer.text
    assert "Undo the whole change" not in answer.text
    assert Closure.objects.in_force().exists()


def test_of_a_change_that_found_all_bookings_changed_nobody_is_said_to_have_been_told(desk, gym, venue):
    booking = book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")
    lifecycle.cancel(booking, by=booking.customer, now=NOW)
    impact = Impact.objects.get()
    impacts.carry_out(impact, now=NOW + settings.GRACE)

    page = desk.get(f"/manage/changes/{impact.pk}/").text

    assert "The bookings were left alone" in page
    assert "1 left alone" in page
    assert "The customers have been told" not in page
    assert "1 cancelled" not in page


def test_the_bookings_are_kept_after_all_while_the_closure_stays(desk, gym, venue):
    booking = book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")

    answer = desk.post(f"/manage/changes/{Impact.objects.get().pk}/spare/", follow=True)

    assert "All bookings are kept" in answer.text
    assert fate_of(booking) == "keep"
    assert Closure.objects.in_force().exists()


def test_the_list_tells_each_change_and_where_it_stands(desk, gym, venue):
    assert "No change has hit a booking." in desk.get(f"/manage/venues/{venue.pk}/changes/").text
    book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")

    page = desk.get(f"/manage/venues/{venue.pk}/changes/")

    assert "Carried out at 8:15" in page.text
    assert "1 will be cancelled" in page.text


def test_pages_of_the_venue_say_that_a_change_can_be_undone(desk, gym, venue):
    book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")
    impact = Impact.objects.get()

    for address in (f"/manage/venues/{venue.pk}/", f"/manage/venues/{venue.pk}/closures/"):
        assert f"/manage/changes/{impact.pk}/" in desk.get(address).text
    desk.post(f"/manage/changes/{impact.pk}/undo/")
    assert f"/manage/changes/{impact.pk}/" not in desk.get(f"/manage/venues/{venue.pk}/").text


def test_a_closure_whose_bookings_wait_is_undone_and_not_lifted(desk, gym, venue):
    book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")

    answer = desk.post(f"/manage/closures/{Closure.objects.get().pk}/lift/", follow=True)

    assert "Undo the whole change here." in answer.text
    assert Closure.objects.in_force().exists()


def test_a_decision_that_is_sent_twice_is_made_once(desk, gym, venue):
    booking = book(gym[1])
    said = closing(gym[0])
    preview = post(desk, gym[0], said)
    decision = {"impact-choice": "cancel", "impact-version": preview.context["version"], "impact-decide": "y"}

    answers = [post(desk, gym[0], said, **decision) for _press in range(2)]

    impact = Impact.objects.get()
    assert [answer.url for answer in answers] == [f"/manage/changes/{impact.pk}/"] * 2
    desk.post(f"/manage/changes/{impact.pk}/undo/")
    assert not Closure.objects.in_force().exists()
    booking.refresh_from_db()
    assert booking.is_live


def test_others_neither_see_nor_undo_a_change(desk, gym, venue):
    book(gym[1])
    decide(desk, gym[0], closing(gym[0]), "cancel")
    address = f"/manage/changes/{Impact.objects.get().pk}/"

    for somebody in (create_user("Aino"), create_manager(create_venue(), name="Kaisa")):
        assert signed_in(somebody).get(address).status_code == 404
        assert signed_in(somebody).post(f"{address}undo/").status_code == 404
    caretaker = signed_in(create_manager(venue, name="Pertti", role="caretaker"))
    assert caretaker.get(address).status_code == 200
    assert "undo/" not in caretaker.get(address).text
    assert caretaker.post(f"{address}undo/").status_code == 404
    assert caretaker.post(f"{address}spare/").status_code == 404
    assert signed_in(create_user(is_staff=True)).post(f"{address}undo/").status_code == 302


def test_of_a_change_at_several_venues_each_sees_the_bookings_of_the_own(gym, venue):
    elsewhere = create_space(name_fi="Toinen sali")
    mine, others = book(gym[1]), book(elsewhere)
    city = signed_in(create_user("Katri", is_staff=True))
    address = "/manage/closures/new/?kind=school"
    said = closing(gym[0], venues=[venue.pk, elsewhere.venue_id])
    preview = city.post(address, said)
    assert preview.context["total"] == 2
    decision = {
        "impact-choice": "keep",
        "impact-version": preview.context["version"],
        "impact-decide": "yes",
    }

    answer = city.post(address, said | decision)

    assert len(city.get(answer.url).context["page"]) == 2
    hits = signed_in(create_manager(venue)).get(answer.url).context["page"]
    assert [hit.date.booking for hit in hits] == [mine]
    assert others.is_live
    assert answer.url in city.get("/manage/changes/").text


def test_whoever_looks_after_the_venues_no_more_sees_no_customers_and_undoes_nothing(gym, venue):
    elsewhere = create_space()
    mikael = create_user("Mikael Lindholm")
    book(gym[1], customer=mikael)
    onni = create_manager(venue, elsewhere.venue)
    said = closing(gym[0], venues=[venue.pk, elsewhere.venue_id])
    preview = signed_in(onni).post("/manage/closures/new/?kind=school", said)
    decision = {"impact-choice": "cancel", "impact-version": preview.context["version"], "impact-decide": "y"}
    page = signed_in(onni).post("/manage/closures/new/?kind=school", said | decision).url
    assert "Undo the whole change" in signed_in(onni).get(page).text

    onni.venue_roles.filter(venue=venue).delete()

    assert signed_in(onni).get(page).status_code == 404
    assert signed_in(onni).post(f"{page}undo/").status_code == 404
    assert Impact.objects.pending().exists()


# --- What the customer reads ----------------------------------------------------------------------


@pytest.fixture
def aino():
    return create_user("Aino")


def test_during_the_grace_the_customer_sees_nothing_of_it(desk, gym, venue, aino):
    booking = book(gym[1], customer=aino)
    decide(desk, gym[0], closing(gym[0]), "cancel")

    page = signed_in(aino).get(booking.get_absolute_url())

    assert "The time is yours." in page.text
    assert "Sali remontoidaan." not in page.text


def test_whose_booking_was_cancelled_reads_why_and_is_offered_another_time(desk, gym, venue, aino):
    booking = book(gym[1], customer=aino, attendees=12)
    decide(desk, gym[0], closing(gym[0], days=2), "cancel")
    impacts.carry_out(Impact.objects.get(), now=NOW + settings.GRACE)

    page = signed_in(aino).get(booking.get_absolute_url())

    assert "The venue had to cancel this booking." in page.text
    assert "Sali remontoidaan." in page.text
    offers = page.context["offers"]
    assert offers
    assert offers[0]["action"] in page.text.replace("&amp;", "&")
    assert "people=12" in offers[0]["action"]
    answer = signed_in(aino).post(
        offers[0]["action"],
        {"period": f"{offers[0]['starts_at'].isoformat()}/{offers[0]['ends_at'].isoformat()}"},
    )
    assert answer.status_code == 302
    assert "/form/" in answer.url
    assert signed_in(aino).get(page.context["search_url"]).status_code == 200
    assert "offers" not in desk.get(booking.get_absolute_url()).context


def test_whose_booking_was_moved_reads_both_times_and_may_cancel(desk, gym, venue, aino):
    booking = book(gym[1], customer=aino)
    before = booking.dates.get()
    decide(desk, gym[0], closing(gym[0], days=2), "move_or_cancel")
    impacts.carry_out(Impact.objects.get(), now=NOW + settings.GRACE)

    page = signed_in(aino).get(booking.get_absolute_url())

    after = booking.dates.get()
    assert (before.space_id, before.starts_at) != (after.space_id, after.starts_at)
    assert "The venue had to move your booking." in page.text
    assert "Sali remontoidaan." in page.text
    with translation.override("en"):
        assert full_when(before.starts_at, before.ends_at) in page.text
        assert full_when(after.starts_at, after.ends_at) in page.text
    assert f"/bookings/{booking.pk}/cancel/" in page.text


def test_whoever_moved_the_booking_on_reads_no_more_that_the_venue_moved_it(desk, gym, venue, aino):
    booking = book(gym[1], customer=aino)
    decide(desk, gym[0], closing(gym[0], days=2), "move_or_cancel")
    impact, due = Impact.objects.get(), NOW + settings.GRACE
    impacts.carry_out(impact, now=due)
    booking.refresh_from_db()
    moved = booking.dates.get()
    later = moved.starts_at + timedelta(days=7)
    lifecycle.move(booking, Wish(booking.space, later, later + timedelta(hours=2)), by=aino, now=due)

    page = signed_in(aino).get(booking.get_absolute_url()).text

    assert "The venue had to move your booking." not in page
    with translation.override("en"):
        assert (
            f"Moved: {when(moved.starts_at, moved.ends_at)}" in desk.get(f"/manage/changes/{impact.pk}/").text
        )


def test_the_page_of_a_change_costs_the_same_for_few_and_for_many(desk, gym, venue):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(f"/manage/changes/{impact.pk}/").status_code == 200
        return len(queries)

    costs = []
    for first, number in ((0, 1), (10, 6)):
        bookings = [book(gym[1], days=first + n) for n in range(number)]
        last = (FIRST + timedelta(days=first + number - 1)).isoformat()
        said = closing(gym[0], first=(FIRST + timedelta(days=first)).isoformat(), last=last)
        decide(desk, gym[0], said, "move_or_keep")
        impact = Impact.objects.latest("pk")
        assert impact.hits.filter(fate="move").count() == len(bookings)
        before = statements()
        impacts.carry_out(impact, now=impact.due_at)
        costs.append((before, statements()))

    assert costs[0] == costs[1]


def test_a_booking_that_its_customer_cancelled_tells_of_no_change(desk, gym, venue, aino):
    booking = book(gym[1], customer=aino)
    decide(desk, gym[0], closing(gym[0]), "cancel")
    lifecycle.cancel(booking, by=aino, now=NOW)
    impacts.carry_out(Impact.objects.get(), now=NOW + settings.GRACE)

    page = signed_in(aino).get(booking.get_absolute_url())

    assert "This booking has been cancelled." in page.text
    assert "The venue had to cancel" not in page.text
    impact = desk.get(f"/manage/changes/{Impact.objects.get().pk}/")
    assert "Left alone: it had changed meanwhile" in impact.text
