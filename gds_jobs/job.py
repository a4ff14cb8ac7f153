"""What a graph job is, what it is asked to do, and what it reports back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from core.schema import RunState

if TYPE_CHECKING:
    from datetime import datetime, timedelta


class JobKind(StrEnum):
    """How a job does its work."""

    CYPHER = "cypher"
    FEATURES = "features"
    ALGORITHM = "algorithm"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What a run covers.

    Attributes:
        network: None runs once for every network of the graph; networks are never mixed.
        asset: asset id; None takes every asset, and then amounts are not added up over assets.
        as_of: no transfer at or after it is read; None reads to the end of the ledger.
        window: reads only the last span before `as_of`; None reads from the beginning.
        parameters: per job, values that replace the job's own defaults.
        heap_share: part of the server's heap that a projection and its algorithm may need.
    """

    network: str | None = None
    asset: str | None = None
    as_of: datetime | None = None
    window: timedelta | None = None
    parameters: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    heap_share: float = 0.8


@dataclass(frozen=True, slots=True)
class JobReport:
    """How one run of one job on one network ended; `nodes` counts the accounts written."""

    job: str
    state: RunState
    nodes: int
    seconds: float
    run: str
    network: str
    error: str | None = None


Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""
