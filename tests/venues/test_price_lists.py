"""Price lists as they are stored: published ones stay, and they are read in a fixed number of statements."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.venues.price_city import NOW, hall, listed, version
from venues import price_tables
from venues.models import (
    AddOn,
    PriceList,
    PriceListVersion,
    PriceRow,
    Purpose,
    Space,
    VatCategory,
    VatRate,
    VatRule,
)

pytestmark = pytest.mark.django_db

DAY = date(2027, 2, 6)


@pytest.fixture
def published() -> PriceListVersion:
    """A published version with a row, a rule of VAT and an extra."""
    draft = a_draft()
    draft.published_at = NOW
    draft.save(update_fields=["published_at"])
    return draft


def a_draft(price_list: PriceList | None = None, valid_from: date = date(2025, 1, 1)) -> PriceListVersion:
    standard, _made = VatCategory.objects.get_or_create(code="standard", defaults={"name_fi": "Yleinen"})
    draft = PriceListVersion.objects.create(
        price_list=price_list or PriceList.objects.create(name_fi="Lista"),
        valid_from=valid_from,
        vat_category=standard,
    )
    PriceRow.objects.create(version=draft, position=1, unit="hour", cents=2034)
    VatRule.objects.create(version=draft, position=1, category=standard)
    AddOn.objects.create(version=draft, code="cleaning", name_fi="Siivous", cents=4000)
    return draft


WRITES = [
    "update venues_pricerow set cents = 1 where version_id = {version}",
    "delete from venues_pricerow where version_id = {version}",
    "update venues_pricerow set version_id = {version}, position = 9 where version_id = {draft}",
    "update venues_pricerow set version_id = {draft}, position = 9 where version_id = {version}",
    "insert into venues_pricerow (version_id, position, venue_kind, supervision, weekdays, unit, cents)"
    " values ({version}, 9, '', '', '{{1}}', 'hour', 1)",
    "update venues_addon set cents = 1 where version_id = {version}",
    "delete from venues_addon where version_id = {version}",
    "update venues_addon set code = 'other', version_id = {version} where version_id = {draft}",
    "update venues_vatrule set position = 7 where version_id = {version}",
    "delete from venues_vatrule where version_id = {version}",
    "update venues_pricelistversion set includes_vat = false where id = {version}",
    "update venues_pricelistversion set published_at = null where id = {version}",
    "update venues_pricelistversion set valid_from = '2026-01-01' where id = {version}",
    "delete from venues_pricelistversion where id = {version}",
]


@pytest.mark.parametrize("statement", WRITES)
def test_what_is_published_stays_whoever_writes(published, statement):
    draft = a_draft(published.price_list, date(2028, 1, 1))
    said = statement.format(version=published.pk, draft=draft.pk)

    with pytest.raises(Exception, match=r"stays as it is|Cannot (update|delete)"), transaction.atomic():
        run(said)


@pytest.mark.parametrize("statement", [said for said in WRITES if "{draft}" not in said])
def test_a_draft_can_be_changed(statement):
    draft = a_draft()

    with transaction.atomic():
        if statement.startswith("delete from venues_pricelistversion"):
            draft.delete()
        else:
            run(statement.format(version=draft.pk))


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_list_has_one_version_from_a_day(published):
    with pytest.raises(IntegrityError, match="price_version_once_a_day"), transaction.atomic():
        a_draft(published.price_list, published.valid_from)


# --- Reading them ---------------------------------------------------------------------------------


def test_tables_are_read_in_five_statements(django_assert_num_queries):
    VatCategory.objects.create(code="standard", name_fi="Yleinen")
    lists = [listed(f"Lista {number}", [{"cents": 100}, {"cents": 200}]) for number in range(3)]
    spaces = [hall(price_list, "school") for price_list in lists for _each in range(4)]

    with django_assert_num_queries(5):
        price_tables.tables_for(spaces[:1], DAY, DAY, now=NOW)
    with django_assert_num_queries(5):
        price_tables.tables_for(spaces, DAY, DAY + timedelta(days=400), now=NOW)
    with django_assert_num_queries(0):
        price_tables.tables_for([Space(), Space()], DAY, DAY, now=NOW)


def test_the_newest_version_published_by_then_holds():
    VatCategory.objects.create(code="standard", name_fi="Yleinen")
    price_list = listed("Lista", [{"cents": 100}])
    later = version(price_list, [{"cents": 200}], valid_from=DAY)
    draft = a_draft(price_list, DAY + timedelta(days=1))
    space = hall(price_list, "school")

    tables = price_tables.tables_for([space], DAY - timedelta(days=1), DAY + timedelta(days=2), now=NOW)
    before = price_tables.tables_for([space], DAY, DAY, now=NOW - timedelta(days=1))
    looked_at = price_tables.tables_for([space], DAY, DAY + timedelta(days=2), now=NOW, also=draft)

    in_force = [tables.version_on(price_list.pk, DAY + timedelta(days=n)).valid_from for n in (-1, 0, 2)]
    assert in_force == [date(2025, 1, 1), DAY, DAY]
    assert before.version_on(price_list.pk, DAY) is None  # published a day later
    assert looked_at.version_on(price_list.pk, DAY) == later
    assert looked_at.version_on(price_list.pk, DAY + timedelta(days=2)) == draft


def test_rates_hold_from_their_day_until_the_next():
    sport = VatCategory.objects.create(code="sport", name_fi="Liikunta")
    for valid_from, percent in ((date(2025, 1, 1), 14), (date(2026, 1, 1), "13.5")):
        VatRate.objects.create(category=sport, valid_from=valid_from, percent=percent, source="x")
    space = hall(listed("Lista", [{"cents": 100}], sport), "school")

    tables = price_tables.tables_for([space], date(2024, 1, 1), DAY, now=NOW)

    rates = [tables.rate_on(sport.pk, day) for day in (date(2024, 12, 31), date(2025, 12, 31), DAY)]
    assert [rate and float(rate) for rate in rates] == [None, 14.0, 13.5]


def test_the_form_asks_for_the_uses_that_prices_and_taxes_name():
    standard = VatCategory.objects.create(code="standard", name_fi="Yleinen")
    party, sports, dance = (
        Purpose.objects.create(code=code, name_fi=code) for code in ("party", "sports", "dance")
    )
    draft = a_draft()
    PriceRow.objects.create(
        version=draft, position=2, unit="hour", cents=1, purpose=party, venue_kind="school"
    )
    PriceRow.objects.create(
        version=draft, position=3, unit="hour", cents=1, purpose=dance, venue_kind="library"
    )
    VatRule.objects.create(version=draft, position=2, purpose=sports, category=standard)
    space = hall(draft.price_list, "school")

    assert price_tables.purposes_of_prices(space) == []  # a draft asks nobody anything

    draft.published_at = NOW
    draft.save(update_fields=["published_at"])
    assert {purpose.code for purpose in price_tables.purposes_of_prices(space)} == {"party", "sports"}
    tables = price_tables.tables_for([space], DAY, DAY, now=NOW)
    assert [add_on.code for add_on in price_tables.add_ons_of(space, DAY, tables)] == ["cleaning"]
