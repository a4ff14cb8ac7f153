"""Every column of every transfer into a frame: pages of collected columns against driver rows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

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
    *("src", "dst", "ts", "ledger", "ord"),
    *("asset_idx", "amount", "amount_base", "kind_idx", "id"),
)
VOCABULARIES = ("asset_idx", "kind_idx")


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both make the same ten columns, with numbers for accounts, assets and kinds, in order."""
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
        edges = extract.transfers(graph, spec, known, None)
        _, numbered, _ = extract.number(known, edges, keep_idle=True)
        return partial(_digest, numbered)

    def theirs() -> object:
        with graph.driver.session() as session:
            rows = session.run(ROWS).values()
        frame = pl.DataFrame(rows, schema=COLUMNS, orient="row").sort("ledger", "ord", "id")
        accounts = pl.concat([frame["src"], frame["dst"]])
        positions = {"src": accounts, "dst": accounts, **{n: frame[n] for n in VOCABULARIES}}
        numbered = frame.with_columns(
            pl.col(name).cast(pl.Enum(names.unique().sort())).to_physical().cast(pl.Int32)
            for name, names in positions.items()
        )
        return partial(_digest, numbered)

    return Sides(ours, theirs, lambda: None)


def _digest(frame: pl.DataFrame) -> tuple[object, ...]:
    """Of every value of every column, in the order of the rows."""
    return (frame.height, frame.schema, frame.with_row_index().hash_rows().sum())
