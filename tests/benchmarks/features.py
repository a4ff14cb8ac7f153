"""Account features and centralities, database to written, against the pipelines people write.

Two of them: rows of the driver into NetworkX and plain Python, and into igraph and Polars; both
write by UNWIND of maps. The same algorithms on the same graph (PageRank's two variants agree once
they sum to 1), compared by sums of every property; betweenness has a stage of its own, because
samples of different sources have no equal results.

All begin with a loaded ledger whose FLOW is fresh: it is derived once and then follows new
transfers (stage `incremental`).
"""

from __future__ import annotations

import time
from collections import defaultdict
from math import isclose
from typing import TYPE_CHECKING, Any

import igraph
import networkx as nx
import numpy as np
import polars as pl

import loader
from api.commands.bench import Sides
from core.errors import StateError
from core.schema import RunState
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cypher.graph import Graph

AGAINST = "driver rows, NetworkX or igraph, UNWIND of maps, 1,000 a batch"
GOAL = 3.0

JOBS = ("activity", "pagerank", "wcc", "kcore", "triangles")
UNCAPPED = 2_000_000_000
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
MATCH (a:Account) UNWIND $keys AS key
RETURN key, count(a[key]) AS known, toFloat(sum(abs(a[key]))) AS total,
       toFloat(sum(toFloat(a[key])^2)) AS squares ORDER BY key
"""
KEYS = (
    "in_degree", "out_degree", "in_transfer_count", "out_transfer_count", "total_input_amount",
    "total_output_amount", "mean_input_amount", "mean_output_amount", "min_input_amount",
    "max_input_amount", "min_output_amount", "max_output_amount", "balance_proxy", "net_flow_ratio",
    "active_span_seconds", "mean_gap_seconds", "first_input_ts", "last_input_ts", "first_output_ts",
    "last_output_ts", "pagerank", "kcore", "triangles",
)  # fmt: skip
SIZES = """
MATCH (a:Account) WHERE a.wcc IS NOT NULL WITH a.wcc AS component, count(*) AS size
RETURN count(*), sum(size * size)
"""
Row = tuple[str, str, float, int]


def sides(graph: Graph, folder: Path, transfers: int) -> dict[str, Sides]:
    """Both write the same properties onto the same accounts."""
    made = generate(folder, Recipe(network="bench", accounts=transfers // 5, transfers=transfers))
    return compared(graph, made.transfers_file, made.mapping)


def compared(graph: Graph, file: Path, mapping: Path) -> dict[str, Sides]:
    """Both sides of each part, on a ledger that takes the place of all that is loaded."""
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
    done = loader.load(graph, "csv", [file], loader.LoadOptions(mapping=mapping))
    run(graph, ["flows"])

    def reset() -> None:
        with graph.driver.session() as session:
            session.run(CLEAR).consume()

    def theirs(pipeline: Callable[[list[Row]], list[dict[str, Any]]]) -> None:
        with graph.driver.session() as session:
            found = pipeline([tuple(row) for row in session.run(ROWS)])
            for start in range(0, len(found), 1_000):
                session.run(WRITE, rows=found[start : start + 1_000]).consume()

    seconds: dict[str, float] = {}

    def told(work: Callable[[], None]) -> object:
        work()
        started = time.perf_counter()
        content = _content(graph)
        seconds["comparison"] = time.perf_counter() - started
        return content

    def part(pipeline: Callable[[list[Row]], list[dict[str, Any]]]) -> Sides:
        ours, other = (lambda: told(lambda: _ours(graph))), (lambda: told(lambda: theirs(pipeline)))
        return Sides(ours, other, reset, lambda: seconds, done.transfers)

    return {"networkx": part(_with_networkx), "igraph": part(_with_igraph)}


def _ours(graph: Graph) -> None:
    # Its results are cleared between runs, of which it knows nothing.
    parameters = {"activity": {"rebuild": True}, "triangles": {"max_degree": UNCAPPED}}
    reports = run(graph, JOBS, RunSpec(parameters=parameters))
    failed = [report for report in reports if report.state != RunState.SEALED]
    if failed:
        raise StateError(f"{failed[0].job} ended as {failed[0].state}: {failed[0].error}")


def _content(graph: Graph) -> object:
    """Sums of all properties; those of PageRank, which ends by a tolerance, are about the same."""
    with graph.driver.session() as session:
        rows = session.run(CONTENT, keys=list(KEYS)).values()
        sizes = session.run(SIZES).values()
    return sizes, [
        (key, known, *(_About(x) if key == "pagerank" else f"{x:.9g}" for x in sums))
        for key, known, *sums in rows
    ]


class _About(float):
    """A number that equals others within a hundredth."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float) and isclose(self, other, rel_tol=0.01)

    def __ne__(self, other: object) -> bool:
        return not self == other


