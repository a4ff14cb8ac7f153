"""Publication is all or nothing, repeatable, and survives being killed at any point."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import polars as pl
import pytest
from neo4j.exceptions import SessionExpired

from core.errors import NotFoundError, ParameterError
from cypher import graph, scores
from cypher.scores import ScoreRunSpec

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.catalog import Query
    from cypher.graph import Graph

ACTIVE = "MATCH (:Model {name: 'm'})-[:ACTIVE_RUN]->(r) RETURN r.id, r.state, r.accounts"
COPIES = "MATCH (a:Account) RETURN a.id, a.score_m, a.score_m_run ORDER BY a.id"
COUNTS = "MATCH (r:ScoreRun) RETURN r.id, r.state, COUNT { (r)<-[:SCORED]-() } ORDER BY r.started"


def rows(graph: Graph, text: str) -> list[list[object]]:
    with graph.driver.session() as session:
        return session.run(text).values()


@pytest.fixture
def accounts(clean_graph: Graph) -> Graph:
    rows(clean_graph, "UNWIND range(0, 99) AS i CREATE (:Account {id: 'n:' + toString(i)})")
    return clean_graph


def frame(count: int, factor: float = 1.0) -> pl.DataFrame:
    values = [factor * i for i in range(count)]
    return pl.DataFrame({"account": [f"n:{i}" for i in range(count)], "value": values})


def test_a_run_is_active_with_percentiles_and_copies(accounts: Graph) -> None:
    done = scores.publish(accounts, ScoreRunSpec(model="m"), frame(4))
    assert rows(accounts, ACTIVE) == [[done.run, "active", 4]]
    found = scores.read_run(accounts, done.run)
    assert found["percentile"].to_list() == [12.5, 37.5, 62.5, 87.5]
    copies = {row[0]: row[1:] for row in rows(accounts, COPIES)}
    assert copies["n:3"] == [3.0, done.run]
    assert copies["n:4"] == [None, None]


def test_an_account_no_longer_scored_loses_its_copy(accounts: Graph) -> None:
    scores.publish(accounts, ScoreRunSpec(model="m"), frame(4))
    second = scores.publish(accounts, ScoreRunSpec(model="m"), frame(2))
    assert [row[0] for row in rows(accounts, COPIES) if row[2] == second.run] == ["n:0", "n:1"]
    assert all(row[1] is None for row in rows(accounts, COPIES) if row[2] is None)


def test_the_same_scores_have_the_same_hash_in_any_order(accounts: Graph) -> None:
    first = scores.publish(accounts, ScoreRunSpec(model="m"), frame(50))
    second = scores.publish(accounts, ScoreRunSpec(model="m"), frame(50).reverse())
    third = scores.publish(accounts, ScoreRunSpec(model="m"), frame(50, 2.0))
    assert first.sha256 == second.sha256 != third.sha256
    assert (second.previous, third.previous) == (first.run, second.run)


def test_a_batch_whose_answer_was_lost_is_not_written_twice(
    accounts: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_frame, seen = graph.to_frame, []

    def lose(query: Query, found: list[list[object]]) -> pl.DataFrame:
        seen.append(query.name)
        if query.name == "score_run_rows":  # the database has done it, and the line is cut
            raise SessionExpired
        return to_frame(query, found)

    monkeypatch.setattr(graph, "to_frame", lose)
    done = scores.publish(accounts, ScoreRunSpec(model="m"), frame(100))
    assert [name for name in seen if "rows" in name] == ["score_run_rows", "score_run_rows_again"]
    assert rows(accounts, "MATCH ()-[s:SCORED]->() RETURN count(s), sum(s.value)") == [[100, 4950]]
    # Two accounts with many between them are found by their ids.
    seen.clear()
    far = scores.publish(accounts, ScoreRunSpec(model="m"), frame(100)[[0, 99]])
    assert "score_run_rows" not in seen
    assert scores.read_run(accounts, far.run)["value"].to_list() == [0.0, 99.0]
    assert far.previous == done.run


def test_older_runs_move_to_files_and_stay_readable(accounts: Graph, tmp_path: Path) -> None:
    done = [
        scores.publish(accounts, ScoreRunSpec(model="m"), frame(9, k), archive=tmp_path, keep=2)
        for k in (1.0, 2.0, 3.0, 4.0)
    ]
    states = [row[1:] for row in rows(accounts, COUNTS)]
    assert states == [["retired", 0], ["retired", 0], ["retired", 9], ["active", 9]]
    assert scores.read_run(accounts, done[0].run, tmp_path)["value"].to_list() == [
        float(i) for i in range(9)
    ]


@pytest.mark.parametrize(
    ("bad", "error", "reason"),
    [
        (pl.DataFrame({"account": ["n:0"], "value": [float("nan")]}), ParameterError, "finite"),
        (pl.DataFrame({"account": ["n:0", "n:0"], "value": [1.0, 2.0]}), ParameterError, "once"),
        (pl.DataFrame({"account": ["n:0", "x:1"], "value": [1.0, 2.0]}), NotFoundError, "x:1"),
        (pl.DataFrame({"account": ["n:0"]}), ParameterError, "value"),
        (frame(0).cast({"account": pl.String}), ParameterError, "no rows"),
        (frame(2).with_columns(band=pl.lit("red")), ParameterError, "band"),
    ],
)
def test_bad_scores_write_nothing(
    accounts: Graph, bad: pl.DataFrame, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        scores.publish(accounts, ScoreRunSpec(model="m"), bad)
    assert rows(accounts, "MATCH (r:ScoreRun) RETURN count(r)") == [[0]]


def test_a_model_name_that_is_no_property_name_is_refused(accounts: Graph) -> None:
    with pytest.raises(ParameterError, match="model"):
        scores.publish(accounts, ScoreRunSpec(model="m` = 1 //"), frame(1))


CHILD = """
import os, sys
import polars as pl
from cypher import scores
from cypher.graph import Graph
from cypher.scores import ScoreRunSpec
scores.BATCH_ROWS = 5
graph = Graph.connect(sys.argv[1], sys.argv[2], os.environ["PASSWORD"])
values = [7.0] * 100
frame = pl.DataFrame({"account": [f"n:{i}" for i in range(100)], "value": values})
print("ready", flush=True)
scores.publish(graph, ScoreRunSpec(model="m"), frame)
"""


@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_killed_at_any_point_the_run_before_stays_whole(
    accounts: Graph, password: str, delay: float
) -> None:
    before = scores.publish(accounts, ScoreRunSpec(model="m"), frame(100))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, accounts.uri, accounts.user],
        env={**os.environ, "PASSWORD": password},
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    [[run, state, _]] = rows(accounts, ACTIVE)
    held = scores.read_run(accounts, str(run))
    assert (state, len(held)) == ("active", 100)
    assert held["value"].sum() == (4950.0 if run == before.run else 700.0)
