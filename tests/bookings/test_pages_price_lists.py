"""The price clerk's pages: a list is copied, changed as a draft, tried on real bookings, and published."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from bookings import lifecycle
from bookings.models import PriceLine
from tests.bookings.pages import signed_in, words
from tests.bookings.priced import WEEKEND, create_list, create_paying_club, create_priced_space, create_vat
from tests.factories import (
    MONDAY,
    NOW,
    create_booking,
    create_manager,
    create_series,
    create_user,
    hour,
    open_daily,
)
from venues import price_lists
from venues.models import PriceListVersion, PriceRow, VatRate

pytestmark = pytest.mark.django_db

SPRING = MONDAY + timedelta(weeks=4)
ROW = {
    "place": "1",
    "weekdays": ["6", "7"],
    "unit": "hour",
    "cents": "20,34",
    "season_from": "1.9.",
    "season_until": "1.6.",
    "from_time": "17:00",
    "until_time": "00:00",
    "min_cents": "5",
    "max_cents": "",
}


@pytest.fixture(autouse=True)
def monday_morning():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff() -> Client:
    return signed_in(create_user(is_staff=True))


@pytest.fixture
def published() -> PriceListVersion:
    """A weekend costs 30 euros an hour, any other day 20."""
    return create_list({"cents": 3000, **WEEKEND}, {"cents": 2000}).versions.get()


@pytest.fixture
def draft(published) -> PriceListVersion:
    return price_lists.begin(published.price_list, SPRING, like=published)


def url(name: str, *args) -> str:
    return reverse(f"bookings:{name}", args=args)


def prices(version: PriceListVersion) -> list[int]:
    return list(version.rows.values_list("cents", flat=True))


def as_shown(client: Client, address: str) -> dict[str, str]:
    """Return what the form of a page would send if it were saved as it stands."""
    form = client.get(address).context["form"]
    return {name: "" if (value := form[name].value()) is None else value for name in form.fields}


# --- Whose pages they are -------------------------------------------------------------------------


def test_there_are_no_such_pages_for_others(published, draft):
    row = draft.rows.first()
    pages = [
        url("prices"),
        url("vat_rates"),
        url("price_version", draft.pk),
        url("copy_prices", draft.pk),
        url("price_facts", draft.pk),
        url("price_percent", draft.pk),
        url("price_trial", draft.pk),
        url("new_price_part", draft.pk, "rows"),
        url("price_part", draft.pk, "rows", row.pk),
    ]
    acts = [
        url("publish_prices", draft.pk),
        url("discard_prices", draft.pk),
        url("remove_price_part", draft.pk, "rows", row.pk),
        url("move_price_part", draft.pk, "rows", row.pk, "down"),
    ]
    for client in (signed_in(create_manager(create_priced_space(published.price_list).venue)), Client()):
        for page in pages:
            assert client.get(page).status_code in (302, 404), page
        for act in acts:
            assert client.post(act).status_code in (302, 404), act
    draft.refresh_from_db()
    assert draft.published_at is None
    assert prices(draft) == [3000, 2000]


def test_staff_find_the_lists_with_what_holds_today(staff, published, draft):
    assert url("prices") in staff.get(reverse("venues:mine")).content.decode()
    text = words(staff.get(url("prices")))
    assert str(published.price_list.name) in text
    assert "In force" in text
    assert "Draft, nobody's price yet" in text


def test_a_version_is_one_table_read_from_the_top(staff, published):
    text = words(staff.get(url("price_version", published.pk)))
    assert text.index("€30.00 an hour") < text.index("€20.00 an hour")
    assert "not confirmed" in text
    assert "Publish" not in text.split()


# --- A draft --------------------------------------------------------------------------------------


def test_a_list_is_copied_to_a_later_day_once(staff, published):
    copy = url("copy_prices", published.pk)
    staff.post(copy, {"valid_from": SPRING.isoformat()})
    made = PriceListVersion.objects.drafts().get()
    assert (made.valid_from, prices(made)) == (SPRING, [3000, 2000])

    again = staff.post(copy, {"valid_from": SPRING.isoformat()})
    assert again.status_code == 422
    assert "has a version from that day on already" in words(again)


@pytest.mark.parametrize("percent", ["−2,5", "-2.5", "-2,5 %"])
def test_prices_change_by_per_cent_as_people_write_it(staff, draft, percent):
    response = staff.post(url("price_percent", draft.pk), {"percent": percent, "step": "5"}, follow=True)
    assert "2 prices have been changed." in words(response)
    assert prices(draft) == [2925, 1950]


def test_a_row_is_added_at_its_place(staff, draft):
    response = staff.post(url("new_price_part", draft.pk, "rows"), ROW)
    assert response.status_code == 302, words(response)
    row = draft.rows.first()
    assert (row.position, row.cents, row.min_cents, row.season_from) == (1, 2034, 500, 901)
    assert prices(draft) == [2034, 3000, 2000]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cents": "much"}, "Write the amount like 20,34"),
        ({"cents": ""}, "Give the price."),
        ({"unit": "free"}, "What is free of charge has no price."),
        ({"weekdays": []}, "Choose at least one weekday."),
        ({"until_time": ""}, "Give both times"),
        ({"until_time": "16:00"}, "the end after the start"),
        ({"season_until": ""}, "Give both the first and the last day of the season."),
        ({"max_cents": "1"}, "The highest charge is not below the lowest."),
    ],
)
def test_what_is_wrong_with_a_row_is_told_and_nothing_is_lost(staff, draft, wrong, said):
    response = staff.post(url("new_price_part", draft.pk, "rows"), ROW | wrong)
    assert response.status_code == 422
    assert said in words(response)
    assert 'value="1.9."' in response.content.decode()
    assert prices(draft) == [3000, 2000]


def test_rows_are_moved_and_removed(staff, draft):
    first = draft.rows.first()
    staff.post(url("move_price_part", draft.pk, "rows", first.pk, "down"))
    assert prices(draft) == [2000, 3000]
    staff.post(url("move_price_part", draft.pk, "rows", first.pk, "down"))
    assert prices(draft) == [2000, 3000]
    staff.post(url("move_price_part", draft.pk, "rows", first.pk, "up"))
    assert prices(draft) == [3000, 2000]
    staff.post(url("remove_price_part", draft.pk, "rows", first.pk))
    assert prices(draft) == [2000]


def test_a_row_of_another_list_is_not_to_be_had_through_a_draft(staff, draft):
    other = create_list({"cents": 1}).versions.get().rows.get()
    for name, more in (("remove_price_part", ()), ("move_price_part", ("up",)), ("price_part", ())):
        assert staff.post(url(name, draft.pk, "rows", other.pk, *more)).status_code == 404


def test_extras_and_rules_of_vat_are_added(staff, draft):
    extra = {"code": "cleaning", "name_fi": "Siivous", "unit": "booking", "cents": "40"}
    staff.post(url("new_price_part", draft.pk, "extras"), extra)
    assert draft.add_ons.get().cents == 4000
    again = staff.post(url("new_price_part", draft.pk, "extras"), extra)
    assert "Another extra of this list has that code." in words(again)

    category = create_vat("standard")
    rule = {"place": "1", "organisation_kind": "company", "category": category.pk}
    staff.post(url("new_price_part", draft.pk, "vat-rules"), rule)
    assert draft.vat_rules.get().category == category


def test_a_draft_says_where_its_prices_come_from(staff, draft, published):
    address = url("price_facts", draft.pk)
    response = staff.post(address, as_shown(staff, address) | {"source": "Board, 1 Feb 2027, § 2"})
    assert response.status_code == 302, words(response)
    draft.refresh_from_db()
    assert draft.source == "Board, 1 Feb 2027, § 2"

    same_day = as_shown(staff, address) | {"valid_from": published.valid_from.isoformat()}
    assert staff.post(address, same_day).status_code == 422


def test_a_draft_is_thrown_away(staff, draft, published):
    staff.post(url("discard_prices", draft.pk))
    assert PriceListVersion.objects.get() == published


# --- Two people -----------------------------------------------------------------------------------


def test_the_second_of_two_sees_what_the_first_has_saved(staff, draft):
    row = draft.rows.first()
    address = url("price_part", draft.pk, "rows", row.pk)
    seen_by_both = as_shown(staff, address)

    assert staff.post(address, seen_by_both | {"cents": "31"}).status_code == 302
    second = staff.post(address, seen_by_both | {"cents": "32,50"})

    assert second.status_code == 409
    assert "31,00" in words(second)
    assert "32,50" in words(second)
    assert prices(draft) == [3100, 2000]
    # Once seen, it is saved over it.
    once_more = {name: second.context["form"][name].value() or "" for name in seen_by_both}
    assert staff.post(address, once_more).status_code == 302
    assert prices(draft) == [3250, 2000]


def test_a_row_removed_meanwhile_is_gone(staff, draft):
    row = draft.rows.first()
    address = url("price_part", draft.pk, "rows", row.pk)
    seen = as_shown(staff, address)
    staff.post(url("remove_price_part", draft.pk, "rows", row.pk))
    assert staff.post(address, seen).status_code == 404
    assert prices(draft) == [2000]


def test_what_was_published_meanwhile_refuses_all_changes(staff, draft):
    row = draft.rows.first()
    address = url("price_part", draft.pk, "rows", row.pk)
    seen = as_shown(staff, address)
    staff.post(url("publish_prices", draft.pk))

    changes = {
        address: seen | {"cents": "1"},
        url("new_price_part", draft.pk, "rows"): ROW,
        url("remove_price_part", draft.pk, "rows", row.pk): {},
        url("move_price_part", draft.pk, "rows", row.pk, "down"): {},
        url("discard_prices", draft.pk): {},
    }
    for change, data in changes.items():
        assert "published and stay" in words(staff.post(change, data, follow=True)), change
    for page in ("price_percent", "price_facts", "price_trial"):
        assert staff.get(url(page, draft.pk)).status_code == 404
    assert prices(draft) == [3000, 2000]


# --- Publishing -----------------------------------------------------------------------------------


def test_a_draft_is_published(staff, draft):
    text = words(staff.post(url("publish_prices", draft.pk), follow=True))
    assert "these prices hold from" in text
    draft.refresh_from_db()
    assert draft.published_at == NOW
    assert draft.published_by.is_staff


def test_all_that_is_wrong_is_told_at_once(staff, draft):
    price_lists.put_in(draft, PriceRow(unit="free"), place=1)
    PriceListVersion.objects.filter(pk=draft.pk).update(valid_from=NOW.date() - timedelta(days=1))
    response = staff.post(url("publish_prices", draft.pk))
    assert response.status_code == 422
    text = words(response)
    assert "The first day has passed" in text
    assert "Row 2 is never read: row 1 above it" in text
    assert "Row 3 is never read: row 1 above it" in text
    draft.refresh_from_db()
    assert draft.published_at is None


# --- Real bookings --------------------------------------------------------------------------------


@pytest.fixture
def space(published):
    space = create_priced_space(published.price_list)
    open_daily(space.venue.timetable)
    return space


def trial(client: Client, draft: PriceListVersion) -> list[tuple]:
    """Return what each booking costs before and after, the latest first."""
    tried = client.get(url("price_trial", draft.pk)).context["trial"].tried
    return [(each.before, each.after, each.difference) for each in tried]


def test_bookings_are_priced_by_both_versions(staff, draft, space):
    create_booking(space, hour("10:00", day=MONDAY), hour("12:00", day=MONDAY))
    create_booking(space, hour("10:00"), hour("12:00"), organisation=create_paying_club())
    aino = create_user()
    gone = create_booking(space, hour("14:00"), hour("15:00"), customer=aino)
    lifecycle.cancel(gone, by=aino, now=NOW)
    row = draft.rows.first()
    row.cents = 3300
    price_lists.put_in(draft, row, place=1)

    agreed = list(PriceLine.objects.values())

    assert trial(staff, draft) == [(6000, 6600, 600), (4000, 4000, 0)]
    assert list(PriceLine.objects.values()) == agreed
    text = words(staff.get(url("price_trial", draft.pk)))
    assert "+€6.00" in text


def test_a_gap_in_the_draft_is_seen(staff, draft, space):
    create_booking(space, hour("10:00", day=MONDAY), hour("12:00", day=MONDAY))
    price_lists.take_out(draft, draft.rows.last())
    [(before, after, difference)] = trial(staff, draft)
    assert (before, after.code, difference) == (4000, "no_price", None)
    assert "No price is set for this time." in words(staff.get(url("price_trial", draft.pk)))


def test_the_latest_twenty_are_tried_in_a_fixed_number_of_statements(
    staff, draft, space, django_assert_max_num_queries
):
    create_booking(space, hour("06:00"), hour("07:00"))
    with django_assert_max_num_queries(30) as few:
        assert len(trial(staff, draft)) == 1
    for number in range(25):
        start = hour("10:00", day=MONDAY + timedelta(days=number))
        create_booking(space, start, start + timedelta(hours=1))
    with django_assert_max_num_queries(len(few)):
        assert len(trial(staff, draft)) == 20


def test_a_season_is_tried_with_all_its_dates(staff, draft, space):
    series = create_series(space, organisation=create_paying_club())
    count = series.bookings.get().dates.count()
    assert count > 1
    [(before, after, _difference)] = trial(staff, draft)
    assert before == after > 0


def test_without_bookings_the_page_says_so(staff, draft):
    assert "Nothing has been booked in these spaces yet." in words(staff.get(url("price_trial", draft.pk)))


# --- VAT ------------------------------------------------------------------------------------------


def test_a_rate_is_added_from_a_day_and_never_twice(staff):
    category = create_vat()
    rate = {
        "category": category.pk,
        "percent": "25,5",
        "valid_from": "2027-09-01",
        "source": "vero.fi",
        "is_confirmed": "on",
    }
    staff.post(url("vat_rates"), rate)
    made = VatRate.objects.get(valid_from=date(2027, 9, 1))
    assert (str(made.percent), made.is_confirmed) == ("25.5", True)
    assert "25.5" in words(staff.get(url("vat_rates")))

    again = staff.post(url("vat_rates"), rate | {"percent": "10"})
    assert again.status_code == 422
    assert "has a rate from that day on already" in words(again)
    assert staff.post(url("vat_rates"), rate | {"percent": "100"}).status_code == 422
