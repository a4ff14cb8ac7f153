"""The connection: queries in, Polars frames out, writes that survive a failing moment.

Every transaction carries a time limit and metadata that name the job and the query, so that
`SHOW TRANSACTIONS` tells who runs what.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from random import uniform
from typing import TYPE_CHECKING, Any, Self, TypeVar

import neo4j
from neo4j import exceptions as failure

from core.errors import (
    AuthenticationError,
    ExpectedError,
    GraphError,
    QueryMemoryError,
    QueryTimeoutError,
    UnreachableError,
    UsageError,
)
from cypher import catalog, values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import polars as pl

    from cypher.leases import Hold

Result = TypeVar("Result")

RETRY_SECONDS = 60.0
"""How long a write is tried again after transient failures."""

_PATIENCE_SECONDS = 3.0
"""After so long people wonder what a command is waiting for."""

SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")

# Lost connections are told by our errors; the driver's own lines would only reach stderr raw.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

_TRANSIENT = (failure.TransientError, failure.ServiceUnavailable, failure.SessionExpired)
_ENTITY_NOT_FOUND = "Neo.ClientError.Statement.EntityNotFound"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a statement created, as the database counts it."""

    nodes_created: int
    relationships_created: int


class Transaction:
    """One open transaction."""

    def __init__(self, transaction: neo4j.Transaction) -> None:
        self._transaction = transaction

    def run(self, name: str, /, **parameters: object) -> pl.DataFrame:
        """Run the query `folder/name` and read its whole result."""
        query = catalog.load(name)
        result = self._transaction.run(query.text, query.bind(parameters))
        return to_frame(query, result.values())

    def change(self, name: str, /, **parameters: object) -> Changes:
        """Run the writing query `folder/name`, which returns nothing, and count what it created."""
        query = catalog.load(name)
        counters = self._transaction.run(query.text, query.bind(parameters)).consume().counters
        return Changes(counters.nodes_created, counters.relationships_created)


