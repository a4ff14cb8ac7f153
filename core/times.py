"""Instants and spans of time: every instant is UTC, on disk and in the graph epoch milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from core.errors import ParameterError

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SHORT = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhms])")
_ISO = re.compile(
    r"P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = 2**62
DAY_MS = 86_400_000


def parse_duration(text: str, name: str = "window") -> timedelta:
    """Read `30d`, `24h`, `3600s` or ISO 8601 (`P7D`, `PT24H`), which has no months here.

    Raises:
        ParameterError: the text is no such span, is not positive, or beyond all counting.
    """
    value = text.strip()
    span = timedelta()
    try:
        # `1M` would be a month to some and a minute to others.
        if (short := _SHORT.fullmatch(value.lower())) and not value.endswith("M"):
            span = timedelta(**{_UNITS[short[2]]: float(short[1])})
        elif iso := _ISO.fullmatch(value.upper()):
            parts = [float(part or 0) for part in iso.groups()]
            span = timedelta(**dict(zip(_UNITS.values(), parts, strict=True)))
    except OverflowError:
        span = timedelta()
    if span <= timedelta():
        remedy = "Write 30d, 24h, 3600s or P7D."
        raise ParameterError(name, text, "is not a span of time", remedy)
    return span


def parse_instant(text: str, name: str = "as-of") -> datetime:
    """Read an ISO 8601 date or date-time; without a zone it is UTC.

    Raises:
        ParameterError: the text is no such instant.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        remedy = "Write 2024-01-31 or 2024-01-31T12:00:00Z."
        raise ParameterError(name, text, "is not an ISO 8601 time", remedy) from error


def before(instant: datetime, span: timedelta) -> datetime:
    """An aware instant less a span; the first there is where it would be earlier."""
    earliest = datetime.min.replace(tzinfo=UTC)
    return instant - span if span < instant - earliest else earliest


def to_epoch_ms(instant: datetime) -> int:
    """Epoch milliseconds of an aware instant, exact."""
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def window_ms(since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """`[since, until)` in epoch milliseconds; an open end is beyond every time there is."""
    return (
        -_FOREVER if since is None else to_epoch_ms(since),
        _FOREVER if until is None else to_epoch_ms(until),
    )


def from_epoch_ms(value: int) -> datetime:
    """The UTC instant of epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=value)
