"""Constraints and indexes are those of this list, by name, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cypher import catalog
from cypher.migrate import migrate

if TYPE_CHECKING:
    from cypher.graph import Graph

CONSTRAINTS = {
    "account_id",
    "alert_cluster_id",
    "alert_id",
    "api_key_id",
    "asset_id",
    "checkpoint_network",
    "feedback_id",
    "infra_proposal_id",
    "job_name",
    "job_run_id",
    "lease_name",
    "load_batch_id",
    "migration_name",
    "model_name",
    "pattern_key",
    "price_key",
    "score_run_id",
    "tag_id",
}
INDEXES = {
    "account_infra",
    "account_network",
    "alert_batch",
    "alert_cluster_batch",
    "job_run_entry",
    "pattern_batch",
    "pattern_id",
    "price_day",
    "scored_run_value",
    "transfer_ledger",
}


def names(graph: Graph, what: str) -> set[str]:
    with graph.driver.session() as session:
        return {row[0] for row in session.run(f"SHOW {what} YIELD name RETURN name").values()}


def test_constraints_and_indexes(graph: Graph) -> None:
    assert names(graph, "CONSTRAINTS") == CONSTRAINTS
    lookups = {name for name in names(graph, "INDEXES") if name.startswith("index_")}
    assert names(graph, "INDEXES") - lookups == INDEXES | CONSTRAINTS


def test_migrations_are_applied_once(graph: Graph) -> None:
    assert migrate(graph) == []
    applied = graph.read("lookups/migrations_applied")["name"].to_list()
    assert applied == list(catalog.names("migrations"))
