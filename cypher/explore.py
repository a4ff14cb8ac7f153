"""Cypher that a person wrote: planned first, run only if it reads, with limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import neo4j
from neo4j.graph import Node, Path, Relationship
from neo4j.time import Date, DateTime, Duration, Time

from core.errors import UsageError
from cypher.graph import translated

if TYPE_CHECKING:
    from cypher.graph import Graph

MAX_ROWS = 10_000

# Whatever reaches outside the graph, or runs code whose cost the planner cannot see.
_FORBIDDEN = ("LoadCSV", "ProcedureCall", "MultiDatabase", "Schema", "CallInTransactions")


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of a query; `truncated` tells that there were more than the limit."""

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool


def explore(graph: Graph, text: str, limit: int = MAX_ROWS) -> Answer:
    """Run a reading query.

    Raises:
        UsageError: it is empty, does more than read, or uses an operator that is not allowed.
        GraphError: the database refused it.
    """
    if not text.strip():
        raise UsageError(
            "The query is empty.", "Give a file, or '-' and the text on standard input."
        )
    with (
        translated("query", uri=graph.uri, user=graph.user, seconds=graph.timeout_seconds),
        graph.driver.session(default_access_mode=neo4j.READ_ACCESS) as session,
    ):
        plan = session.run(neo4j.Query(f"EXPLAIN {text}", timeout=10)).consume()
        _permit(plan)
        metadata = {"app": "ledgergraph", "job": graph.job, "query": "explore"}
        with session.begin_transaction(metadata, graph.timeout_seconds) as transaction:
            result = transaction.run(text)
            columns = list(result.keys())
            records = result.fetch(limit + 1)
            rows = [[plain(value) for value in record.values()] for record in records[:limit]]
            return Answer(columns, rows, truncated=len(records) > limit)


def _permit(plan: neo4j.ResultSummary) -> None:
    if plan.query_type != "r":
        raise UsageError("Only queries that read are allowed here.", "Remove what writes.")
    pending: list[dict[str, Any]] = [dict(plan.plan)] if plan.plan else []
    while pending:
        operator = pending.pop()
        pending += operator.get("children", [])
        name = str(operator.get("operatorType", "")).split("@", maxsplit=1)[0]
        details = str(operator.get("args", {}).get("Details", ""))
        if any(word in name for word in _FORBIDDEN) and not details.startswith("db."):
            raise UsageError(f"The query uses {name}, which is not allowed here.")


def plain(value: object) -> Any:
    """A driver's value as plain JSON types; times as ISO 8601 text."""
    if isinstance(value, (DateTime, Date, Time, Duration)):
        return value.iso_format()
    if isinstance(value, Path):
        return [plain(step) for step in (*value.nodes, *value.relationships)]
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, (Node, Relationship, dict)):
        return {**_identity(value), **{key: plain(entry) for key, entry in value.items()}}
    return value


def _identity(value: object) -> dict[str, Any]:
    if isinstance(value, Node):
        return {"labels": sorted(value.labels)}
    return {"type": value.type} if isinstance(value, Relationship) else {}
