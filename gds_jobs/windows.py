"""The half-open range of time that a run reads; its ends never cut a ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from core.times import before

if TYPE_CHECKING:
    from cypher.graph import Graph
    from gds_jobs.job import RunSpec


@dataclass(frozen=True, slots=True)
class Range:
    """Transfers from `start`, before `end`; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether it leaves nothing out."""
        return self.start is None and self.end is None


def resolve(graph: Graph, network: str, spec: RunSpec) -> Range:
    """The range that a run's `as_of` and `window` mean on a network.

    A window without `as_of` ends with the last transfer. An end within a ledger is moved back to
    the start of that ledger; what is loaded later moves no end.
    """
    end = None if spec.as_of is None else _boundary(graph, network, _utc(spec.as_of))
    if spec.window is None:
        return Range(None, end)
    until = _after_last(graph, network) if spec.as_of is None else _utc(spec.as_of)
    if until is None:
        return Range(None, end)
    return Range(_boundary(graph, network, before(until, spec.window)), end or until)


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _boundary(graph: Graph, network: str, instant: datetime) -> datetime:
    frame = graph.read("lookups/projection_boundary", network=network, instant=instant)
    return cast("datetime", frame["boundary"][0])


def _after_last(graph: Graph, network: str) -> datetime | None:
    span = graph.read("lookups/projection_span", network=network)
    return None if span.is_empty() else span["last"][0] + timedelta(milliseconds=1)
