"""Scalars beyond the built-in ones, and how instants and numbers become GraphQL values."""

import math
from datetime import UTC, datetime
from typing import NewType

import strawberry
from graphql import GraphQLError

from core.times import from_epoch_ms, to_epoch_ms

Long = NewType("Long", int)
"""A 64-bit integer."""

_LOW, _HIGH = -(2**63), 2**63


def _long(value: object) -> int:
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError as error:
            raise GraphQLError("Long must be an integer.") from error
    if isinstance(value, bool) or not isinstance(value, int) or not _LOW <= value < _HIGH:
        raise GraphQLError("Long must be an integer between -2^63 and 2^63 - 1.")
    return value


LONG = strawberry.scalar(
    name="Long",
    description="A 64-bit integer, as a JSON number; ledgers and times pass 2^31. "
    "As input also a string of digits.",
    serialize=_long,
    parse_value=_long,
)
"""How `Long` travels."""


def instant(milliseconds: int | None) -> datetime | None:
    """The UTC instant of epoch milliseconds, or None."""
    return None if milliseconds is None else from_epoch_ms(milliseconds)


def milliseconds(moment: datetime | None) -> int | None:
    """Epoch milliseconds of an instant, or None; without a zone it is UTC."""
    if moment is None:
        return None
    return to_epoch_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def finite(value: float | None) -> float | None:
    """The number as GraphQL can carry it: None for infinities and not-a-number."""
    return value if value is not None and math.isfinite(value) else None
