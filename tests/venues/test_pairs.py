"""What is said by two words is said by both: half a season, or half a band of the clock, is refused."""

from datetime import time

import pytest
from django.db import IntegrityError

from tests.factories import create_venue, open_daily
from tests.prices import LONG_AGO, create_vat
from venues.models import OpeningRule, PriceList, PriceListVersion, PriceRow

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("half", [{"season_from": 901}, {"season_until": 601}])
def test_half_a_season_of_opening_hours(half):
    open_daily(create_venue().timetable)

    with pytest.raises(IntegrityError, match="opening_rule_season_has_both_ends"):
        OpeningRule.objects.update(**half)


@pytest.mark.parametrize(
    ("half", "constraint"),
    [
        ({"season_from": 901}, "price_row_season_has_both_ends"),
        ({"season_until": 601}, "price_row_season_has_both_ends"),
        ({"from_time": time(17)}, "price_row_band_in_order"),
        ({"until_time": time(0)}, "price_row_band_in_order"),
        ({"until_time": time(21)}, "price_row_band_in_order"),
    ],
)
def test_half_a_condition_of_a_price(half, constraint):
    draft = PriceListVersion.objects.create(
        price_list=PriceList.objects.create(name_fi="Hinnasto"),
        valid_from=LONG_AGO,
        vat_category=create_vat(),
    )

    with pytest.raises(IntegrityError, match=constraint):
        PriceRow.objects.create(version=draft, position=1, unit="hour", cents=2034, **half)
