"""A run that has begun, with its record and its lease, and what it is to write."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.errors import ExpectedError
from core.schema import RunState
from cypher.graph import is_transient
from gds_jobs.job import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cypher.graph import Graph
    from cypher.leases import Hold
    from gds_jobs.families import Values
    from gds_jobs.job import JobReport
    from gds_jobs.record import Record
    from gds_jobs.windows import Range


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun: the job's name, its record, and the database under its lease."""

    name: str
    record: Record
    hold: Hold
    graph: Graph
    covered: Range

    def end(self, done: Outcome) -> JobReport:
        """Record how it ended; the time in which it waited for others is not its own."""
        return self.record.end(
            done.state,
            done.nodes,
            done.error,
            done.results,
            done.rows_in,
            waited_seconds=self.hold.waited_seconds,
        )

    def failed(self, error: Exception) -> JobReport:
        """Record why it failed; where its time was over, the error is only a consequence."""
        reason = self.hold.reason or error
        report = self.end(Outcome(state=RunState.FAILED, error=_told(reason)))
        return replace(report, transient=is_transient(reason))

    def interrupted(self, error: BaseException) -> None:
        """Record that something from outside ended it."""
        self.end(Outcome(state=RunState.FAILED, error=f"Interrupted: {type(error).__name__}."))


@dataclass(frozen=True, slots=True)
class Done:
    """A run that has done its work but for the values that are not written yet."""

    run: Begun
    outcome: Outcome
    values: Sequence[Values] = ()

    @property
    def size(self) -> int:
        """Number of values."""
        return sum(one.frame.height * one.frame.width for one in self.values)


@contextmanager
def waiting(runs: Iterable[Begun]) -> Iterator[None]:
    """Runs that wait meanwhile for others, which takes nothing from their time."""
    with ExitStack() as holds:
        for run in runs:
            holds.enter_context(run.hold.waiting())
        yield


def _told(error: Exception) -> str:
    if isinstance(error, ExpectedError):
        return str(error)
    return f"{type(error).__name__}: {str(error)[:1000]}"
