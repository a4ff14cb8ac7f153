"""Every column of every transfer into a frame: pages of collected columns against driver rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

import loader
from api.commands.bench import Sides
from loader.synthesis.synthetic import Recipe, generate
from ml import extract
from ml.subgraph import SnapshotSpec

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

AGAINST = "driver rows of the same ten columns"
GOAL = 10.0

# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
ROWS = """
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
RETURN a.id, b.id, t.ts, t.ledger, t.ord, t.asset, t.amount, t.amount_base, t.kind, t.id
"""


COLUMNS = (
    *("source", "target", "ts", "ledger", "ord"),
    *("asset", "amount", "amount_base", "kind", "id"),
)


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both read the same graph into arrays of account numbers, amounts and times."""
    recipe = Recipe(network="bench", accounts=transfers // 5, transfers=transfers)
    made = generate(folder / "export", recipe)
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
    options = loader.LoadOptions(mapping=made.mapping)
    loader.load(graph, "csv", [made.transfers_file], options)

    def ours() -> object:
        spec = SnapshotSpec(network="bench")
        known = extract.accounts(graph, spec.network)
        edges = extract.transfers(graph, spec, None)
        _, numbered, _ = extract.number(known, edges, keep_idle=True)
        return _digest(numbered.rename({"src": "source", "dst": "target"}))

    def theirs() -> object:
        with graph.driver.session() as session:
            rows = session.run(ROWS).values()
        frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
        ids = pl.concat([frame["source"], frame["target"]]).unique().sort()
        kind = pl.Enum(ids)
        numbers = frame.with_columns(pl.col("source", "target").cast(kind).to_physical())
        return _digest(numbers)

    return Sides(ours, theirs, lambda: None)


def _digest(frame: pl.DataFrame) -> tuple[object, ...]:
    columns = [frame[name].to_numpy().astype(np.float64) for name in ("source", "target")]
    amount, ts = frame["amount"].to_numpy(), frame["ts"].to_numpy()
    weighted = float((columns[0] * 3 + columns[1]).sum())
    exact = int(frame["amount_base"].cast(pl.Int64).sum())
    ids = int(frame["id"].str.len_bytes().sum())
    return (len(frame), weighted, round(float(amount.sum()), 2), float(ts.sum()), exact, ids)
