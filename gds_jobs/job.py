"""What a graph job is, what it is asked to do, and what it reports back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import ParameterError
from core.schema import RunState
from cypher.leases import SECONDS

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from graphdatascience import GraphDataScience

    from cypher.graph import Graph
    from cypher.leases import Hold
    from gds_jobs.windows import Range

LIMIT_SECONDS = 3600.0
"""The longest that a job runs which names no other limit."""

WEIGHTS = ("none", "count", "amount")
"""What may weigh a pair of accounts: nothing, its number of transfers, their amount."""

CONCURRENCY = 4
"""The most threads that GDS Community allows."""

Parameters = Mapping[str, object]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""


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
    parameters: Mapping[str, Parameters] = field(default_factory=dict)
    heap_share: float = 0.8


@dataclass(frozen=True, slots=True)
class Policy:
    """How a run is carried out.

    Attributes:
        limit: time after which a run is ended; None takes the job's own limit.
        attempts: how often a run is tried that fails for a reason that may pass.
        backoff_seconds: pause before the second attempt; each later one is twice as long.
        lease_seconds: how long the run's lease outlives a process that is gone.
        entry: the entry of the schedule that the run belongs to.
        due: when that entry was due.
        within: what the run ends with, whatever it is doing.
    """

    limit: timedelta | None = None
    attempts: int = 1
    backoff_seconds: float = 5.0
    lease_seconds: float = SECONDS
    entry: str | None = None
    due: datetime | None = None
    within: Hold | None = None


@dataclass(frozen=True, slots=True)
class JobReport:
    """How one run of one job on one network ended.

    Attributes:
        nodes: accounts written; for `flows` the FLOW relationships.
        run: id of the JobRun.
        error: why it failed or was skipped.
        transient: whether what it failed for may have passed.
    """

    job: str
    state: RunState
    nodes: int
    seconds: float
    run: str
    network: str
    error: str | None = None
    transient: bool = False


def _as_given(parameters: Parameters, _nodes: int) -> dict[str, object]:
    return dict(parameters)


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A GDS algorithm whose result becomes the account property named after its file.

    Attributes:
        summary: one sentence.
        procedure: picks the client's endpoint, which offers `estimate` and `mutate`.
        defaults: arguments of the endpoint that a run may replace. `weight`, where it is among
            them, is one of WEIGHTS and chooses what is projected.
        arguments: turns parameters into arguments, knowing the number of accounts projected.
        memory: bytes needed by so many accounts, where GDS offers no estimate.
        undirected: whether a pair of accounts is projected both ways.
        simple: whether it is projected once, without direction, and no account to itself.
        embeds: whether its values are lists of numbers.
        scale: what the written value is multiplied by, from parameters and number of accounts.
        concurrency: threads; 1 where only then a seed gives the same values again.
        by_default: whether `run --all` takes it.
        version: raised when the same graph would get other values.
        limit_seconds: after that long a run is ended, its GDS procedure too.
    """

    summary: str
    procedure: Callable[[GraphDataScience], Any]
    defaults: Parameters
    arguments: Callable[[Parameters, int], dict[str, object]] = _as_given
    memory: Callable[[int], int] | None = None
    undirected: bool = False
    simple: bool = False
    embeds: bool = False
    scale: Callable[[Parameters, int], float] | None = None
    concurrency: int = CONCURRENCY
    by_default: bool = True
    version: str = "1"
    limit_seconds: float = LIMIT_SECONDS


def breadth_first_memory(accounts: int) -> int:
    """Bytes of a search from every account: two sums each, three sets of 64 searches a thread."""
    return accounts * 8 * (2 + 3 * CONCURRENCY)


@dataclass(frozen=True, slots=True)
class Context:
    """What a task is given: one network, the range it may read, and the run it belongs to.

    Attributes:
        graph: the database, on behalf of the job.
        run: id of the JobRun; what the task writes names it.
        covered: transfers outside it are not read.
        parameters: the task's own, bound.
        progress: called with what is being done, steps done and steps in all.
    """

    graph: Graph
    gds: GraphDataScience
    run: str
    network: str
    spec: RunSpec
    covered: Range
    parameters: Parameters
    progress: Progress


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task did; a skipped one says why in `error`.

    Attributes:
        nodes: nodes or relationships written.
        results: further figures, kept with the JobRun as JSON.
        rows_in: what was read to do it.
    """

    nodes: int = 0
    results: Mapping[str, object] | None = None
    state: RunState = RunState.SEALED
    error: str | None = None
    rows_in: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A job that is neither a family of features nor a GDS algorithm: rules, patterns, alerts.

    Attributes:
        summary: one sentence.
        work: does it, for one network; it may be run again after it was killed half-way.
        defaults: parameters that a run may replace.
        reads_flow: FLOW is derived anew before it where it is stale.
        after: jobs that come before it when both are asked for.
        by_default: whether `run --all` takes it.
        version: raised when the same graph would get other values.
        limit_seconds: after that long a run is ended.
    """

    summary: str
    work: Callable[[Context], Outcome]
    defaults: Parameters = field(default_factory=dict)
    reads_flow: bool = False
    after: tuple[str, ...] = ()
    by_default: bool = True
    version: str = "1"
    limit_seconds: float = LIMIT_SECONDS


def bind(job: str, defaults: Parameters, given: Parameters) -> dict[str, object]:
    """The job's parameters with the given ones, values or text, in their places.

    Raises:
        ParameterError: one is unknown or not of its default's type.
    """
    for name in given:
        if name not in defaults:
            known = ", ".join(defaults) or "none"
            raise ParameterError(job, name, "is unknown", f"Known: {known}.")
    bound = {name: _coerce(job, name, given.get(name, d), d) for name, d in defaults.items()}
    if bound.get("weight", "none") not in WEIGHTS:
        raise ParameterError(job, "weight", f"must be one of {', '.join(WEIGHTS)}")
    return bound


def _coerce(job: str, name: str, value: object, default: object) -> object:
    kind = type(default)
    try:
        if isinstance(value, kind) and isinstance(value, bool) == isinstance(default, bool):
            return value
        if kind is bool and isinstance(value, str):
            return {"true": True, "false": False}[value.lower()]
        if kind is int and isinstance(value, str):
            return int(value)
        if kind is float and isinstance(value, (str, int)) and not isinstance(value, bool):
            return float(value)
    except (KeyError, ValueError) as error:
        raise ParameterError(job, name, f"is not of type {kind.__name__}: {value!r}") from error
    raise ParameterError(job, name, f"is not of type {kind.__name__}: {value!r}")
