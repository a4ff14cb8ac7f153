"""Cycles of three and four accounts in time, against the query that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

import loader
from api.commands.bench import Sides
from cypher import motifs
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

AGAINST = "naive Cypher, a chain of relationships for every length"
GOAL = 5.0

GAP, WINDOW = 2 * 86_400_000, 6 * 86_400_000
HUB = 200
# The same hubs are left out on both sides; nothing else is cut, so the counts must be equal.
SETTINGS: dict[str, object] = {
    "variant": "temporal",
    "network": "bench",
    "max_length": 4,
    "max_gap": "2d",
    "window": "6d",
    "hub_degree": HUB,
    "hub_percentile": 1.0,
    "truncation_limit": 10**9,
    "max_per_account": 10**9,
    "limit": 10**9,
}
HUBS = """
MATCH (h:Account) WHERE COUNT { (h)-[:TRANSFER]-() } > $hub
WITH h WHERE COUNT { MATCH (h)-[:TRANSFER]-(o) WHERE o <> h RETURN DISTINCT o } > $hub
RETURN collect(elementId(h)) AS hubs
"""
NAIVE = """
MATCH (a:Account) WHERE NOT elementId(a) IN $hubs
CALL (a) {
  MATCH (a)-[t1:TRANSFER]->(b)-[t2:TRANSFER]->(c)-[t3:TRANSFER]->(a)
  WHERE a <> b AND b <> c AND a <> c AND NOT elementId(b) IN $hubs AND NOT elementId(c) IN $hubs
    AND t2.ts <= t1.ts + $gap AND t3.ts <= t2.ts + $gap AND t3.ts <= t1.ts + $window
    AND (t2.ts > t1.ts OR t2.ts = t1.ts AND t2.ord > t1.ord)
    AND (t3.ts > t2.ts OR t3.ts = t2.ts AND t3.ord > t2.ord)
  RETURN count(*) AS found, 3 AS length
  UNION ALL
  MATCH (a)-[t1:TRANSFER]->(b)-[t2:TRANSFER]->(c)-[t3:TRANSFER]->(d)-[t4:TRANSFER]->(a)
  WHERE a <> b AND b <> c AND a <> c AND d <> a AND d <> b AND d <> c
    AND NOT elementId(b) IN $hubs AND NOT elementId(c) IN $hubs AND NOT elementId(d) IN $hubs
    AND t2.ts <= t1.ts + $gap AND t3.ts <= t2.ts + $gap AND t4.ts <= t3.ts + $gap
    AND t4.ts <= t1.ts + $window
    AND (t2.ts > t1.ts OR t2.ts = t1.ts AND t2.ord > t1.ord)
    AND (t3.ts > t2.ts OR t3.ts = t2.ts AND t3.ord > t2.ord)
    AND (t4.ts > t3.ts OR t4.ts = t3.ts AND t4.ord > t3.ord)
  RETURN count(*) AS found, 4 AS length
}
RETURN length, sum(found) AS found ORDER BY length
"""


# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both count the same cycles in the same graph, by their length."""
    recipe = Recipe(network="bench", accounts=transfers // 5, transfers=transfers)
    made = generate(folder / "motifs", recipe)
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
    loader.load(graph, "csv", [made.transfers_file], loader.LoadOptions(mapping=made.mapping))

    def ours() -> object:
        found = motifs.match(graph, "cycle", SETTINGS)
        # What is cut here is only what a round of accounts has past its five best instances.
        rounds = found.group_by("accounts").agg(pl.len() + pl.col("cut").first())
        rounds = rounds.with_columns(length=pl.col("accounts").list.len())
        return [int(rounds.filter(pl.col("length") == n)["len"].sum()) for n in (3, 4)]

    def theirs() -> object:
        with graph.driver.session() as session:
            hubs = session.run(HUBS, hub=HUB).single(strict=True)["hubs"]
            rows = session.run(NAIVE, hubs=hubs, gap=GAP, window=WINDOW).values()
        return [found for _, found in rows]

    return Sides(ours, theirs, lambda: None)