def _with_igraph(rows: list[Row]) -> list[dict[str, Any]]:
    frame = pl.DataFrame(rows, schema=["source", "target", "amount", "ts"], orient="row")
    pairs = frame.group_by("source", "target", maintain_order=True).len("count")
    following = igraph.Graph.TupleList(pairs.iter_rows(), directed=True, edge_attrs=["count"])
    plain = following.as_undirected(mode="collapse").simplify()
    triangles = np.bincount(
        np.array(plain.list_triangles(), dtype=np.int64).ravel(), minlength=plain.vcount()
    )
    central = pl.DataFrame(
        {
            "account": following.vs["name"],
            "pagerank": following.pagerank(weights="count"),
            "wcc": following.connected_components(mode="weak").membership,
            "kcore": plain.coreness(),
            "triangles": triangles,
        }
    )
    into, out = _aggregated(frame, "target", "input"), _aggregated(frame, "source", "output")
    joined = central.join(into, on="account", how="left").join(out, on="account", how="left")
    counts = [f"{side}_{what}" for side in ("in", "out") for what in ("degree", "transfer_count")]
    totals = ["total_input_amount", "total_output_amount"]
    got, gave, number = *map(pl.col, totals), pl.col(counts[1]) + pl.col(counts[3])
    first = pl.min_horizontal("first_input_ts", "first_output_ts")
    span = (pl.max_horizontal("last_input_ts", "last_output_ts") - first) / 1000
    whole = joined.with_columns(pl.col(*counts, *totals).fill_null(0)).with_columns(
        balance_proxy=got - gave,
        net_flow_ratio=pl.when(got + gave > 0).then((gave - got) / (gave + got)).otherwise(0.0),
        active_span_seconds=span,
        mean_gap_seconds=pl.when(number > 1).then(span / (number - 1)),
    )
    return [{"id": own.pop("account"), "properties": own} for own in whole.iter_rows(named=True)]


def _aggregated(frame: pl.DataFrame, end: str, name: str) -> pl.DataFrame:
    short, amount, ts = name.removesuffix("put"), pl.col("amount"), pl.col("ts")
    other = "source" if end == "target" else "target"
    return frame.group_by(account=end).agg(
        pl.col(other).n_unique().alias(f"{short}_degree"),
        pl.len().alias(f"{short}_transfer_count"),
        amount.sum().alias(f"total_{name}_amount"),
        amount.mean().alias(f"mean_{name}_amount"),
        amount.min().alias(f"min_{name}_amount"),
        amount.max().alias(f"max_{name}_amount"),
        ts.min().alias(f"first_{name}_ts"),
        ts.max().alias(f"last_{name}_ts"),
    )


def _with_networkx(rows: list[Row]) -> list[dict[str, Any]]:
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
    # Its default, 1e-6 for each account, stops a tenth short of igraph on the phishing graph.
    rank = nx.pagerank(following, weight="count", tol=1e-9)
    core = nx.core_number(plain)
    triangles = nx.triangles(plain)
    component = {
        account: number
        for number, members in enumerate(nx.weakly_connected_components(following))
        for account in members
    }
    return [
        {"id": account, "properties": {
            **_side(into[account], "input", "in"),
            **_side(out[account], "output", "out"),
            **_both(into[account], out[account]),
            "pagerank": rank[account],
            "kcore": core[account],
            "triangles": triangles[account],
            "wcc": component[account],
        }}
        for account in following
    ]  # fmt: skip


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
