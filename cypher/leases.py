"""Leases: who may do something now, under a token that rises with every grant.

A lease is granted under its write lock, on the database's clock. Its holder renews it from a thread
of its own and puts its token under the lock again before each commit (fencing): once the lease is
another's, or its time is over, nothing of the holder is written any more. What GDS writes by itself
is no transaction of ours; it is ended instead.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import psutil

from core.errors import ExpectedError, GraphError, QueryTimeoutError, StateError
from cypher.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from cypher.graph import Transaction

SECONDS = 60.0
"""How long a lease lasts when its holder no longer renews it."""

PROJECTION = "ledgergraph-"
"""Begins the name of every GDS projection of ours; the ids of its runs follow, `+` between."""

_NAMESPACE = Path("/proc/self/ns/pid")
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Lease:
    """A granted lease; only its newest token counts."""

    name: str
    token: int
    owner: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What stands against a grant: the present holder."""

    owner: str

    def __str__(self) -> str:
        return f"It is being done by another process ({self.owner})."


def own_name() -> str:
    """This process, as it is written into leases and runs: host, process id, start."""
    try:  # process ids of two containers with one host name are not comparable
        space = f"/{_NAMESPACE.stat().st_ino}"
    except OSError:
        space = ""
    created = psutil.Process().create_time()
    return f"{socket.gethostname()}{space} {os.getpid()} {created:.2f}"


def is_alive(owner: str, *, overdue: bool) -> bool:
    """Whether the process is there; one of another machine is believed until it is overdue."""
    host, pid, created = owner.rsplit(" ", 2)
    if host != own_name().rsplit(" ", 2)[0]:
        return not overdue
    try:
        return f"{psutil.Process(int(pid)).create_time():.2f}" == created
    except psutil.NoSuchProcess:
        return False


def take(
    graph: Graph, name: str, *, seconds: float = SECONDS, owner: str | None = None
) -> Lease | Taken:
    """Ask for a lease; the answer is at once."""
    owner, grant = owner or own_name(), uuid4().hex

    def work(transaction: Transaction) -> Lease | Taken:
        return take_within(transaction, name, owner, grant, seconds)

    return graph.transact(f"lease {name}", work)


def take_within(
    transaction: Transaction, name: str, owner: str, grant: str, seconds: float
) -> Lease | Taken:
    """Ask for a lease as a part of a transaction; `grant` names the wish and is granted once."""
    transaction.run("writes/lease_lock", name=name)
    taken = transaction.run(
        "writes/lease_take", name=name, owner=owner, grant=grant, seconds=seconds
    )
    if not taken.is_empty():
        return Lease(name, int(taken["token"][0]), owner)
    return Taken(str(transaction.run("lookups/leases_held", name=name)["owner"][0]))


def break_dead(graph: Graph) -> None:
    """Free the leases whose holder's process is gone."""
    held = graph.read("lookups/leases_held")
    for name, owner, token, expired in held.select("name", "owner", "token", "expired").iter_rows():
        if not is_alive(owner, overdue=expired):
            graph.write("writes/lease_break", name=name, token=token)


