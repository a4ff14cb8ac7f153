"""Streaming load with its lock, checkpoint and search for repetitions, against one without them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import polars as pl

import loader
from api.commands.bench import Sides
from loader import loading
from loader.commits import Commits
from loader.replacing import State
from loader.stream import Stream
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cypher.graph import Graph, Transaction
    from loader.dead_letter import DeadLetter
    from loader.report import LoadReport
    from loader.staging import Staging
    from loader.tally import Written

AGAINST = "the same load without replay protection"
GOAL = 0.87
"""At most 1.15 times the time."""

# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
CONTENT = """
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
RETURN count(t), sum(toInteger(t.amount_base)), sum(t.ts % 1000003), count(DISTINCT a)
"""


class Unchecked(Commits):
    """Transactions without lock, Checkpoint and counting."""

    def commit(self, work: Callable[[Transaction, State], Written]) -> Written:
        """Only commit."""
        state = State(None, pl.DataFrame(schema={"ledger": pl.Int64, "hash": pl.String}))
        return self.graph.transact("load", lambda transaction: work(transaction, state))

    def advance(self, *_: object, **__: object) -> None:
        """Raise nothing."""


class Unprotected(Stream):
    """Writes what it is given."""

    def __init__(
        self, graph: Graph, staging: Staging, letters: DeadLetter, report: LoadReport
    ) -> None:
        super().__init__(graph, staging, letters, report)
        self.commits = Unchecked(graph, report.network, report.batch)


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both load the same file into the same empty graph."""
    recipe = Recipe(network="bench", accounts=transfers // 5, transfers=transfers)
    made = generate(folder / "replay", recipe)
    options = loader.LoadOptions(mapping=made.mapping)

    def load() -> object:
        loader.load(graph, "csv", [made.transfers_file], options)
        with graph.driver.session() as session:
            return session.run(CONTENT).values()

    def bare() -> object:
        with _unprotected():
            return load()

    def reset() -> None:
        with graph.driver.session() as session:
            for statement in WIPE:
                session.run(statement).consume()

    return Sides(load, bare, reset)


@contextmanager
def _unprotected() -> Iterator[None]:
    whole, search = loading.Stream, loading.replay.mark_repetitions
    loading.Stream = Unprotected  # type: ignore[misc]
    loading.replay.mark_repetitions = _all_new
    try:
        yield
    finally:
        loading.Stream = whole  # type: ignore[misc]
        loading.replay.mark_repetitions = search


def _all_new(transfers: pl.DataFrame) -> pl.DataFrame:
    return transfers.with_columns(verdict=pl.lit("new"))
