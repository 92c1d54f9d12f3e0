"""The rows of a price list as its readers see them: for whom, where, when, how much."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from . import hours_in_words
from .models import PriceRow
from .models.prices import EVERY_DAY
from .money import euros
from .price_words import listed


def for_whom(row: PriceRow) -> str:
    """Yhdistykset, kokoukset; everybody where nothing narrows it"""
    return ", ".join(str(each.name) for each in (row.price_group, row.purpose) if each) or _("Everybody")


def where(row: PriceRow) -> str:
    return ", ".join(places(row)) or _("Everywhere")


def places(row: PriceRow) -> Iterator[str]:
    if row.hall:
        yield f"{row.hall.venue.name}, {row.hall.name}"
    if row.venue_kind:
        yield str(row.get_venue_kind_display())
    if row.supervision:
        yield str(row.get_supervision_display())
    if row.area_from is not None and row.area_below is not None:
        yield _("%(from)d to under %(below)d m²") % {"from": row.area_from, "below": row.area_below}
    elif row.area_from is not None:
        yield _("from %(from)d m²") % {"from": row.area_from}
    elif row.area_below is not None:
        yield _("under %(below)d m²") % {"below": row.area_below}
    if row.part_percent is not None:
        yield _("at most %(percent)d %% of the hall") % {"percent": row.part_percent}


def when(row: PriceRow) -> str:
    return ", ".join(times(row)) or _("Always")


def times(row: PriceRow) -> Iterator[str]:
    if sorted(row.weekdays) != EVERY_DAY:
        yield listed(sorted(row.weekdays))
    if row.from_time is not None and row.until_time is not None:
        yield f"{hours_in_words.clock(row.from_time)}–{hours_in_words.closing(row.until_time)}"
    if row.season_from and row.season_until:
        first, last = hours_in_words.season_day(row.season_from), hours_in_words.season_day(row.season_until)
        yield f"{first}–{last}"


def price(row: PriceRow) -> str:
    """20,34 € tunti"""
    amount = euros(row.cents)
    match row.unit:
        case PriceRow.Unit.HOUR:
            return _("%(amount)s an hour") % {"amount": amount}
        case PriceRow.Unit.HALF_HOUR:
            return _("%(amount)s for every half-hour begun") % {"amount": amount}
        case PriceRow.Unit.BOOKING:
            return _("%(amount)s a booking") % {"amount": amount}
        case PriceRow.Unit.DAY:
            return _("%(amount)s a day") % {"amount": amount}
        case _free:
            return str(PriceRow.Unit.FREE.label)


def limits(row: PriceRow) -> str:
    """vähintään 10,00 €, enintään 90,00 €"""
    said = []
    if row.min_cents is not None:
        said.append(_("at least %(amount)s") % {"amount": euros(row.min_cents)})
    if row.max_cents is not None:
        said.append(_("at most %(amount)s") % {"amount": euros(row.max_cents)})
    return ", ".join(said)


def in_a_line(row: PriceRow) -> str:
    return f"{for_whom(row)} · {where(row)} · {when(row)}"
