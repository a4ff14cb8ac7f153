"""Streaming load of a CSV against UNWIND of maps, 1,000 a transaction, with the same properties.

`command`: ours reads the file as text, checks every row, puts it aside and sorts it, and writes
under the Checkpoint's lock with replay protection; theirs reads it with types inferred and writes.
`statements`: both send rows that were made ready before; no lock, no Checkpoint, no asset.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

import loader
from api.commands.bench import Sides
from loader import batching
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cypher.graph import Graph

    Rows = list[tuple[object, ...]]

AGAINST = "UNWIND of maps, 1,000 a batch, the same properties"
GOAL = 2.0

# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
MAPS = """
UNWIND $rows AS row
MERGE (a:Account {id: row.source})
ON CREATE SET a.network = 'bench', a.address = row.sender, a.kind = 'account',
              a.first_seen = row.ts, a.last_seen = row.ts
ON MATCH SET a.first_seen = CASE WHEN row.ts < a.first_seen THEN row.ts ELSE a.first_seen END,
             a.last_seen = CASE WHEN row.ts > a.last_seen THEN row.ts ELSE a.last_seen END
MERGE (b:Account {id: row.target})
ON CREATE SET b.network = 'bench', b.address = row.receiver, b.kind = 'account',
              b.first_seen = row.ts, b.last_seen = row.ts
ON MATCH SET b.first_seen = CASE WHEN row.ts < b.first_seen THEN row.ts ELSE b.first_seen END,
             b.last_seen = CASE WHEN row.ts > b.last_seen THEN row.ts ELSE b.last_seen END
CREATE (a)-[:TRANSFER {
  id: row.id, asset: row.asset, amount_base: row.amount_base, amount: row.amount, ts: row.ts,
  timestamp: datetime({epochMillis: row.ts}), ledger: row.ledger, ord: row.ord, kind: row.kind
}]->(b)
"""
CONTENT = """
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
WITH count(t) AS transfers, sum(toInteger(t.amount_base)) AS amount, sum(t.ts % 1000003) AS ts
MATCH (a:Account)
RETURN transfers, amount, ts, count(a), sum(a.first_seen), sum(a.last_seen), count(a.address)
"""


def sides(graph: Graph, folder: Path, transfers: int) -> dict[str, Sides]:
    """All load the same file into the same empty graph."""
    made = generate(folder, Recipe(network="bench", accounts=transfers // 5, transfers=transfers))
    return {
        "command": _command(graph, made.transfers_file, made.mapping),
        "statements": _statements(graph, made.transfers_file),
    }


def _command(graph: Graph, file: Path, mapping: Path) -> Sides:
    def ours() -> object:
        loader.load(graph, "csv", [file], loader.LoadOptions(mapping=mapping))
        return _content(graph)

    def theirs() -> object:
        _send(graph, (batch.to_dicts() for batch in _rows(file).iter_slices(1_000)))
        return _content(graph)

    return Sides(ours, theirs, lambda: _wipe(graph))


def _statements(graph: Graph, file: Path) -> Sides:
    rows = _rows(file)
    maps = [batch.to_dicts() for batch in rows.iter_slices(1_000)]
    lists = list(_lists(rows))

    def ours() -> object:
        for accounts, grouped in lists:
            parameters = {"network": "bench", "accounts": accounts, "transfers": grouped}
            graph.write("writes/transfers_create", **parameters)
        return _content(graph)

    def theirs() -> object:
        _send(graph, maps)
        return _content(graph)

    return Sides(ours, theirs, lambda: _wipe(graph))


def _send(graph: Graph, batches: Iterable[list[dict[str, object]]]) -> None:
    with graph.driver.session() as session:
        for rows in batches:
            session.run(MAPS, rows=rows).consume()


def _content(graph: Graph) -> object:
    with graph.driver.session() as session:
        return session.run(CONTENT).values()


def _wipe(graph: Graph) -> None:
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()


def _lists(rows: pl.DataFrame) -> Iterator[tuple[Rows, Rows]]:
    """The batches of rows as a load sends them."""
    texts = ("source_kind", "target_kind", "tx_id")
    staged = rows.drop("sender", "receiver").with_columns(
        *(pl.lit(None, pl.String).alias(name) for name in texts),
        flags=pl.lit(None, pl.List(pl.String)),
    )
    for batch in staged.iter_slices(loader.LoadOptions().batch_rows):
        grouped = batch.sort("source")
        accounts = batching.endpoints(grouped, "bench")
        yield accounts.rows(), batching.transfer_rows(grouped, accounts["id"])


def _rows(path: Path) -> pl.DataFrame:
    raw = pl.read_csv(path, schema_overrides={"sender": pl.String, "receiver": pl.String})
    account = pl.format("bench:{}", pl.col("sender"))
    return raw.select(
        pl.format("bench:{}:{}", pl.col("time"), pl.col("reference")).alias("id"),
        account.alias("source"),
        pl.format("bench:{}", pl.col("receiver")).alias("target"),
        "sender",
        "receiver",
        pl.lit("bench:EUR").alias("asset"),
        (pl.col("amount") * 100).round().cast(pl.Int64).cast(pl.String).alias("amount_base"),
        "amount",
        (pl.col("time") * 1000).alias("ts"),
        pl.col("time").alias("ledger"),
        (pl.col("position") * 2**32).alias("ord"),
        pl.lit("transfer").alias("kind"),
    )
