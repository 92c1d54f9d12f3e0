"""How prices are told by API: amounts, lines, and what they come to."""

from collections.abc import Sequence

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from accounts.texts import LANGUAGES
from venues.api.serializers import Texts, TextsSerializer
from venues.prices import Line

from .. import quotes
from ..models import PriceLine
from ..quotes import DateQuote, Quote
from .fields import Instant, Text, WholeNumber

CURRENCY = "EUR"
MOST_ADD_ONS, LONGEST_CODE = 20, 50


class AddOns(serializers.ListField):
    """What is wanted beside the space, by the codes of its price list."""

    child = Text(max_length=LONGEST_CODE)

    def __init__(self):
        super().__init__(
            max_length=MOST_ADD_ONS,
            required=False,
            default=list,
            help_text="What is wanted besides, by the codes of the space's price list.",
        )


class SeenCents(WholeNumber):
    """The price that the caller was quoted, VAT included."""

    def __init__(self):
        super().__init__(
            required=False,
            allow_null=True,
            min_value=0,
            max_value=2**31 - 1,
            help_text="The `gross_cents` that you were quoted: for another price nothing is booked.",
        )


class Cents(serializers.IntegerField):
    def __init__(self, **kwargs):
        super().__init__(read_only=True, **kwargs)


class Amounts(serializers.Serializer):
    """Whole cents: gross is net and VAT together."""

    net_cents = Cents()
    vat_cents = Cents()
    gross_cents = Cents()


class Percent(serializers.DecimalField):
    def __init__(self, **kwargs):
        super().__init__(max_digits=4, decimal_places=1, read_only=True, **kwargs)


@extend_schema_serializer(component_name="VatTotal")
class VatTotalSerializer(Amounts):
    """What lines of one rate of VAT come to."""

    vat_percent = Percent()


class LineSerializer(Amounts):
    """What quoted and stored lines have in common."""

    kind = serializers.ChoiceField(choices=PriceLine.Kind.choices)
    starts_at = Instant(allow_null=True, help_text="Of time: from when.")
    ends_at = Instant(allow_null=True)
    vat_percent = Percent()
    supplied_on = serializers.DateField(help_text="The day that decides on the VAT.")


@extend_schema_serializer(component_name="QuoteLine")
class QuoteLineSerializer(LineSerializer):
    """One line of a price, with its explanation."""

    text = serializers.SerializerMethodField()

    @extend_schema_field(TextsSerializer)
    def get_text(self, line: Line) -> dict[str, str | None]:
        return {language: line.text[language] for language in LANGUAGES}


@extend_schema_serializer(component_name="PriceLine")
class PriceLineSerializer(LineSerializer):
    """One line of what is owed. Lines are added, and never changed: what is less is a line of its own."""

    id = serializers.IntegerField()
    date = serializers.IntegerField(source="date_id", help_text="The `id` of the date whose price it is.")
    text = Texts()
    reason = serializers.CharField(help_text="Why the price was reduced.")
    made_at = Instant()


class TotalsSerializer(Amounts):
    """What lines come to, together and by rate."""

    currency = serializers.CharField()
    by_vat = VatTotalSerializer(many=True)


@extend_schema_serializer(component_name="Price")
class PriceSerializer(TotalsSerializer):
    """What is owed for a booking: what its lines come to."""

    lines = PriceLineSerializer(many=True)


def price_of(lines: Sequence[PriceLine]) -> dict | None:
    """Return what is told of the lines of a booking; nothing for one without a price."""
    return {**totals_of(lines), "lines": lines} if lines else None


def totals_of(lines: Sequence[PriceLine] | Sequence[Line]) -> dict:
    total = quotes.total_of(lines)
    return {
        "currency": CURRENCY,
        "net_cents": total.net_cents,
        "vat_cents": total.vat_cents,
        "gross_cents": total.gross_cents,
        "by_vat": quotes.by_vat(lines),
    }


@extend_schema_serializer(component_name="DatePrice")
class DatePriceSerializer(Amounts):
    """What one date costs."""

    lines = QuoteLineSerializer(many=True)

    def to_representation(self, price: DateQuote) -> dict:
        totals = price.totals
        told = {name: getattr(totals, name) for name in ("net_cents", "vat_cents", "gross_cents")}
        return super().to_representation({**told, "lines": price.lines})


@extend_schema_serializer(component_name="SeasonPrice")
class SeasonPriceSerializer(TotalsSerializer):
    """What the dates that could be booked cost together."""

    def to_representation(self, quote: Quote) -> dict:
        return super().to_representation(totals_of(quote.lines))
