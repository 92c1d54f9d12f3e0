"""Footprints: which pieces of a hall's floor a space covers."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

T = TypeVar("T", bound=Any)


def footprint(pieces: Iterable[int]) -> Multirange[int]:
    """Return the footprint that covers the numbered pieces: {0, 2} is {[0,1),[2,3)}."""
    stretches: list[Range[int]] = []
    for piece in sorted(set(pieces)):
        if stretches and stretches[-1].upper == piece:
            stretches[-1] = Range(stretches[-1].lower, piece + 1)
        else:
            stretches.append(Range(piece, piece + 1))
    return Multirange(stretches)


def pieces(of: Multirange[int]) -> set[int]:
    """Return the numbers of the pieces that a footprint covers."""
    return {piece for stretch in of for piece in range(*bounds(stretch))}


def bounds(stretch: Range[T]) -> tuple[T, T]:
    """Return both ends of a stretch that has both. Raises ValueError for one that has no end."""
    if stretch.lower is None or stretch.upper is None:
        raise ValueError(f"{stretch} has no end.")
    return stretch.lower, stretch.upper


class FootprintField(models.Field):
    """A set of floor pieces, stored as int4multirange; in Python a psycopg `Multirange`."""

    description = _("Pieces of a hall's floor")

    def db_type(self, connection) -> str:
        return "int4multirange"

    def to_python(self, value):
        if value is None or isinstance(value, Multirange):
            return value
        try:
            return footprint(int(piece) for piece in str(value).split(",") if piece.strip())
        except ValueError as exc:
            raise ValidationError(
                _("Name the pieces by numbers, like 0,1,2."), code="footprint_invalid"
            ) from exc

    def value_to_string(self, obj) -> str:
        value: Multirange[int] = getattr(obj, self.attname)
        return ",".join(map(str, sorted(pieces(value))))


@FootprintField.register_lookup
class SharesFloor(models.Lookup):
    """`footprint__shares_floor`: the two have a piece in common."""

    lookup_name = "shares_floor"

    def as_sql(self, compiler, connection):
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} && {rhs}", [*lhs_params, *rhs_params]


@FootprintField.register_lookup
class LiesWithin(models.Lookup):
    """`footprint__lies_within`: every piece of it is a piece of the other."""

    lookup_name = "lies_within"

    def as_sql(self, compiler, connection):
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} <@ {rhs}", [*lhs_params, *rhs_params]


@FootprintField.register_lookup
class IsEmpty(models.Lookup):
    """`footprint__is_empty=True`: it covers no floor at all."""

    lookup_name = "is_empty"
    prepare_rhs = False

    def as_sql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        return (f"isempty({lhs})" if self.rhs else f"NOT isempty({lhs})"), params
