"""Every address of bookings, accounts and payments, opened and pressed by people to whom it is not theirs.

Whoever adds an address says here whose it is, or this test fails. `THEIRS` are the things of somebody else: a
stranger finds nothing there. The lists of one's own, and what is public, name nobody else.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import invitations
from accounts.models import Invitation, Membership, Organisation, User
from bookings import impacts, lifecycle, messages, sanctions, swaps, waiting
from bookings.impacts import Fate
from bookings.models import (
    Booking,
    Closure,
    Impact,
    Message,
    MissedDate,
    Occupancy,
    Offer,
    Sanction,
    Series,
    Swap,
    Waiting,
)
from bookings.wishes import Wish
from payments import documents
from payments.models import Concern, Document, Payment
from tests.bookings.changing import closing
from tests.bookings.pages import signed_in
from tests.bookings.test_waiting import wished
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_organisation,
    create_series,
    create_space,
    create_user,
    hour,
)
from tests.payments.papers import owe
from tests.prices import create_price_list
from venues.models import PriceListVersion, PriceRow, SchoolPeriod

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday_morning")]

OURS = ("accounts.", "allauth.", "bookings.", "payments.")

# What anybody may open, and what one has of one's own: it names nobody else.
OPEN = {
    "account_confirm_login_code",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_request_login_code",
    "account_signup",
    "act_for",
    "api:availability",
    "api:booking-list",
    "api:offer-list",
    "api:organisation-list",
    "api:payment-list",
    "api:quote-list",
    "api:quote-series",
    "api:sanction-list",
    "api:series-ledger",
    "api:series-list",
    "api:space-availability",
    "api:swap-choices",
    "api:swap-list",
    "api:use-list",
    "api:waiting-list",
    "bookings:hold",
    "bookings:mine",
    "bookings:my_series",
    "bookings:new_series",
    "bookings:search",
    "bookings:space",
    "bookings:swaps",
    "bookings:venue",
    "bookings:wait",
    "bookings:waiting",
    "organisations",
    "payments:mine",
    "payments:pay",
    "payments:webhook",
    "profile",
    "set_language",
}
# Lists of those who look after venues: of their own venues. For everybody else there are none.
OF_WHO_LOOKS_AFTER = {
    "bookings:day",
    "bookings:inbox",
    "bookings:new_closures_of_kind",
    "bookings:sanctions",
    "bookings:unpaid",
}
# Of the city's staff.
OF_STAFF = {
    "bookings:copy_prices",
    "bookings:discard_prices",
    "bookings:impacts_of_city",
    "bookings:kind_policy",
    "bookings:message",
    "bookings:message_text",
    "bookings:message_texts",
    "bookings:messages",
    "bookings:move_price_part",
    "bookings:new_price_part",
    "bookings:new_school_term",
    "bookings:price_facts",
    "bookings:price_part",
    "bookings:price_percent",
    "bookings:price_trial",
    "bookings:price_version",
    "bookings:prices",
    "bookings:publish_prices",
    "bookings:remove_price_part",
    "bookings:remove_school_term",
    "bookings:school_term",
    "bookings:school_terms",
    "bookings:send_message_again",
    "bookings:unmet",
    "bookings:vat_rates",
    "payments:answer",
    "payments:invoices",
    "payments:ledger",
    "payments:overview",
    "payments:revenue",
    "payments:transfers",
}
# Whoever has the link of an invitation reads who invites to what; to join it takes the address.
BY_LINK = {"invitation"}
# There are none but in the demo.
OF_THE_DEMO = {"demo_be", "demo_outbox"}
# Of somebody: the things by the names of `theirs`.
THEIRS = {
    "api:booking-approve": "asked",
    "api:booking-cancel": "booking",
    "api:booking-decline": "asked",
    "api:booking-detail": "booking",
    "api:booking-move": "booking",
    "api:booking-move-date": "booking",
    "api:booking-release": "booking",
    "api:booking-settle": "booking",
    "api:booking-take-again": "booking",
    "api:offer-accept": "offer",
    "api:offer-decline": "offer",
    "api:organisation-detail": "club",
    "api:payment-detail": "payment",
    "api:payment-leave": "payment",
    "api:sanction-answer": "sanction",
    "api:sanction-decide": "sanction",
    "api:sanction-detail": "sanction",
    "api:sanction-drop": "sanction",
    "api:sanction-lift": "sanction",
    "api:series-detail": "series",
    "api:swap-agree": "swap",
    "api:swap-decline": "swap",
    "api:swap-withdraw": "swap",
    "api:use-arrive": "date",
    "api:use-no-show": "date",
    "api:use-unmark": "date",
    "api:waiting-detail": "waiting",
    "bookings:answer_swap": "swap",
    "bookings:approve": "asked",
    "bookings:booking": "booking",
    "bookings:cancel": "booking",
    "bookings:cancel_by_venue": "booking",
    "bookings:change_series": "series",
    "bookings:closures": "venue",
    "bookings:copy": "venue",
    "bookings:decline": "asked",
    "bookings:decline_offer": "offer",
    "bookings:form": "held",
    "bookings:give_up": "waiting",
    "bookings:hours": "timetable",
    "bookings:hours_day": "timetable",
    "bookings:hours_forget_day": "timetable",
    "bookings:hours_new_days": "timetable",
    "bookings:impact": "impact",
    "bookings:impacts": "venue",
    "bookings:layout": "hall",
    "bookings:lift_closure": "closure",
    "bookings:move": "booking",
    "bookings:move_date": "date",
    "bookings:new_closure": "venue",
    "bookings:offer": "offer",
    "bookings:own_hours": "hall",
    "bookings:propose_sanction": "booking",
    "bookings:propose_swap": "date",
    "bookings:reduce": "asked",
    "bookings:release_date": "date",
    "bookings:release_series": "series",
    "bookings:request": "asked",
    "bookings:sanction": "sanction",
    "bookings:sanction_step": "sanction",
    "bookings:series": "series",
    "bookings:series_booked": "series",
    "bookings:series_texts": "series",
    "bookings:settle": "booking",
    "bookings:space_hours": "hall",
    "bookings:spare_bookings": "impact",
    "bookings:take_date_again": "date",
    "bookings:take_missed": "series",
    "bookings:undo_impact": "impact",
    "bookings:use": "date",
    "bookings:venue_hours": "hall",
    "bookings:year": "venue",
    "change_role": "club",
    "close_organisation": "club",
    "invite": "club",
    "leave_organisation": "club",
    "organisation": "club",
    "payments:document": "invoice",
    "payments:done": "payment",
    "payments:leave": "payment",
    "payments:of_organisation": "club",
    "payments:pay_invoice": "invoice",
    "payments:payment": "payment",
    "remove_member": "club",
    "withdraw_invitation": "club",
}
SECRETS = ("Salme", "Salaseura", "Salajuoni", "0401234567", "salme@")
WHY = {"code": "time_taken", "fi": "Varattu", "sv": "Bokad", "en": "Taken"}
ROWS = (
    Booking,
    Closure,
    Concern,
    Document,
    Impact,
    Invitation,
    Membership,
    Message,
    MissedDate,
    Occupancy,
    Offer,
    Organisation,
    Payment,
    PriceListVersion,
    PriceRow,
    Sanction,
    Series,
    Swap,
    Waiting,
)


# --- What is somebody else's -----------------------------------------------------------------------


@pytest.fixture
def salme() -> User:
    return create_user("Salme", email="salme@example.org", phone="0401234567")


@pytest.fixture
def theirs(salme) -> dict[str, Any]:
    """One of each thing, all of them Salme's, or her club's, or of the hall where she books."""
    hall = create_space(can_be_swapped=True, name_fi="Sali")
    onni = create_manager(hall.venue)
    club = create_organisation(salme, name="Salaseura ry", role=Membership.Role.OWNER)
    hers = {"customer": salme, "organisation": club, "purpose": "Salajuoni"}
    booking = create_booking(hall, **hers)
    by_request = create_space(venue=hall.venue, approval="request")
    taken = create_booking(hall, "13:00", "14:00")
    waits = waiting.wait(
        wished(hall, earliest="13:00", latest="14:00", minutes=60, purpose="Salajuoni", organisation=club),
        customer=salme,
        now=NOW,
    )
    lifecycle.cancel(taken, by=taken.customer, now=NOW)
    (offer,) = waiting.offer_all(now=NOW)
    elsewhere = create_booking(hall, "15:00", "16:00")
    season = create_series(
        create_space(venue=hall.venue), customer=salme, organisation=club, purpose="Salajuoni"
    )
    swap = swaps.propose(booking.dates.get(), elsewhere.dates.get(), "Salajuoni", by=salme, now=NOW)
    sanction = sanctions.propose(
        Sanction.Kind.WARNING, organisation=club, venue=hall.venue, reason="Salajuoni", by=onni, now=NOW
    )
    messages.tell(booking, "confirmed", cause="told", now=NOW)
    closed = create_space(venue=hall.venue)
    create_booking(closed, **hers)
    impact = impacts.decide(closing(closed), fates=Fate.CANCEL, reason="Salajuoni", by=onni, now=NOW)
    return of_money(booking, salme, club) | {
        "asked": create_booking(by_request, **hers),
        "booking": booking,
        "closure": Closure.objects.get(),
        "club": club,
        "date": booking.dates.get(),
        "hall": hall,
        "held": lifecycle.hold(
            Wish(hall, hour("18:00"), hour("19:00"), organisation=club), customer=salme, now=NOW
        ),
        "impact": impact,
        "invitation": invitations.invite(club, "salme@toinen.example", "booker", by=salme, now=NOW),
        "member": club.memberships.get(),
        "message": Message.objects.latest("pk"),
        "missed": MissedDate.objects.create(
            series=season, space=hall, starts_at=hour("20:00"), ends_at=hour("21:00"), problems=[WHY]
        ),
        "offer": offer,
        "onni": onni,
        "period": SchoolPeriod.objects.create(kind=SchoolPeriod.Kind.BREAK, first=MONDAY, last=MONDAY),
        "sanction": sanction,
        "series": season,
        "swap": swap,
        "timetable": hall.venue.timetable,
        "venue": hall.venue,
        "waiting": waits,
    }


def of_money(booking: Booking, salme: User, club: Organisation) -> dict[str, Any]:
    """An invoice for the booking, what was begun to pay it, a concern, and prices, which are the city's."""
    version = create_price_list().versions.get()
    invoice = documents.issue("invoice", club, [owe(booking.dates.get(), 2034)], now=NOW)
    payment = Payment.objects.create(
        payer=salme, organisation=club, invoice=invoice, method="transfer", due_cents=2034, created_at=NOW
    )
    return {
        "concern": Concern.objects.create(kind="dispute", external_id="Salajuoni", created_at=NOW),
        "invoice": invoice,
        "payment": payment,
        "price_row": version.rows.get(),
        "version": version,
    }


