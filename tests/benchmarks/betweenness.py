"""Betweenness of every account, unsampled, against NetworkX from rows to properties.

Brandes' algorithm takes accounts times pairs, so the ledger is at most LARGEST transfers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

import loader
from api.commands.bench import Sides
from core.errors import StateError
from core.schema import RunState
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

AGAINST = "driver rows, NetworkX, UNWIND of maps, 1,000 a batch, at most 10,000 transfers"
GOAL = 3.0
LARGEST = 10_000

# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
ROWS = "MATCH (a:Account)-[:TRANSFER]->(b:Account) RETURN DISTINCT a.id, b.id"
WRITE = "UNWIND $rows AS row MATCH (a:Account {id: row.id}) SET a.betweenness = row.value"
CLEAR = "MATCH (a:Account) REMOVE a.betweenness"
CONTENT = """
MATCH (a:Account) WHERE a.betweenness IS NOT NULL
RETURN a.id, round(a.betweenness, 9) ORDER BY a.id
"""


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both write the same values onto the same accounts."""
    size = min(transfers, LARGEST)
    made = generate(folder, Recipe(network="bench", accounts=size // 5, transfers=size))
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
    loader.load(graph, "csv", [made.transfers_file], loader.LoadOptions(mapping=made.mapping))
    run(graph, ["flows"])

    def content() -> object:
        with graph.driver.session() as session:
            return session.run(CONTENT).values()

    def reset() -> None:
        with graph.driver.session() as session:
            session.run(CLEAR).consume()

    def ours() -> object:
        (report,) = run(
            graph, ["betweenness"], RunSpec(parameters={"betweenness": {"exact_up_to": size}})
        )
        if report.state != RunState.SEALED:
            raise StateError(f"betweenness ended as {report.state}: {report.error}")
        return content()

    def theirs() -> object:
        with graph.driver.session() as session:
            following = nx.DiGraph(session.run(ROWS).values())
            found = nx.betweenness_centrality(following)
            rows = [{"id": account, "value": value} for account, value in found.items()]
            for start in range(0, len(rows), 1_000):
                session.run(WRITE, rows=rows[start : start + 1_000]).consume()
        return content()

    return Sides(ours, theirs, reset, transfers=size)
