"""The report on the detectors of an anomaly run: kept by the job, shown by command and GraphQL."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from scipy.stats import spearmanr
from typer.testing import CliRunner

from api.actions import run_jobs
from api.anomaly.agreement import DETECTORS
from api.cli import app
from gds_jobs.job import RunSpec
from tests.integration.gds_jobs.ledgers import START, write_ledger, write_tags

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph
    from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

DAYS = timedelta(days=10)
# Thirteen accounts pay each other over twenty days, some of them more and more.
LEDGER = [
    f"a{i * i % 13:02} a{(i * 5 + i // 7) % 13:02} {10 + i * (i % 13)} {6 * i + 3}h ord={i}"
    for i in range(79)
]
AGREEMENT = """{ agreement(network: "case") {
  run accounts before beforeAsOf stableAccounts
  tops { first second share k intersection union jaccard overlap }
  triples { share k intersection } cuts { detector share k score tied tiedInside }
  pairs { first second spearman pValue kappa } stablePairs { first second spearman }
  stableTops { overlap } truth { detector share labelled precision recall auc averagePrecision }
} }"""


def scores(graph: Graph, job_run: str, model: str) -> dict[str, float]:
    query = (
        "MATCH (r:ScoreRun {version: $job_run, model: $model})<-[s:SCORED]-(a:Account) "
        "RETURN a.id, s.value ORDER BY a.id"
    )
    with graph.driver.session() as session:
        return dict(session.run(query, job_run=job_run, model=model).values())


async def test_detectors_are_compared_with_each_other_the_past_and_tags(
    client: Client,
    clean_graph: Graph,
    password: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_ledger(clean_graph, LEDGER)
    bad, good = {"category": "scam"}, {"category": "exchange"}
    late = {**bad, "known_from": "2025-01-01"}
    write_tags(clean_graph, {"a01": bad, "a02": good, "a03": late})
    assert (await client.data(AGREEMENT))["agreement"] is None
    runs = []
    for periods in (1, 2):
        spec = RunSpec(network="case", as_of=START + periods * DAYS, window=DAYS)
        (report,) = run_jobs(clean_graph, ["anomaly"], spec)
        assert report.error is None
        runs.append(report.run)
    now = {name: scores(clean_graph, runs[1], name) for name in DETECTORS}
    past = {name: scores(clean_graph, runs[0], name) for name in DETECTORS}

    told = (await client.data(AGREEMENT))["agreement"]
    assert (told["run"], told["before"]) == (runs[1], runs[0])
    assert told["beforeAsOf"].startswith("2024-01-11T00:00:00")
    assert told["accounts"] == len(now["iforest"])
    for top in told["tops"]:
        one, other = (
            max(sorted(now[top[end]]), key=now[top[end]].get) for end in ("first", "second")
        )
        assert (top["k"], top["intersection"]) == (1, int(one == other))
    for pair in told["pairs"]:
        expected = spearmanr([*now[pair["first"]].values()], [*now[pair["second"]].values()])
        assert pair["spearman"] == pytest.approx(expected.statistic)
        assert pair["pValue"] == pytest.approx(expected.pvalue)
    both = sorted(now["iforest"].keys() & past["iforest"].keys())
    assert told["stableAccounts"] == len(both)
    assert [pair["first"] for pair in told["stablePairs"]] == [*DETECTORS]
    for pair in told["stablePairs"]:
        name = pair["first"]
        expected = spearmanr([now[name][key] for key in both], [past[name][key] for key in both])
        assert pair["spearman"] == pytest.approx(expected.statistic)
    # Of the two labelled accounts the bad one is above the good one, below, or level with it.
    for row in told["truth"]:
        high, low = (now[row["detector"]][f"case:{name}"] for name in ("a01", "a02"))
        assert row["auc"] == (1.0 if high > low else 0.5 if high == low else 0.0)
    assert len(told["truth"]) == 9

    (tmp_path / "password").write_text(password)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_URI", clean_graph.uri)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("LEDGERGRAPH_HOME", str(tmp_path))
    answer = CliRunner().invoke(app, ["agreement", "--json", "--run", runs[0]])
    first: dict[str, Any] = json.loads(answer.stdout)
    assert (first["run"], first["before"], first["stable_accounts"]) == (runs[0], None, 0)
    shown = CliRunner().invoke(app, ["agreement"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "Against 2024-01-11" in shown.stdout
    assert "rules, mahalanobis" in shown.stdout
    assert CliRunner().invoke(app, ["agreement", "--network", "none"]).exit_code != 0
