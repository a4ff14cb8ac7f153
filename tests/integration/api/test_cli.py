"""The command contract: names, keys of the JSON object, exit codes, and errors one can act on."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from pathlib import Path

    from loader.synthesis.synthetic import Made
    from tests.integration.api.conftest import Run

SMALL = Recipe(
    network="small", accounts=300, transfers=2_000, rings=6, fan_ins=5, fan_outs=5, refunds=20
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return generate(tmp_path_factory.mktemp("made") / "ledger", SMALL)


@pytest.fixture
def loaded(run: Run, made: Made) -> Run:
    code, report, _ = run("load", "csv", made.transfers_file, "--mapping", made.mapping)
    assert (code, report["loaded"], report["transfers"]) == (0, 2_000, 2_000)
    return run


def test_the_whole_way(loaded: Run, made: Made, tmp_path: Path) -> None:
    run = loaded
    again = run("load", "csv", made.transfers_file, "--mapping", made.mapping)[1]
    assert (again["read"], again["duplicate"], again["transfers"]) == (2_000, 2_000, 0)

    table = tmp_path / "prices.csv"
    table.write_text("asset,date,price\nsmall:EUR,2024-01-01,1.1\nsmall:Y,2024-01-01,1\n")
    code, priced, _ = run("prices", table, "--source", "me")
    assert (code, priced["read"], priced["loaded"]) == (0, 2, 1)
    assert (priced["reasons"], priced["first"]) == ({"no_asset": 1}, "2024-01-01")

    code, jobs, _ = run("run", "--all")
    assert code == 0
    assert {entry["state"] for entry in jobs["runs"]} == {"sealed"}
    assert set(jobs["runs"][0]) >= {"job", "state", "nodes", "seconds"}
    assert {entry["job"] for entry in jobs["runs"]} == {
        entry["job"] for entry in run("jobs")[1]["jobs"] if entry["by_default"]
    }

    code, found, _ = run("motifs", "triangle", "--limit", "5")
    assert (code, found["motif"]) == (0, "triangle")
    assert set(found["hits"][0]) >= {
        "accounts",
        "roles",
        "transfers",
        "volume",
        "started",
        "ended",
    }

    code, exported, _ = run("export", tmp_path / "sub", "--labels", made.labels)
    assert (code, exported["nodes"], exported["edges"]) == (0, 300, 2_000)
    assert len(exported["sha256"]) == 64

    code, trained, _ = run(
        "train", "graphsage", "--subgraph", tmp_path / "sub", "--epochs", 5, "--seed", 1
    )
    assert (code, set(trained) >= {"run", "metrics", "artifact"}) == (0, True)
    assert 0.0 <= trained["metrics"]["auc"] <= 1.0
    code, compared, _ = run("evaluate", trained["run"])
    assert (code, compared["runs"][0]["run"]) == (0, trained["run"])

    code, published, _ = run("score", "graphsage", "--run", trained["run"])
    assert (code, published["accounts"], published["state"]) == (0, 300, "active")
    ranked = run("top", "--model", "graphsage", "-n", 3)[1]["accounts"]
    assert [len(ranked), ranked[0]["run"]] == [3, published["run"]]
    assert ranked[0]["reasons"]
    account = run("account", ranked[0]["account"])[1]
    assert account["id"] == ranked[0]["account"]
    scores = {score["model"]: score["value"] for score in account["scores"]}
    assert scores["graphsage"] == account["score_graphsage"] == ranked[0]["value"]
    own = {"fairon", "iforest", "mahalanobis", "rules", "unsupervised_anomaly"}
    assert set(scores) == {"graphsage", *own}


def test_query_reads_and_does_no_more(
    loaded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tmp_path / "q.cypher"
    text.write_text("MATCH ()-[t:TRANSFER]->() RETURN count(t) AS n, min(t.ts) > 0 AS late")
    assert loaded("query", text)[1] == {
        "columns": ["n", "late"],
        "rows": [[2_000, True]],
        "truncated": False,
    }
    for bad in (
        "CREATE (:Account)",
        "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
        "CALL gds.graph.list() YIELD graphName RETURN graphName",
        "MATCH (n",
        "",
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(bad))
        code, answer, said = loaded("query", "-")
        assert code in (1, 2)
        assert answer["error"]["message"]
        assert said.startswith("Error:")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["load", "csw", "."], 2, "no format named 'csw'. Did you mean 'csv'?"),
        (["load", "amlsim", "/no/such/file.tgz"], 2, "/no/such/file.tgz does not exist"),
        (["load", "csv", "{transfers}"], 2, "mapping"),
        (["load", "csv", "{transfers}", "--mapping", "/no/mapping.yaml"], 2, "No such file"),
        (["load", "stellar_etl", "{transfers}"], 1, "stellar_etl"),
        (["load", "amlsim", "{empty}"], 1, "There is no file in"),
        (["load", "csv", "{transfers}", "--network", "a:b c"], 2, "'network' is not usable"),
        (["load"], 2, "Missing argument"),
        (["top", "-n", "0"], 2, "greater than or equal to 1"),
        (["bogus"], 2, "No such command"),
        (["run"], 2, "Name the jobs"),
        (["run", "pagerankk"], 2, "Did you mean 'pagerank'?"),
        (["run", "flows", "--window", "soon"], 2, "not a span of time"),
        (["run", "flows", "--as-of", "soon"], 2, "not an ISO 8601 time"),
        (["motifs", "triangel"], 2, "Did you mean 'triangle'?"),
        (["motifs", "triangle", "--param", "speed=3"], 2, "'speed' is unknown"),
        (["motifs", "triangle", "--param", "limit=many"], 2, "not of type int"),
        (["motifs", "triangle", "--param", "limit"], 2, "not of the form name=value"),
        (["train", "graphsaga"], 2, "no model named 'graphsaga'"),
        (["train", "graphsage", "--labels", "/no/labels.csv"], 2, "/no/labels.csv does not exist"),
        (["train", "graphsage", "--subgraph", "/no/export"], 2, "/no/export does not exist"),
        (["evaluate", "nothing"], 1, "no run 'nothing'"),
        (["score", "graphsage"], 1, "ledgergraph train graphsage"),
        (["top"], 1, "ledgergraph score"),
        (["account", "demo:nobody"], 1, "no account 'demo:nobody'"),
        (["query", "/no/query.cypher"], 2, "/no/query.cypher does not exist"),
        (["query", "{pipe}"], 1, "it is not a file"),
        (["load", "csv", "{pipe}", "--network", "n"], 1, "neither a file nor a folder"),
        (["tag", "csv", "{pipe}"], 1, "neither a file nor a folder"),
        (["tag", "csv", "/no/labels.csv"], 2, "/no/labels.csv does not exist"),
        (["prices", "/no/prices.csv"], 2, "/no/prices.csv does not exist"),
        (["train", "graphsage", "--labels", "{pipe}"], 1, "it is not a file"),
        (["export", "{full}"], 2, "holds files that are no export"),
        (["motifs", "triangle", "--param", "since=soon"], 2, "parameter 'since' is not an ISO"),
        (["motifs", "triangle", "--param", "window=soon"], 2, "parameter 'window' is not a span"),
    ],
)
def test_errors_say_what_and_what_to_do(
    run: Run, made: Made, tmp_path: Path, *, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = {
        "transfers": made.transfers_file, "empty": tmp_path / "empty", "pipe": tmp_path / "pipe",
        "full": made.transfers_file.parent,
    }  # fmt: skip
    found, answer, stderr = run(*[word.format(**names) for word in words])
    assert (found, said in stderr) == (code, True), stderr
    assert set(answer["error"]) == {"code", "message", "remedy"}
    assert "Traceback" not in stderr


def test_what_is_wrong_is_told_before_a_database_is_opened(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_URI", "bolt://127.0.0.1:1")
    mapping, rows = tmp_path / "mapping.yaml", tmp_path / "rows.csv"
    mapping.write_text("network: m\n")
    rows.write_text("a,b\n")
    for command in ("load", "verify"):
        assert "/no/file does not exist" in run(command, "csv", "/no/file", "--network", "n")[2]
        assert "'from' is missing" in run(command, "csv", rows, "--mapping", mapping)[2]
    assert "/no/file does not exist" in run("tag", "csv", "/no/file")[2]


def test_a_wrong_password_or_address_is_told_apart(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("not-the-password")
    code, _, said = run("top")
    assert (code, "refused the user" in said) == (1, True)
    assert "not-the-password" not in said
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_URI", "bolt://127.0.0.1:1")
    code, _, said = run("top")
    assert (code, "No database answers at bolt://127.0.0.1:1" in said) == (1, True)
    monkeypatch.setenv("LEDGERGRAPH_NEO4J_URI", "somewhere")
    code, _, said = run("top")
    assert (code, "not the address of a Neo4j database" in said) == (2, True)
    monkeypatch.delenv("LEDGERGRAPH_NEO4J_PASSWORD_FILE")
    assert run("top")[0] == 2


def test_keys_are_made_listed_and_revoked(run: Run) -> None:
    code, made, _ = run("keys", "create", "--scope", "read", "--name", "ann")
    assert (code, made["key"].startswith("lg_")) == (0, True)
    listed = run("keys", "list")[1]["keys"]
    assert [entry["name"] for entry in listed] == ["ann"]
    assert made["key"].split("_")[2] not in json.dumps(listed)
    code, _, said = run("keys", "revoke", made["key"])
    assert (code, made["key"].split("_")[2] in said) == (2, False)
    assert run("keys", "revoke", made["key"].split("_")[1])[0] == 0
    assert run("keys", "create", "--scope", "everything")[0] == 2
