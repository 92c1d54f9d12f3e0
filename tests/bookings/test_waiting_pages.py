"""The pages of the waiting list: asking to wait, what is offered, and answering from the mail."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Membership
from bookings import waiting
from bookings.models import Booking, Offer, Status, Waiting
from tests.bookings.pages import period, press, signed_in, words
from tests.bookings.test_waiting import SATURDAY, freed, wished
from tests.factories import (
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_space,
    create_user,
)
from venues.models import Purpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

SAID = {
    "weekdays": ["6"],
    "earliest": "10:00",
    "latest": "12:00",
    "minutes": "120",
    "first_on": SATURDAY.isoformat(),
    "last_on": SATURDAY.isoformat(),
    "purpose": "Sählyä",
    "attendees": "12",
}
MINE = "/waiting/"


@pytest.fixture
def aino():
    return create_user("Aino")


@pytest.fixture
def offered(hall, aino) -> Offer:
    """A time in the hall that came free and is held for Aino."""
    return offer_to(hall, aino)


def offer_to(space, who, **facts) -> Offer:
    booking = create_booking(space)
    waiting.wait(wished(space, **facts), customer=who, now=NOW)
    (offer,) = freed(booking)
    return offer


def visitor() -> Client:
    return Client(headers={"accept-language": "en"})


# --- Asking to wait -------------------------------------------------------------------------------


def test_from_a_taken_time_one_waits_for_just_that_time(hall, aino):
    create_booking(hall)
    client = signed_in(aino)
    page = press(client, hall)
    assert "Wait for it" in words(page)

    form = client.get(page.context["wait"])
    known = form.context["form"].initial
    assert (known["weekdays"], known["minutes"], known["first_on"]) == ([6], 120, SATURDAY)
    response = client.post(page.context["wait"], SAID)

    assert response.url == MINE
    waits = Waiting.objects.get()
    assert (waits.customer, [*waits.spaces.all()], waits.weekdays) == (aino, [hall], [6])
    assert (waits.minutes, waits.attendees, waits.purpose) == (120, 12, "Sählyä")
    assert "Stop waiting" in words(client.get(MINE))


def test_who_looks_for_herself_waits_for_herself_though_she_acts_for_a_club(hall, aino):
    club = create_organisation(aino)
    create_booking(hall)
    client = signed_in(aino)
    client.post(reverse("act_for"), {"organisation": club.pk})

    hold = f"{reverse('bookings:hold', args=[hall.pk])}?organisation="
    page = client.post(hold, {"period": period()})
    form = client.get(page.context["wait"])
    of_the_space = client.get(f"{reverse('bookings:space', args=[hall.pk])}?organisation=")

    assert form.context["form"]["organisation"].value() == ""
    link = re.search(r'href="([^"]*/waiting/new/[^"]*)"', of_the_space.content.decode())[1]
    assert client.get(html.unescape(link)).context["form"]["organisation"].value() == ""


def test_one_may_wait_for_any_part_of_a_hall_or_any_gym_of_the_venue(gym, venue, aino):
    whole, a, *_rest = gym
    sports = Purpose.objects.create(code="sports", name_fi="Liikunta")
    other = create_space(venue=venue, name_fi="Peilisali")
    for space in (a, other):
        space.purposes.add(sports)
    client = signed_in(aino)
    address = f"/waiting/new/?space={a.pk}"
    assert "Any such space of Keskuskoulu" in words(client.get(address))

    client.post(address, SAID | {"reach": "hall"})
    client.post(address, SAID | {"reach": "venue"})

    hall_wait, venue_wait = Waiting.objects.order_by("pk")
    assert set(hall_wait.spaces.all()) == set(gym)
    assert set(venue_wait.spaces.all()) == {a, other}
    assert whole in hall_wait.spaces.all()


def test_a_search_without_results_leads_to_waiting(hall, aino):
    create_booking(hall, "09:00", "13:00")
    asked = f"when=dates&first={SATURDAY}&length=120&time_from=10:00&time_to=12:00&people=12"
    client = signed_in(aino)
    page = client.get(f"/?{asked}")
    assert "Wait for it" in words(page)

    known = client.get(f"/waiting/new/?{asked}").context["form"].initial
    response = client.post(f"/waiting/new/?{asked}", SAID)

    assert (known["weekdays"], known["attendees"], known["minutes"]) == ([6], 12, 120)
    assert response.url == MINE
    assert [*Waiting.objects.get().spaces.all()] == [hall]


def test_what_is_wrong_is_said_beside_the_field(hall, aino):
    client = signed_in(aino)

    page = client.post(f"/waiting/new/?space={hall.pk}", SAID | {"minutes": "180"})

    assert page.status_code == 409
    assert "This is longer than the time of day that would do." in words(page)
    assert 'href="#id_minutes"' in page.content.decode()
    assert client.post(f"/waiting/new/?space={hall.pk}", {}).status_code == 422


@pytest.mark.parametrize(
    "query", ["", "?space=9999", "?space=x", "?space=" + "9" * 30, "?when=never", "?where=Atlantis"]
)
def test_nobody_waits_for_a_space_that_is_not_there(aino, query):
    assert signed_in(aino).get(f"/waiting/new/{query}").status_code == 404


def test_a_wait_for_an_organisation_says_so(hall, aino):
    club = create_organisation(aino)
    client = signed_in(aino)
    form = client.get(f"/waiting/new/?space={hall.pk}&organisation={club.pk}").context["form"]
    assert str(form["organisation"].value()) == str(club.pk)

    client.post(f"/waiting/new/?space={hall.pk}", SAID | {"organisation": club.pk})

    assert Waiting.objects.get().organisation == club
    assert "Hertsikan yhdistys" in words(client.get(MINE))


# --- Mine -----------------------------------------------------------------------------------------


def test_an_open_offer_is_on_top_and_says_until_when(offered, aino):
    page = signed_in(aino).get(MINE)

    assert "Came free for you" in words(page)
    assert "20:00" in words(page)  # twelve hours from now
    assert offered.get_absolute_url() in page.content.decode()


def test_to_stop_waiting_takes_one_press(hall, aino):
    waits = waiting.wait(wished(hall), customer=aino, now=NOW)

    response = signed_in(aino).post(reverse("bookings:give_up", args=[waits.pk]))

    assert response.url == MINE
    waits.refresh_from_db()
    assert waits.ended_at == NOW


# --- Answering ------------------------------------------------------------------------------------


def test_the_link_in_the_mail_answers_nothing_by_itself(offered):
    page = visitor().get(offered.get_absolute_url())

    assert page.status_code == 200
    assert "A time came free for you" in words(page)
    assert "no-store" in page["Cache-Control"]
    offered.refresh_from_db()
    assert offered.state == "open"


def test_one_press_on_the_page_of_the_mail_accepts_without_signing_in(offered, aino):
    client = visitor()

    response = client.post(offered.get_absolute_url())
    page = client.get(response.url)

    booking = Booking.objects.get(customer=aino)
    assert booking.status == Status.CONFIRMED
    assert response.url == offered.get_absolute_url()
    assert "You have accepted this time" in words(page)


def test_a_second_press_books_nothing_twice(offered, aino):
    client = signed_in(aino)
    client.post(offered.get_absolute_url())

    page = client.post(offered.get_absolute_url())

    assert Booking.objects.filter(customer=aino).count() == 1
    assert "You have accepted this time" in words(page)


def test_declining_lets_the_next_in_line_have_it(offered, hall):
    response = visitor().post(reverse("bookings:decline_offer", args=[offered.token]))

    offered.refresh_from_db()
    assert offered.state == "declined"
    assert response.url == offered.get_absolute_url()
    create_booking(hall)


def test_what_the_space_asks_for_is_asked_on_the_page(aino):
    space = create_space(needs_adult=True)
    booking = create_booking(space, adult_name="Liisa", adult_phone="040")
    waiting.wait(wished(space), customer=aino, now=NOW)
    (offer,) = freed(booking)
    client = visitor()

    assert client.post(offer.get_absolute_url(), {}).status_code == 422
    client.post(offer.get_absolute_url(), {"adult_name": "Liisa", "adult_phone": "040 123"})

    assert Booking.objects.get(customer=aino).adult_phone == "040 123"


def test_the_mail_does_not_tell_a_phone_number(aino):
    aino.phone = "040 999 888"
    aino.save()
    space = create_space(needs_adult=True)
    booking = create_booking(space, adult_name="Liisa", adult_phone="040")
    waiting.wait(wished(space), customer=aino, now=NOW)
    (offer,) = freed(booking)

    assert "040 999 888" not in visitor().get(offer.get_absolute_url()).content.decode()
    assert "040 999 888" in signed_in(aino).get(offer.get_absolute_url()).content.decode()


def test_what_stands_in_the_way_by_now_is_said(aino):
    space = create_space(quota_week=1)
    offer = offer_to(space, aino)
    create_booking(space, "14:00", "15:00", customer=aino)

    page = visitor().post(offer.get_absolute_url())

    assert page.status_code == 409
    assert "It cannot be accepted like this" in words(page)
    offer.refresh_from_db()
    assert offer.state == "open"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (lambda offer: waiting.lapse(offer, now=offer.expires_at), "The time to answer is over"),
        (lambda offer: waiting.withdraw(offer, now=NOW), "cannot be had any more"),
        (lambda offer: waiting.decline(offer, by=offer.waiting.customer, now=NOW), "You did not need it"),
    ],
    ids=["lapsed", "withdrawn", "declined"],
)
def test_an_offer_that_is_over_says_why(offered, end, said):
    end(offered)
    client = visitor()

    assert said in words(client.get(offered.get_absolute_url()))
    assert said in words(client.post(offered.get_absolute_url()))
    assert Booking.objects.exclude(status=Status.CANCELLED).count() == 0


def test_a_colleague_answers_in_her_own_name(hall, aino):
    mikael = create_user("Mikael")
    club = create_organisation(aino, mikael)
    offer = offer_to(hall, aino, organisation=club)

    response = signed_in(mikael).post(offer.get_absolute_url())

    booking = Booking.objects.get(organisation=club)
    assert booking.customer == mikael
    assert response.url == booking.get_absolute_url()


# --- Strangers ------------------------------------------------------------------------------------


def test_a_stranger_sees_and_answers_nothing(offered, aino):
    stranger = signed_in(create_user("Stranger"))

    assert stranger.get(offered.get_absolute_url()).status_code == 404
    assert stranger.post(offered.get_absolute_url()).status_code == 404
    assert stranger.post(reverse("bookings:decline_offer", args=[offered.token])).status_code == 404
    assert stranger.post(reverse("bookings:give_up", args=[offered.waiting_id])).status_code == 404
    assert "Sählyä" not in words(stranger.get(MINE))
    assert offered.get_absolute_url() not in stranger.get(MINE).content.decode()
    offered.refresh_from_db()
    assert offered.state == "open"


def test_even_the_venues_manager_answers_for_nobody(offered, hall):
    onni = signed_in(create_manager(hall.venue))

    assert onni.post(offered.get_absolute_url()).status_code == 404
    assert onni.post(reverse("bookings:give_up", args=[offered.waiting_id])).status_code == 404


def test_nobody_guesses_a_link(offered):
    for nonsense in ["1", "%00", "%20", "a.b"]:
        assert visitor().get(f"/offers/{nonsense}/").status_code == 404
    assert visitor().post(f"/offers/{offered.token[:-1]}/").status_code == 404


def test_who_only_sees_for_the_organisation_sees_and_answers_not(hall, aino):
    veera = create_user("Veera")
    club = create_organisation(aino)
    Membership.objects.create(user=veera, organisation=club, role="viewer")
    offer = offer_to(hall, aino, organisation=club)
    client = signed_in(veera)

    assert "Those who book for the organisation can answer." in words(client.get(offer.get_absolute_url()))
    assert client.post(offer.get_absolute_url()).status_code == 403
    assert client.post(reverse("bookings:decline_offer", args=[offer.token])).status_code == 403
    assert client.post(reverse("bookings:give_up", args=[offer.waiting_id])).status_code == 403
    assert "Stop waiting" not in words(client.get(MINE))


def test_who_is_not_signed_in_is_asked_to(hall):
    for address in (MINE, f"/waiting/new/?space={hall.pk}"):
        assert visitor().get(address).url.startswith(reverse("account_login"))


def test_nobody_waits_in_the_name_of_others(hall, aino):
    others = create_organisation(create_user("Mikael"))

    page = signed_in(aino).post(f"/waiting/new/?space={hall.pk}", SAID | {"organisation": others.pk})

    assert Waiting.objects.filter(organisation=others).count() == 0
    assert page.status_code in {302, 422}


def test_the_list_is_kept_by_no_cache(aino):
    assert "no-store" in signed_in(aino).get(MINE)["Cache-Control"]