class Graph:
    """A database and the job on whose behalf it is used; close it, or use it as a context."""

    def __init__(
        self,
        driver: neo4j.Driver,
        *,
        uri: str = "",
        user: str = "",
        job: str = "ledgergraph",
        timeout_seconds: float = 600.0,
        retry_seconds: float = RETRY_SECONDS,
        hold: Hold | None = None,
        waiting: Callable[[str, float], None] | None = None,
    ) -> None:
        self.driver, self.waiting = driver, waiting
        self.uri, self.user, self.job = uri, user, job
        self.timeout_seconds, self.retry_seconds = timeout_seconds, retry_seconds
        self.hold = hold

    @classmethod
    def connect(
        cls,
        uri: str,
        user: str,
        password: str,
        *,
        job: str = "ledgergraph",
        timeout_seconds: float = 600.0,
        retry_seconds: float = RETRY_SECONDS,
        waiting: Callable[[str, float], None] | None = None,
    ) -> Graph:
        """Open a database and check that it answers.

        Args:
            uri: where it is.
            user: who asks.
            password: of the user.
            job: on whose behalf.
            timeout_seconds: of a transaction.
            retry_seconds: how long what failed for the moment is tried again.
            waiting: told why something has been tried again for some seconds, and for how many
                more it will be.

        Raises:
            UnreachableError: nothing answers at the address.
            AuthenticationError: the user or password is refused.
        """
        driver = open_driver(uri, user, password)
        graph = cls(
            driver,
            uri=uri,
            user=user,
            job=job,
            timeout_seconds=timeout_seconds,
            retry_seconds=retry_seconds,
            waiting=waiting,
        )
        try:
            with translated("connection", uri=uri, user=user):
                driver.verify_connectivity()
        except ExpectedError:
            driver.close()
            raise
        return graph

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.driver.close()

    def on_behalf_of(
        self,
        job: str,
        timeout_seconds: float | None = None,
        hold: Hold | None = None,
        *,
        retry_seconds: float | None = None,
    ) -> Graph:
        """The same connections under another job's name, time limit, lease and patience.

        Under a lease nothing commits once it is lost or its time is over.
        """
        return Graph(
            self.driver,
            uri=self.uri,
            user=self.user,
            job=job,
            timeout_seconds=timeout_seconds or self.timeout_seconds,
            retry_seconds=self.retry_seconds if retry_seconds is None else retry_seconds,
            hold=hold or self.hold,
            waiting=self.waiting,
        )

    def read(self, name: str, /, **parameters: object) -> pl.DataFrame:
        """Run the reading query `folder/name`; retried when the moment was bad."""
        query = catalog.load(name)
        bound = query.bind(parameters)

        def attempt() -> pl.DataFrame:
            with self._begin(name, neo4j.READ_ACCESS) as transaction:
                # One record after the other: those of columns are large.
                rows = (record.values() for record in transaction.run(query.text, bound))
                return to_frame(query, rows)

        return self._retry(name, attempt)

    def write(self, name: str, /, **parameters: object) -> pl.DataFrame:
        """Run the idempotent writing query `folder/name` in a transaction of its own.

        It is tried again after a transient failure, also when it is not known whether the commit
        arrived: use `transact` for work that must not happen twice.
        """
        return self.transact(name, lambda transaction: transaction.run(name, **parameters))

    def transact(
        self,
        what: str,
        work: Callable[[Transaction], Result],
        *,
        committed: Callable[[], Result | None] | None = None,
    ) -> Result:
        """Run `work` in one writing transaction and commit it.

        Args:
            what: name of the work in errors and in the transaction's metadata.
            work: may run several times; each run gets a fresh transaction.
            committed: asked after a commit whose outcome is unknown; returns the result when
                the database holds it, else None, and the work is run again.
        """
        ambiguous = False

        def attempt() -> Result:
            nonlocal ambiguous
            if ambiguous and committed is not None and (done := committed()) is not None:
                return done
            with self._begin(what, neo4j.WRITE_ACCESS) as transaction:
                result = work(Transaction(transaction))
                if self.hold is not None:
                    self.hold.fence(Transaction(transaction))
                # Until the answer to COMMIT is here, a lost connection leaves the outcome open.
                ambiguous = True
                transaction.commit()
                return result

        return self._retry(what, attempt)

    def write_apart(
        self, name: str, again: str | None = None, /, **parameters: object
    ) -> pl.DataFrame:
        """Run the idempotent writing query `folder/name`, which makes transactions of its own.

        Such a query (`CALL … IN TRANSACTIONS`) cannot be part of another transaction. When it
        fails, what it committed stays.

        Args:
            name: of the query.
            again: the query that takes its place from the second try on, with those of the
                parameters that it declares.
            parameters: of the query.
        """
        query, tried = catalog.load(name), False
        bound = query.bind(parameters)

        def attempt() -> pl.DataFrame:
            nonlocal query, bound, tried
            if tried and again is not None:
                query = catalog.load(again)
                bound = query.bind({p.name: parameters[p.name] for p in query.parameters})
            tried = True
            statement = neo4j.Query(query.text, self._metadata(query.name), self._seconds())
            with self.driver.session() as session:
                return to_frame(query, session.run(statement, bound).values())

        return self._retry(name, attempt)

    def apply(self, name: str) -> None:
        """Run the schema query or auto-committing query `folder/name`, statement by statement."""
        query = catalog.load(name)
        statements = [part.strip() for part in query.text.split(";") if part.strip()]
        with translated(name, uri=self.uri, user=self.user), self.driver.session() as session:
            for statement in statements:
                session.run(neo4j.Query(statement, self._metadata(name))).consume()

    @contextmanager
    def _begin(self, what: str, access: str) -> Iterator[neo4j.Transaction]:
        with (
            self.driver.session(default_access_mode=access) as session,
            session.begin_transaction(self._metadata(what), self._seconds()) as transaction,
        ):
            yield transaction

    def _seconds(self) -> float:
        left = None if self.hold is None else self.hold.remaining_seconds()
        return self.timeout_seconds if left is None else min(left, self.timeout_seconds)

    def _metadata(self, what: str) -> dict[str, Any]:
        run = {} if self.hold is None else {"run": self.hold.run}
        return {"app": "ledgergraph", "job": self.job, "query": what, **run}

    def _retry(self, what: str, attempt: Callable[[], Result]) -> Result:
        begun = time.monotonic()
        deadline, pause, told = begun + self.retry_seconds, 0.1, False
        while True:
            try:
                with translated(what, uri=self.uri, user=self.user, seconds=self.timeout_seconds):
                    return attempt()
            except GraphError as error:
                if not _worth_retrying(error.__cause__) or time.monotonic() + pause > deadline:
                    raise
                if not told and self.waiting and time.monotonic() - begun > _PATIENCE_SECONDS:
                    self.waiting(error.message, deadline - time.monotonic())
                    told = True
            time.sleep(pause * uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
            pause = min(2 * pause, 5.0)


def open_driver(uri: str, user: str, password: str) -> neo4j.Driver:
    """A driver without retries of its own: `Graph` decides what is tried again.

    Raises:
        UsageError: the address is not one of the Bolt protocol.
    """
    if uri.partition("://")[0] not in SCHEMES:
        raise UsageError(
            f"'{uri}' is not the address of a Neo4j database.",
            "Write bolt://host:7687 or neo4j://host:7687.",
        )
    return neo4j.GraphDatabase.driver(
        uri,
        auth=(user, password),
        connection_timeout=10,
        connection_acquisition_timeout=30,
        max_transaction_retry_time=0,
        notifications_min_severity="OFF",
        user_agent="ledgergraph",
    )


def to_frame(query: catalog.Query, rows: Iterable[list[Any]]) -> pl.DataFrame:
    """The rows of a query as a frame of its declared columns."""
    return (values.chunks if query.columnar else values.frame)(query.columns, rows)


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed a moment later: an error of ours or of the driver."""
    return isinstance(error, UnreachableError) or any(
        _worth_retrying(cause) for cause in (error, error.__cause__)
    )


def _worth_retrying(cause: BaseException | None) -> bool:
    if isinstance(cause, failure.Neo4jError) and cause.code == _ENTITY_NOT_FOUND:
        return True
    if isinstance(cause, failure.Neo4jError) and _is_memory(cause):
        return False
    if isinstance(cause, failure.AuthError):
        return False
    return isinstance(cause, _TRANSIENT)


def _is_memory(error: failure.Neo4jError) -> bool:
    return "MemoryPoolOutOfMemory" in (error.code or "") or "OutOfMemory" in (error.code or "")


@contextmanager
def translated(what: str, *, uri: str = "", user: str = "", seconds: float = 0.0) -> Iterator[None]:
    """Turn the driver's exceptions into ours, with what was being done."""
    try:
        yield
    except failure.AuthError as error:
        raise AuthenticationError(uri, user) from error
    except (failure.ServiceUnavailable, failure.SessionExpired, OSError) as error:
        raise UnreachableError(
            uri, str(error).splitlines()[0] if str(error) else "closed"
        ) from error
    except failure.Neo4jError as error:
        if "TransactionTimedOut" in (error.code or "") or "Terminated" in (error.code or ""):
            raise QueryTimeoutError(what, seconds) from error
        if _is_memory(error):
            raise QueryMemoryError(what) from error
        raise GraphError(f"'{what}' failed: {error.message} ({error.code}).") from error
    except failure.DriverError as error:
        raise GraphError(f"'{what}' failed in the driver: {error}.") from error