class Hold:
    """Holds a granted lease while a context lasts, and ends the work when its time is over.

    Args:
        graph: a connection that is not itself held.
        lease: gets renewed, and given back at the end.
        run: id of the run whose transactions are ended with it.
        limit_seconds: the longest the work may take; None is without limit.
        seconds: how long the lease outlives its last renewal; it is renewed three times as often.
        within: another hold, with which this one ends.
    """

    def __init__(
        self,
        graph: Graph,
        lease: Lease,
        run: str,
        *,
        limit_seconds: float | None = None,
        seconds: float = SECONDS,
        within: Hold | None = None,
    ) -> None:
        self.lease, self.run, self._within = lease, run, within
        self.limit_seconds, self.waited_seconds = limit_seconds, 0.0
        self._graph, self._seconds = _impatient(graph), seconds
        self._done = threading.Event()
        self._reason: ExpectedError | None = None
        now = time.monotonic()
        self._deadline = None if limit_seconds is None else now + limit_seconds
        self._renewed = now
        self._thread = threading.Thread(target=self._watch, name=f"lease {lease.name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if error is not None and not isinstance(error, Exception):
            self._end_transactions()
        try:
            self.release()
        except GraphError:  # it expires by itself, and must not hide what went wrong before
            if error is None:
                raise

    def release(self) -> None:
        """Give the lease back before the context ends: the work is over."""
        if not self._done.is_set():
            self._done.set()
            self._thread.join()
            lease = self.lease
            self._graph.write("writes/lease_release", name=lease.name, token=lease.token)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time that the work waits for others does not count."""
        begun, deadline, self._deadline = time.monotonic(), self._deadline, None
        try:
            yield
        finally:
            waited = time.monotonic() - begun
            self.waited_seconds += waited
            if deadline is not None:
                self._deadline = deadline + waited

    def share(self, seconds: float, part: float) -> None:
        """Of time spent on the work of several at once, only a part is this one's."""
        self.waited_seconds += seconds * (1 - part)

    @property
    def reason(self) -> ExpectedError | None:
        """Why the work has to end; None while it may go on."""
        if self._reason is None and self._within is not None:
            self._reason = self._within.reason
        if self._reason is None and self._deadline is not None:
            limit = self.limit_seconds or 0.0
            if time.monotonic() >= self._deadline:
                self._reason = QueryTimeoutError(self.lease.name, limit)
        return self._reason

    def remaining_seconds(self) -> float | None:
        """The time that is left; None where there is no limit.

        Raises:
            QueryTimeoutError: none is left.
            StateError: the lease is lost, or the work was cancelled.
        """
        if self.reason is not None:
            raise self.reason
        return None if self._deadline is None else max(self._deadline - time.monotonic(), 0.001)

    def fence(self, transaction: Transaction) -> None:
        """Let a transaction commit only while the lease is the holder's; called just before.

        Raises:
            StateError: another took the lease over.
        """
        lease = self.lease
        found = transaction.run("writes/lease_fence", name=lease.name, token=lease.token)
        if found.is_empty() or not found["valid"][0]:
            self.cancel(_lost(lease))
        self.remaining_seconds()

    def cancel(self, reason: ExpectedError) -> None:
        """End the work: its transactions are ended, and it can begin no more."""
        self._reason = self._reason or reason

    def _watch(self) -> None:
        while not self._done.wait(_POLL_SECONDS):
            try:
                if self.reason is not None:
                    self._end_transactions()
                if time.monotonic() > self._renewed + self._seconds / 3:
                    self._renew()
            except GraphError:  # the database is away; the work notices by itself
                if time.monotonic() > self._renewed + self._seconds:
                    self.cancel(_lost(self.lease))

    def _renew(self) -> None:
        before, lease = time.monotonic(), self.lease
        answer = self._graph.write(
            "writes/lease_renew", name=lease.name, token=lease.token, seconds=self._seconds
        )
        if answer.is_empty():
            self.cancel(_lost(lease))
        self._renewed = before

    def _end_transactions(self) -> None:
        end_transactions(self._graph, self.run)


def end_transactions(graph: Graph, run: str) -> None:
    """End the transactions that belong to a run, also those of its GDS procedures."""
    graph.write("writes/transactions_end", run=run, projection=PROJECTION)


def _impatient(graph: Graph) -> Graph:
    """The same connections for what must not wait for a database that is away."""
    return Graph(
        graph.driver,
        uri=graph.uri,
        user=graph.user,
        job=graph.job,
        timeout_seconds=10.0,
        retry_seconds=1.0,
    )


def _lost(lease: Lease) -> StateError:
    return StateError(
        f"The lease of {lease.name} was lost: another process took over.",
        "What it does goes on there.",
    )
