"""Views of accounts and votes: stored, published, and alerts from two votes on."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from api.actions import run_jobs
from core.schema import RunState
from gds_jobs.job import RunSpec
from tests.integration.gds_jobs.ledgers import START, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

# Forty accounts pay two neighbours each; `big` pays all of them, much more, at night.
RING = [f"a{i:02} a{(i + step) % 40:02} {10 + i % 3} {24 * step + 9 + i % 8}h"
        for i in range(40) for step in (1, 2)]  # fmt: skip
LEDGER = [*RING, *(f"big a{i:02} {5_000 + i} {70 + i}h" for i in range(30)), "a00 hot 5 60h"]
WEEK = RunSpec(network="case", as_of=START + timedelta(days=7), window=timedelta(days=7))
JOBS = ["swarm", "khop", "fiat", "pagerank", "kcore", "novelty", "alerts"]
DOLLARS = "MATCH (s:Asset) SET s.asset_class = 'fiat', s.symbol = 'USD' RETURN s.id"


def ask(graph: Graph, query: str) -> list[Any]:
    with graph.driver.session() as session:
        return [row.values() for row in session.run(query)]


def test_views_votes_and_alerts(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER, accounts={"hot": {"is_infra": True}})
    ask(clean_graph, DOLLARS)
    reports = {report.job: report for report in run_jobs(clean_graph, JOBS, WEEK)}
    assert [r.error for r in reports.values() if r.job in JOBS] == [None] * len(JOBS)
    assert reports["novelty"].nodes == 41  # without infrastructure
    text = ask(clean_graph, "MATCH (r:JobRun {job: 'novelty'}) RETURN r.results")[0][0]
    facts = json.loads(text)
    assert facts["jobs_left_out"] == ["betweenness", "closeness", "clustering"]
    assert "structuring_score" in facts["columns"]["behavioral"]
    assert set(facts["columns"]["graph"]) <= {
        "pagerank", "kcore", "centrality_score", "unique_counterparties"}  # fmt: skip
    assert sum(facts["votes"].values()) == 41

    scored = (
        "MATCH (:ScoreRun {model: 'unsupervised_anomaly'})<-[s:SCORED]-(a:Account) "
        "RETURN a.address, s.value, s.reasons ORDER BY s.value DESC, a.address"
    )
    rows = ask(clean_graph, scored)
    assert len(rows) == 41
    name, value, reasons = rows[0]
    assert (name, value) == ("big", 1.0)
    assert any(text.startswith("strange in its behavioral view") for text in reasons)
    assert all(len(texts) > 0 for _, votes, texts in rows if votes > 0)
    stored = (
        "MATCH (a:Account {network: 'case'}) WHERE a.global_anomaly_score IS NOT NULL RETURN "
        "a.address, a.behavioral_anomaly_score"
    )
    properties = dict(ask(clean_graph, stored))
    assert len(properties) == 41
    assert properties["big"] > 0.95

    alerts = (
        "MATCH (x:Alert {typology_type: 'unsupervised_anomaly'})-[:ABOUT]->(a:Account) "
        "RETURN a.address, x.alert_confidence_score ORDER BY a.address"
    )
    expected = sorted([name, value] for name, value, _ in rows if value > 0.5)
    assert ask(clean_graph, alerts) == expected

    # Features of another range are not taken for those of this one.
    (report,) = run_jobs(clean_graph, ["novelty"], RunSpec(network="case"))
    assert (report.state, "swarm" in str(report.error)) == (RunState.SKIPPED, True)
