"""Keeping price lists: a copy is changed and published; what is published stays."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from accounts.problems import Refused
from tests.factories import create_user
from tests.venues.price_city import NOW, listed
from venues import price_lists
from venues.models import AddOn, PriceListVersion, PriceRow, VatCategory, VatRate, VatRule

pytestmark = pytest.mark.django_db

NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def published() -> PriceListVersion:
    """A weekday's price with limits, a weekend's, an extra, and a VAT rate that is known."""
    standard = VatCategory.objects.create(code="standard", name_fi="Yleinen")
    VatRate.objects.create(category=standard, percent=Decimal("25.5"), valid_from=date(2024, 9, 1))
    rows: list[dict[str, Any]] = [
        {"cents": 2034, "weekdays": [1, 2, 3, 4, 5], "min_cents": 1000, "max_cents": 9000},
        {"cents": 3051},
    ]
    return listed("Lista", rows, extras=[("cleaning", "booking", 4000)]).versions.get()


@pytest.fixture
def draft(published) -> PriceListVersion:
    return price_lists.begin(published.price_list, NEW_YEAR, like=published)


def prices(version: PriceListVersion) -> list[int]:
    return list(version.rows.values_list("cents", flat=True))


def codes(version: PriceListVersion) -> list[str]:
    return [problem.code for problem in price_lists.problems_with(version, NOW.date())]


# --- A copy ---------------------------------------------------------------------------------------


def test_a_copy_says_what_its_model_says_and_is_nobodys_price(published, draft):
    assert prices(draft) == [2034, 3051]
    assert draft.add_ons.get().cents == 4000
    assert draft.published_at is None
    assert prices(published) == [2034, 3051]


def test_a_day_has_one_version(published, draft):
    with pytest.raises(Refused) as refusal:
        price_lists.begin(published.price_list, NEW_YEAR, like=published)
    assert [problem.code for problem in refusal.value.problems] == ["version_given_already"]


# --- By per cent ----------------------------------------------------------------------------------


def test_by_per_cent_everything_changes_and_halves_go_up(draft):
    assert price_lists.change_by(draft, Decimal("2.5")) == 3

    first = draft.rows.first()
    assert (first.cents, first.min_cents, first.max_cents) == (2085, 1025, 9225)
    assert prices(draft) == [2085, 3127]  # 2084.85 and 3127.275
    assert draft.add_ons.get().cents == 4100


@pytest.mark.parametrize(("step", "expected"), [(1, 2136), (5, 2135), (10, 2140), (50, 2150), (100, 2100)])
def test_prices_are_rounded_to_the_step(draft, step, expected):
    price_lists.change_by(draft, Decimal(5), step=step)
    assert prices(draft)[0] == expected


@pytest.mark.parametrize(("percent", "step"), [("-100", 1), ("1000.1", 1), ("5", 3), ("5", 0)])
def test_what_makes_no_sense_is_refused(draft, percent, step):
    with pytest.raises(Refused):
        price_lists.change_by(draft, Decimal(percent), step=step)
    assert prices(draft) == [2034, 3051]


def test_prices_do_not_grow_without_end(draft):
    price_lists.change_by(draft, Decimal(1000))
    price_lists.change_by(draft, Decimal(1000))
    price_lists.change_by(draft, Decimal(1000))
    with pytest.raises(Refused) as refusal:
        price_lists.change_by(draft, Decimal(1000))
    assert refusal.value.problems[0].code == "price_too_high"


# --- Row by row -----------------------------------------------------------------------------------


def test_a_row_goes_where_it_is_put(draft):
    price_lists.put_in(draft, PriceRow(unit="free"), place=2)
    assert prices(draft) == [2034, 0, 3051]
    price_lists.put_in(draft, PriceRow(unit="hour", cents=1))
    assert prices(draft) == [2034, 0, 3051, 1]


def test_a_row_is_moved_and_taken_out_and_the_places_have_no_gap(draft):
    weekend = draft.rows.last()
    price_lists.put_in(draft, weekend, place=1)
    assert prices(draft) == [3051, 2034]

    price_lists.take_out(draft, draft.rows.first())
    assert list(draft.rows.values_list("position", "cents")) == [(1, 2034)]


def test_rules_of_vat_have_an_order_too(draft):
    sport = VatCategory.objects.create(code="sport", name_fi="Liikunta")
    price_lists.put_in(draft, VatRule(category=draft.vat_category))
    price_lists.put_in(draft, VatRule(category=sport, organisation_kind="club"), place=1)
    assert [rule.category.code for rule in draft.vat_rules.all()] == ["sport", "standard"]


@pytest.mark.parametrize(
    "change",
    [
        lambda version: price_lists.change_by(version, Decimal(5)),
        lambda version: price_lists.put_in(version, version.rows.first(), place=2),
        lambda version: price_lists.put_in(version, PriceRow(unit="free")),
        lambda version: price_lists.put_in(version, AddOn(code="new", name_fi="Uusi", cents=1)),
        lambda version: price_lists.take_out(version, version.rows.first()),
        lambda version: price_lists.take_out(version, version.add_ons.get()),
        lambda version: price_lists.publish(version, by=create_user(), now=NOW),
    ],
)
def test_what_is_published_refuses_every_change(published, change):
    with pytest.raises(Refused) as refusal:
        change(published)
    assert [problem.code for problem in refusal.value.problems] == ["published_already"]
    assert prices(published) == [2034, 3051]


# --- Publishing -----------------------------------------------------------------------------------


def test_a_draft_is_published_by_somebody(draft):
    clerk = create_user()
    price_lists.publish(draft, by=clerk, now=NOW)
    draft.refresh_from_db()
    assert (draft.published_at, draft.published_by) == (NOW, clerk)


def test_everything_that_is_wrong_is_told_at_once(draft):
    rent = VatCategory.objects.create(code="rent", name_fi="Vuokra")
    price_lists.put_in(draft, PriceRow(unit="free"), place=1)
    price_lists.put_in(draft, AddOn(code="extra", name_fi="Lisä", cents=1, vat_category=rent))
    with pytest.raises(Refused) as refusal:
        price_lists.publish(draft, by=create_user(), now=NOW)
    assert [problem.code for problem in refusal.value.problems] == [
        "row_never_read",
        "row_never_read",
        "rate_missing",
    ]


def test_prices_do_not_begin_in_the_past(published):
    late = price_lists.begin(published.price_list, date(2026, 11, 23), like=published)
    assert codes(late) == ["first_day_past"]


def test_each_version_is_in_force_over_or_to_come(published, draft):
    def states(day: date) -> list[str]:
        versions = published.price_list.versions.order_by("valid_from")
        return [str(state) for _version, state in price_lists.standing(versions, day)]

    assert states(date(2024, 12, 31)) == ["coming", "draft"]
    assert states(NEW_YEAR) == ["in_force", "draft"]
    price_lists.publish(draft, by=create_user(), now=NOW)
    assert states(date(2026, 12, 31)) == ["in_force", "coming"]
    assert states(NEW_YEAR) == ["over", "in_force"]


def test_a_list_without_prices_is_not_published(draft):
    draft.rows.all().delete()
    assert codes(draft) == ["no_rows"]


def test_a_narrower_row_above_hides_nothing(draft):
    assert codes(draft) == []
    price_lists.put_in(draft, PriceRow(unit="hour", cents=1, weekdays=[6]))
    assert codes(draft) == ["row_never_read"]


def test_rates_that_nobody_has_read_are_told_if_the_version_leans_on_them(draft):
    standard, other = draft.vat_category, VatCategory.objects.create(code="rent", name_fi="Vuokra")
    VatRate.objects.create(category=standard, percent=24, valid_from=date(2013, 1, 1), is_confirmed=False)
    VatRate.objects.filter(percent="25.5").update(is_confirmed=True)
    later = VatRate.objects.create(category=standard, percent=26, valid_from=date(2028, 1, 1))
    VatRate.objects.create(category=other, percent=10, valid_from=date(2020, 1, 1))

    assert price_lists.unconfirmed_rates(draft) == [later]
