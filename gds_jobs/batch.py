"""The batch that a run works for: one network, one UTC day, one length of window.

Source: spec/alerts.md section 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.times import before

if TYPE_CHECKING:
    from datetime import date

    from cypher.graph import Graph
    from gds_jobs.job import Context

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """What objects of one batch share.

    Attributes:
        processing_date: the UTC day that ends it: `start` and `end` lie window_days apart.
        end: nothing at or after it is read, known or judged.
        first: when the network's first transfer was made.
    """

    network: str
    processing_date: date
    window_days: int
    start: datetime
    end: datetime
    first: datetime

    @property
    def day(self) -> str:
        """The processing date as text, `2024-01-31`."""
        return self.processing_date.isoformat()

    @property
    def key(self) -> str:
        """What ids of its objects begin with."""
        return f"{self.network}|{self.day}|{self.window_days}"


def batch_of(context: Context) -> Batch | None:
    """The batch of a run, or None where its range holds no transfer.

    Without `as_of` it ends after the last transfer; without a window it begins on the day of the
    first.
    """
    return find_batch(context.graph, context.network, context.spec.as_of, context.spec.window)


def find_batch(
    graph: Graph, network: str, as_of: datetime | None, window: timedelta | None
) -> Batch | None:
    """The batch of a network that `as_of` and `window` name."""
    span = graph.read("lookups/projection_span", network=network)
    if span.is_empty():
        return None
    first, last = span.row(0)
    end = last + timedelta(milliseconds=1) if as_of is None else _utc(as_of)
    if end <= first:
        return None
    day = (end - timedelta(milliseconds=1)).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    days = max(1, -(-(window or midnight + _DAY - first) // _DAY))
    start = before(end, window) if window else midnight + _DAY - days * _DAY
    return Batch(network, day, days, start, end, first)


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