# --- All addresses ---------------------------------------------------------------------------------


def addresses(resolver: URLResolver | None = None, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield the name of every address of these apps, with its pattern."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from addresses(each, f"{space}{each.namespace}:" if each.namespace else space)
        elif each.callback.__module__.startswith(OURS):
            yield f"{space}{each.name}", each


def test_of_every_address_it_is_known_whose_it_is():
    known = [*OPEN, *OF_WHO_LOOKS_AFTER, *OF_STAFF, *BY_LINK, *OF_THE_DEMO, *THEIRS]

    assert sorted({name for name, _pattern in addresses()}) == sorted(known)


def address_of(name: str, pattern: URLPattern, theirs: dict[str, Any]) -> str:
    thing = theirs[THEIRS[name]] if name in THEIRS else None
    known = {
        "date": theirs["date"].pk,
        "day": MONDAY.isoformat(),
        "direction": "up",
        "how": "agree",
        "id": theirs["club"].pk,
        "invitation_pk": theirs["invitation"].pk,
        "kind": kind_of(name, theirs),
        "member_pk": theirs["member"].pk,
        "name": "aino",
        "part": theirs["price_row"].pk,
        "pk": thing.pk if thing else of_lists(name, theirs),
        "token": theirs["offer" if "offer" in name else "invitation"].token,
        "what": "arrived" if name == "bookings:use" else "drop",
        "year": MONDAY.year,
    }
    address = reverse(name, kwargs={key: known[key] for key in pattern.pattern.regex.groupindex})
    return (
        f"{address}?space={theirs['hall'].pk}"
        if name in ("bookings:new_series", "bookings:wait")
        else address
    )


def kind_of(name: str, theirs: dict[str, Any]) -> str:
    if "message" in name:
        return "confirmed"
    return "rows" if "price" in name else theirs["venue"].kind


def of_lists(name: str, theirs: dict[str, Any]) -> int:
    """Return the id of what a public page, or one of the city's staff, is about."""
    if "message" in name:
        return theirs["message"].pk
    if "school_term" in name:
        return theirs["period"].pk
    if "price" in name:
        return theirs["version"].pk
    if name == "payments:answer":
        return theirs["concern"].pk
    return theirs["venue" if name == "bookings:venue" else "hall"].pk


def tried(client: Client, name: str, address: str, theirs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Open an address and press what may be there; nothing that it does is kept."""
    said = {
        "date": theirs["date"].pk,
        "email": "uusi@example.org",
        "missed": theirs["missed"].pk,
        "organisation": theirs["club"].pk,
        "period": f"{hour('20:00').isoformat()}/{hour('21:00').isoformat()}",
        "role": "owner",
    }
    for method in ("get", "post", "patch", "delete") if name.startswith("api:") else ("get", "post"):
        options = {"data": said} if method == "post" else {}
        if name.startswith("api:") and method != "get":
            options = {"data": said, "content_type": "application/json"}
        with transaction.atomic():
            before = everything()
            response = getattr(client, method)(address, **options)
            response.is_unchanged = everything() == before
            transaction.set_rollback(True)
        if response.status_code != 405:
            yield method, response


def everything() -> list:
    return [list(model.objects.order_by("pk").values_list()) for model in ROWS]


def told(response) -> str:
    """Return all that an answer says, its address included."""
    return response.content.decode() + response.get("Location", "")


def complaints(stranger: User, theirs: dict[str, Any], *, is_manager: bool) -> Iterator[str]:
    open_to_them = OPEN | (OF_WHO_LOOKS_AFTER if is_manager else set())
    for name, pattern in addresses():
        address = address_of(name, pattern, theirs)
        for method, response in tried(signed_in(stranger), name, address, theirs):
            what = f"{method} {name}: {response.status_code}"
            if name not in open_to_them | BY_LINK and response.status_code not in (403, 404):
                yield f"{what}, and is not theirs"
            if name not in BY_LINK and any(secret in told(response) for secret in SECRETS):
                yield f"{what} tells whose it is"
            if name not in OPEN and not response.is_unchanged:
                yield f"{what} changes something"
            if response.status_code >= 500:
                yield f"{what} breaks"


def test_strangers_see_and_do_nothing_that_is_not_theirs(theirs):
    vieno = create_user("Vieno")

    assert list(complaints(vieno, theirs, is_manager=False)) == []


def test_who_has_a_venue_and_a_club_of_their_own_is_a_stranger_elsewhere(theirs):
    outi = create_manager(create_space().venue, name="Outi")
    create_organisation(outi, name="Outin seura", role=Membership.Role.OWNER)

    assert list(complaints(outi, theirs, is_manager=True)) == []


def test_who_is_not_signed_in_is_asked_to_and_reads_no_name(theirs):
    """The link of an offer is as good as signing in: it is in the mail of whoever waits."""
    visitor = Client(headers={"accept-language": "en"})
    for name, pattern in addresses():
        if name in BY_LINK | {"bookings:offer", "bookings:decline_offer"}:
            continue
        for method, response in tried(visitor, name, address_of(name, pattern, theirs), theirs):
            assert not any(secret in told(response) for secret in SECRETS), f"{method} {name}"
            if name in THEIRS:
                assert response.status_code in (302, 401, 403, 404), f"{method} {name}"
                assert response.is_unchanged, f"{method} {name}"
