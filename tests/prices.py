"""Price lists, as tests need them."""

from datetime import date
from decimal import Decimal
from itertools import count

from tests.factories import NOW, create_space
from venues.models import (
    CancellationStep,
    CancellationTerms,
    PriceList,
    PriceListVersion,
    PriceRow,
    Space,
    VatCategory,
    VatRate,
)

number = count(1)
LONG_AGO = date(2020, 1, 1)


def create_vat(percent: str = "25.5", valid_from: date = LONG_AGO) -> VatCategory:
    """Make a category of tax with a rate."""
    category = VatCategory.objects.create(code=f"vat-{next(number)}", name_fi="Yleinen")
    VatRate.objects.create(category=category, percent=percent, valid_from=valid_from, source="Verottaja")
    return category


def create_price_list(*rows: dict, valid_from: date = LONG_AGO, percent: str = "25.5", **facts) -> PriceList:
    """Make a list with one published version: rows from the top, of 20,34 € an hour if none is given."""
    price_list = PriceList.objects.create(name_fi=f"Hinnasto {next(number)}")
    publish_prices(price_list, *rows, valid_from=valid_from, vat_category=create_vat(percent), **facts)
    return price_list


def publish_prices(
    price_list: PriceList, *rows: dict, valid_from: date = LONG_AGO, **facts
) -> PriceListVersion:
    version = PriceListVersion.objects.create(price_list=price_list, valid_from=valid_from, **facts)
    for position, row in enumerate(rows or [{"cents": 2034}], start=1):
        PriceRow.objects.create(version=version, position=position, **{"unit": "hour"} | row)
    version.published_at = NOW.replace(year=2020)
    version.save(update_fields=["published_at"])
    return version


def create_priced_space(*rows: dict, payment: str = Space.Payment.BEFORE, **facts) -> Space:
    """Make a hall that is paid before use, unless said otherwise: 20,34 € an hour, 25,5 % VAT included."""
    price_list = facts.pop("price_list", None) or create_price_list(*rows)
    return create_space(payment=payment, price_list=price_list, **facts)


def create_cancellation(*steps: tuple[int, int], after: int = 100) -> CancellationTerms:
    """Make terms: until so many hours before, so many per cent are kept; afterwards `after`."""
    terms = CancellationTerms.objects.create(name_fi="Peruutusehdot", after_percent=after)
    for position, (hours, percent) in enumerate(steps, start=1):
        CancellationStep.objects.create(terms=terms, position=position, hours_before=hours, percent=percent)
    return terms


def net_of(gross: int, percent: str = "25.5") -> int:
    return round(Decimal(gross) * 100 / (100 + Decimal(percent)))
