"""Account features and centralities, database to written, against rows, NetworkX and UNWIND.

Both begin with a loaded ledger whose FLOW is fresh: it is derived once and then follows new
transfers (stage `incremental`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

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

AGAINST = "driver rows, NetworkX, UNWIND of maps, 1,000 a batch"
GOAL = 3.0

JOBS = ("activity", "pagerank", "wcc", "kcore", "betweenness")
SAMPLED = 100
# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
ROWS = """
MATCH (a:Account)-[t:TRANSFER]->(b:Account)
RETURN a.id AS source, b.id AS target, t.amount AS amount, t.ts AS ts
"""
WRITE = "UNWIND $rows AS row MATCH (a:Account {id: row.id}) SET a += row.properties"
CLEAR = """
MATCH (a:Account)
CALL (a) {
  FOREACH (key IN [k IN keys(a) WHERE NOT k IN ['id', 'network', 'address', 'kind', 'first_seen',
                                                'last_seen', 'is_infra']] | REMOVE a[key])
} IN TRANSACTIONS OF 20000 ROWS
"""
CONTENT = """
MATCH (a:Account)
RETURN count(a.in_degree), sum(a.in_degree), sum(a.out_degree), sum(a.in_transfer_count),
       sum(a.out_transfer_count), round(sum(a.total_input_amount)), round(sum(a.balance_proxy)),
       round(sum(a.net_flow_ratio), 3), round(sum(a.mean_gap_seconds)), sum(a.last_input_ts),
       round(sum(a.mean_output_amount)), round(max(a.pagerank) * 10 / avg(a.pagerank)),
       count(DISTINCT a.wcc), sum(a.kcore), count(a.betweenness)
"""


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both write the same properties onto the same accounts."""
    made = generate(folder, Recipe(network="bench", accounts=transfers // 5, transfers=transfers))
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
        # Its results are cleared between runs, of which it knows nothing.
        spec = RunSpec(parameters={"activity": {"rebuild": True}})
        reports = run(graph, JOBS, spec)
        failed = [report for report in reports if report.state != RunState.SEALED]
        if failed:
            raise StateError(f"{failed[0].job} ended as {failed[0].state}: {failed[0].error}")
        return content()

    def theirs() -> object:
        with graph.driver.session() as session:
            rows = session.run(ROWS).values()
            found = [{"id": key, "properties": own} for key, own in _computed(rows).items()]
            for start in range(0, len(found), 1_000):
                session.run(WRITE, rows=found[start : start + 1_000]).consume()
        return content()

    return Sides(ours, theirs, reset)


def _computed(rows: list[list[Any]]) -> dict[str, dict[str, Any]]:
    following: nx.DiGraph[str] = nx.DiGraph()
    into: dict[str, list[tuple[str, float, int]]] = defaultdict(list)
    out: dict[str, list[tuple[str, float, int]]] = defaultdict(list)
    for source, target, amount, ts in rows:
        out[source].append((target, amount, ts))
        into[target].append((source, amount, ts))
        if following.has_edge(source, target):
            following[source][target]["count"] += 1
        else:
            following.add_edge(source, target, count=1)
    plain = nx.Graph(following)
    plain.remove_edges_from(list(nx.selfloop_edges(plain)))
    rank = nx.pagerank(following, weight="count", max_iter=500, tol=1e-10)
    core = nx.core_number(plain)
    between = nx.betweenness_centrality(following, k=SAMPLED, seed=42)
    component = {
        account: number
        for number, members in enumerate(nx.weakly_connected_components(following))
        for account in members
    }
    return {
        account: {
            **_side(into[account], "input", "in"),
            **_side(out[account], "output", "out"),
            **_both(into[account], out[account]),
            "pagerank": rank[account],
            "kcore": core[account],
            "betweenness": between[account],
            "wcc": component[account],
        }
        for account in following
    }


def _side(rows: list[tuple[str, float, int]], name: str, short: str) -> dict[str, Any]:
    amounts, times = [row[1] for row in rows], [row[2] for row in rows]
    return {
        f"{short}_degree": len({row[0] for row in rows}),
        f"{short}_transfer_count": len(rows),
        f"total_{name}_amount": sum(amounts),
        f"mean_{name}_amount": sum(amounts) / len(rows) if rows else None,
        f"min_{name}_amount": min(amounts, default=None),
        f"max_{name}_amount": max(amounts, default=None),
        f"first_{name}_ts": min(times, default=None),
        f"last_{name}_ts": max(times, default=None),
    }


def _both(into: list[tuple[str, float, int]], out: list[tuple[str, float, int]]) -> dict[str, Any]:
    got, gave = (sum(row[1] for row in rows) for rows in (into, out))
    times = [row[2] for row in [*into, *out]]
    span = (max(times) - min(times)) / 1000
    return {
        "balance_proxy": got - gave,
        "net_flow_ratio": (gave - got) / (gave + got) if got + gave else 0.0,
        "active_span_seconds": span,
        "mean_gap_seconds": span / (len(times) - 1) if len(times) > 1 else None,
    }
