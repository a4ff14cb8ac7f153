"""FairOnChain's January 2023 sample: the whole chain equals an independent one, all accounts."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score
from typer.testing import CliRunner

import loader
from api.actions import run_jobs
from api.anomaly import agreement, table
from api.cli import app
from core.schema import RunState
from core.times import parse_instant
from cypher import motifs, patterns, rules
from gds_jobs.job import RunSpec
from loader.tagging import tag
from tests.integration.api import fairon_oracle as oracle
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

AMOUNTS = {name for name in table.COLUMNS if name.endswith(("_amount", "balance_proxy"))}


@pytest.fixture
def sample(clean_graph: Graph, shared_data: Path, tmp_path: Path) -> Graph:
    folder = shared_data / "ethereum" / "faironchain"
    options = loader.LoadOptions(dead_letter_dir=tmp_path / "rejected")
    loader.load(clean_graph, "faironchain", [folder], options)
    tag(clean_graph, "infrastructure", [folder / "infrastructure.csv"])
    return clean_graph


def published(graph: Graph, model: str) -> dict[str, dict[str, Any]]:
    query = (
        "MATCH (:Model {name: $model})-[:ACTIVE_RUN]->(r:ScoreRun)<-[s:SCORED]-(a:Account) "
        "WHERE s.run = r.id RETURN a.address AS address, s.value AS value, s.reasons AS reasons"
    )
    with graph.driver.session() as session:
        return {row["address"]: dict(row) for row in session.run(query, model=model)}


def results(graph: Graph, job_run: str) -> Any:
    with graph.driver.session() as session:
        query = "MATCH (r:JobRun {id: $id}) RETURN r.results AS results"
        return json.loads(session.run(query, id=job_run).single(strict=True)["results"])


def test_the_sample_equals_an_independent_implementation(
    sample: Graph, shared_data: Path, tmp_path: Path
) -> None:
    assert sample.read("lookups/chain_id", network="ethereum")["chain_id"].to_list() == [1]
    expected = oracle.table(shared_data / "ethereum" / "faironchain")
    assert (len(expected), sum(row["is_infra"] for row in expected)) == (176, 21)
    spec = RunSpec(parameters={"anomaly": {"year": 2023, "month": 1}})
    (report,) = run_jobs(sample, ["anomaly"], spec, archive=tmp_path)
    assert (report.state, report.error, report.nodes) == (RunState.SEALED, None, 155)
    facts = results(sample, report.run)
    found = pl.read_parquet(table.path(tmp_path, facts["run"]))
    assert tuple(found.columns) == table.COLUMNS
    assert len(table.COLUMNS) == 44
    assert found["address"].to_list() == [row["address"] for row in expected]
    assert found.select(*table.MONTH).unique().rows() == [(1, 2023, 1)]
    for row, own in zip(found.to_dicts(), expected, strict=True):
        if own["is_infra"]:
            assert {row[name] for name in table.COLUMNS[6:]} == {None}
        for name, value in own.items():
            if name in AMOUNTS:
                assert row[name] == str(value), (row["address"], name)
            else:
                exact = isinstance(value, (int, str))
                assert row[name] == (value if exact else pytest.approx(value, abs=1e-7)), name
    shown = found.filter(~pl.col("is_infra"))
    assert shown["final_score_top_percent_display"].to_list() == [
        f"{value:.2f}%" for value in shown["final_score_top_percent"]
    ]
    squares = (shown["mahalanobis_distance"] ** 2).sum()
    assert squares == pytest.approx(facts["rank"] * (shown.height - 1), rel=1e-6)
    for model, column in (("rules", "rule_score_raw"), ("fairon", "final_score_0_100")):
        scores = published(sample, model)
        assert {key: row["value"] for key, row in scores.items()} == dict(
            shown.select("address", pl.col(column).cast(pl.Float64)).iter_rows()
        )
    forms = dict(zip(agreement.DETECTORS, table.SCORES[3:6], strict=True))
    for pair in facts["agreement"]["pairs"]:  # the 0 to 100 forms keep the order of the raw scores
        one, other = (shown[forms[pair[end]]].to_numpy() for end in ("first", "second"))
        assert pair["spearman"] == pytest.approx(spearmanr(one, other).statistic)
        flags = [score >= np.quantile(score, 0.99) for score in (one, other)]
        assert pair["kappa"] == pytest.approx(cohen_kappa_score(*flags))
    flagged = shown.filter(pl.col("rule_score_raw") > 0)
    assert flagged.height
    reasons = published(sample, "rules")
    for row in flagged.to_dicts():
        met = [rule for rule in table.RULES if row[f"{rule}_flag"]]
        assert [text[:2] for text in reasons[row["address"]]["reasons"]] == met
        assert [row[f"{rule}_description"] for rule in met] == [
            rules.description(rule.lower()) for rule in met
        ]


def test_loops_are_exact_beyond_64_bits_and_told_in_time(
    clean_graph: Graph, tmp_path: Path
) -> None:
    """Ledger b: the loop a-b-c can be walked, d-e-f cannot, and i is infrastructure."""
    huge = str(10**30 + 1)
    lines = [
        f"a b {huge} 1d ord=1", f"b c {huge} 2d", f"c a {huge} 3d", f"c b {huge} 4d",
        "d e 100 3d", "e f 100 2d", "f d 100 1d", "a a 7 5d", "i a 7 6d", "a i 9 7d",
        "a b 3 8d kind=fee", "a b 3 9d ledger=-1",
    ]  # fmt: skip
    write_ledger(clean_graph, lines, accounts={"i": {"is_infra": True}})
    (report,) = run_jobs(clean_graph, ["anomaly"], RunSpec(), archive=tmp_path)
    assert (report.state, report.error) == (RunState.SEALED, None)
    facts = results(clean_graph, report.run)
    found = {
        row["address"]: row
        for row in pl.read_parquet(table.path(tmp_path, facts["run"])).to_dicts()
    }
    a, b = found["a"], found["b"]
    assert (a["total_input_amount"], a["total_output_amount"]) == (
        str(10**30 + 1 + 7 + 7), str(10**30 + 1 + 7 + 9))  # fmt: skip
    assert a["balance_proxy"] == "-2"
    assert (a["in_degree"], a["self_loop_count"], a["two_node_loop_count"]) == (3, 1, 0)
    assert (b["two_node_loop_amount"], b["two_node_loop_tx_count"]) == (str(2 * (10**30 + 1)), 2)
    assert (a["triangle_loop_amount"], a["triangle_loop_tx_count"]) == (str(3 * (10**30 + 1)), 3)
    assert (a["egonet_node_count"], a["egonet_edge_count"]) == (3, 4)
    assert found["i"]["in_degree"] is None
    assert (a["H6_flag"], found["d"]["H6_flag"]) == (1, 1)
    assert (facts["loops_of_h6"], facts["loops_of_h6_in_time"]) == (6, 3)
    (told,) = [t for t in published(clean_graph, "rules")["d"]["reasons"] if t[:2] == "H6"]
    assert "0 of them can be walked in time order" in told
    # The loops that reasons name are those of the motif, by the ids of its patterns.
    run_jobs(clean_graph, ["flows"], RunSpec())
    for motif, name, rule in (("triangle", "d", "H6"), ("two_node_loop", "b", "H5")):
        hits = motifs.match(clean_graph, motif, {"network": "case", "variant": "static"})
        ids = patterns.identify(hits, motif, windowed=False)
        own = ids.filter(pl.col("accounts").list.contains(f"case:{name}"))["id"]
        (told,) = [t for t in published(clean_graph, "rules")[name]["reasons"] if t[:2] == rule]
        assert set(re.findall(rf"{motif}_[0-9a-f]{{16}}", told)) == set(own) != set()


def test_a_range_and_a_smallest_amount_are_kept_to(clean_graph: Graph, tmp_path: Path) -> None:
    lines = ["a b 5 1d", "a b 50 2d", "b a 500 3d", "c a 5000 9d", "a b 900 4d asset=iou"]
    write_ledger(clean_graph, lines)
    with clean_graph.driver.session() as session:
        session.run("MATCH (s:Asset {id: 'case:coin'}) SET s.asset_class = 'native'").consume()
        # As a load of files with that chain id leaves it.
        session.run("CREATE (:LoadBatch {network: 'case', id: 'x', chain_id: 137})").consume()
    parameters = {"fairon": {"min_amount_base": "50", "excluded": "c"}}
    spec = RunSpec(as_of=parse_instant("2024-01-09"), parameters=parameters)
    (report,) = run_jobs(clean_graph, ["anomaly"], spec, archive=tmp_path)
    facts = results(clean_graph, report.run)
    found = pl.read_parquet(table.path(tmp_path, facts["run"]))
    columns = ("address", "total_output_amount", "out_transfer_count", "chain_id", "year", "month")
    assert found.select(columns).rows() == [
        ("a", "50", 1, 137, 2024, 1),
        ("b", "500", 1, 137, 2024, 1),
    ]
    assert facts["asset"] == "case:coin"
    assert (facts["status"], facts["rank"]) == ("degenerate", 1)


def test_features_that_a_window_replaced_are_not_built_upon(clean_graph: Graph) -> None:
    lines = [f"a{n} b{n} 1 {n}d" for n in range(1, 9)]
    write_ledger(clean_graph, lines)
    run_jobs(clean_graph, ["fairon"], RunSpec())

    def counted(*jobs: str, **spec: object) -> list[int | None]:
        for job in jobs:
            run_jobs(clean_graph, [job], RunSpec(**spec))  # type: ignore[arg-type]
        query = "MATCH (a:Account) RETURN a.fairon_out_transfer_count AS sent ORDER BY a.id"
        with clean_graph.driver.session() as session:
            return [row["sent"] for row in session.run(query)]

    whole = [*[1] * 8, *[0] * 8]
    month = [*[None] * 6, 1, 1, *[None] * 6, 0, 0]
    assert counted("anomaly", window=timedelta(days=2)) == month
    assert counted("fairon") == whole
    # Computed alike, whether the parameters are given or not: nothing was replaced.
    given = {"fairon": {"compat": "false"}}
    counted("anomaly", parameters=given)
    write_ledger(clean_graph, ["a1 b1 1 20d id=more"])
    (report,) = run_jobs(clean_graph, ["fairon"], RunSpec())
    assert results(clean_graph, report.run)["computed"] == 2


def test_result_writes_the_table(
    sample: Graph, password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(password)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_URI", sample.uri)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.setenv("LEDGERGRAPH_HOME", str(tmp_path))
    out = tmp_path / "table.csv"
    call = ["result", str(out), "--format", "faironchain", "--year", "2023", "--month", "1"]
    answer = CliRunner().invoke(app, [*call, "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["rows"] == 176
    written = pl.read_csv(out, infer_schema=False)
    assert tuple(written.columns) == table.COLUMNS
    own = written.filter(pl.col("is_infra") == "false")
    assert own["total_input_amount"].str.contains(r"^\d+$").all()
    full = tmp_path / "table.parquet"
    assert CliRunner().invoke(app, ["result", str(full)]).exit_code == 0
    wide = pl.read_parquet(full)
    assert {"account", "in_degree", "fairon_in_degree", "H1_flag"} <= set(wide.columns)
    assert wide["is_infra"].sum() == 21
    assert wide["is_infra"].null_count() == 0
    assert CliRunner().invoke(app, ["result", str(tmp_path / "x.txt")]).exit_code != 0
    pairs = [tmp_path / "pairs.csv", tmp_path / "pairs.parquet"]
    for path in pairs:
        assert CliRunner().invoke(app, ["result", str(path), "--format", "pairs"]).exit_code == 0
    listed = pl.read_parquet(pairs[1])
    assert listed["tx_count"].sum() == sample.read("exports/export_counts")["transfers"][0]
    patterns_told = [json.loads(text) for text in pl.read_csv(pairs[0])["hourly_pattern"]]
    assert patterns_told == listed["hourly_pattern"].to_list()
    none = CliRunner().invoke(app, ["result", str(out), "--format", "transactions", "--json"])
    assert (none.exit_code, "UTXO" in str(none.exception)) == (1, True)
