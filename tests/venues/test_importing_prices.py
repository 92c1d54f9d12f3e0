"""The real price tables of `fixtures/helsinki/prices`, as they are loaded."""

import re
import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tests import factories
from venues import cancelling, policy_layers, price_tables
from venues.clock import at
from venues.importing import prices as importing
from venues.importing.tables import BrokenFiles
from venues.models import CancellationTerms, Policy, PriceListVersion, PriceRow, Space, VatRate
from venues.prices import Priced, lines_of

pytestmark = pytest.mark.django_db

FOLDER = Path(settings.BASE_DIR) / "fixtures" / "helsinki" / "prices"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SATURDAY = date(2027, 2, 6)


def test_loading_twice_adds_nothing_twice():
    assert importing.load(FOLDER, now=NOW) == 10
    counted = PriceRow.objects.count(), VatRate.objects.count(), CancellationTerms.objects.count()

    assert importing.load(FOLDER, now=NOW) == 0

    assert (PriceRow.objects.count(), VatRate.objects.count(), CancellationTerms.objects.count()) == counted


def test_every_version_names_its_source_and_says_if_it_is_made_for_the_demo():
    importing.load(FOLDER, now=NOW)

    versions = PriceListVersion.objects.all()

    assert all(re.search(r"\bRules?\b|\brules\b", version.source) for version in versions)  # of SOURCES.md
    real = {(str(v.price_list), str(v.valid_from)) for v in versions if not v.is_demo}
    assert real == {
        ("Koulujen liikuntasalit", "2017-07-01"),
        ("Koulujen liikuntasalit", "2018-01-01"),
        ("Leikkipuistojen tilat", "2019-12-06"),
    }


def test_what_no_text_of_the_tax_authority_says_is_marked_so():
    importing.load(FOLDER, now=NOW)

    confirmed = {
        (rate.category.code, str(rate.percent)) for rate in VatRate.objects.filter(is_confirmed=True)
    }

    assert confirmed == {("standard", "25.5"), ("sport", "14.0")}


@pytest.mark.parametrize(
    ("kind", "cents", "payment"),
    [
        ("playpark", 4068, "before"),  # 2 h × 20.34 €, VAT included
        # 53.23 € of 2018 × 1.05 = 55.89 €; 2 h: 111.78 €, and 25.5 % of it, as nobody said what for: 28.50 €
        ("school", 14028, "invoice"),
        ("resident_house", 0, "free"),
    ],
)
def test_kinds_charge_by_their_lists(kind, cents, payment):
    venue = factories.create_venue(kind=kind)
    Policy.objects.create(kind=kind, min_minutes=60)
    space = factories.create_space(venue=venue, floor_area=500 if kind == "school" else 80)
    importing.load(FOLDER, now=NOW)

    importing.say_of_kinds(FOLDER)

    space = Space.objects.with_place().get(pk=space.pk)
    tables = price_tables.tables_for([space], SATURDAY, SATURDAY, now=NOW)
    wish = Priced(space, at(SATURDAY, time(10)), at(SATURDAY, time(12)))
    assert (sum(line.gross_cents for line in lines_of(wish, tables)), space.payment) == (cents, payment)
    assert policy_layers.unsettled() == []


def test_what_a_kind_says_already_it_keeps():
    Policy.objects.create(kind="school", payment="free")
    gym = factories.create_space(venue=factories.create_venue(kind="school"))
    importing.load(FOLDER, now=NOW)

    importing.say_of_kinds(FOLDER)

    gym.refresh_from_db()
    assert (gym.payment, gym.price_list) == ("free", None)


def test_a_broken_file_adds_nothing(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "prices")
    rows = tmp_path / "prices" / "rows.csv"
    rows.write_text(rows.read_text(encoding="utf-8").replace("18.70", "18.705", 1), encoding="utf-8")

    with pytest.raises(BrokenFiles, match=r"rows.csv:2: euros is “18.705”"):
        importing.load(tmp_path / "prices", now=NOW)

    assert not PriceListVersion.objects.exists()


def test_the_playparks_terms_end_on_the_weekday_before_at_five():
    importing.load(FOLDER, now=NOW)
    terms = CancellationTerms.objects.get(name_fi="Edeltävään arkipäivään asti")
    start = at(date(2027, 2, 8), time(10))  # a Monday: the weekday before is Friday

    steps = list(terms.steps.all())

    friday = at(date(2027, 2, 5), time(17))
    assert cancelling.deadlines(steps, start) == [(friday, 0)]
    assert cancelling.percent_kept(steps, terms.after_percent, start, now=friday) == 0
    assert (
        cancelling.percent_kept(steps, terms.after_percent, start, now=at(date(2027, 2, 5), time(17, 1)))
        == 100
    )


def test_nothing_of_the_demo_city_that_has_a_list_lacks_a_price():
    call_command("import_venues", FOLDER.parent, verbosity=0)
    importing.say_of_kinds(FOLDER)
    spaces = list(Space.objects.with_place().exclude(price_list=None))
    tables = price_tables.tables_for(spaces, SATURDAY, SATURDAY + timedelta(days=3), now=NOW)

    assert {space.venue.kind for space in spaces} == {"school", "playpark", "resident_house", "youth_house"}
    for space in spaces:
        wish = Priced(space, at(SATURDAY), at(SATURDAY + timedelta(days=3)), organisation_kind="club")
        assert sum(line.gross_cents for line in lines_of(wish, tables)) > 0 or space.payment == "free"
