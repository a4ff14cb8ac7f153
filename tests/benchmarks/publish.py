"""Publishing a score run, sealed and pointed at, against UNWIND of maps with SET."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from api.commands.bench import Sides
from cypher.scores import ScoreRunSpec, publish

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

AGAINST = "UNWIND of maps, 1,000 a batch: SCORED and SET of the copies"
GOAL = 1.5

WIPE = "MATCH (n:ScoreRun|Model) DETACH DELETE n"
ACCOUNTS = """
UNWIND range(0, $count - 1) AS i
CALL (i) { MERGE (:Account {id: 'bench:' + toString(i)}) } IN TRANSACTIONS OF 20000 ROWS
"""
RUN = "MERGE (:ScoreRun {id: $run})"
NAME = "theirs-20240101T000000-00000000"  # as long as ours, which has to be told from others
MAPS = """
UNWIND $rows AS row
MATCH (a:Account {id: row.account})
MATCH (r:ScoreRun {id: $run})
CREATE (a)-[:SCORED {run: $run, value: row.value, percentile: row.percentile, band: row.band,
  reasons: row.reasons}]->(r)
SET a.score_bench = row.value, a.score_bench_run = $run
"""
CONTENT = """
MATCH (a:Account)-[s:SCORED]->()
RETURN count(s), round(sum(s.value), 6), round(sum(a.score_bench), 6)
"""


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both write the same scores; accounts are a fifth of the transfers."""
    del folder
    count = transfers // 5
    values = np.random.default_rng(42).random(count)
    scores = pl.DataFrame(
        {
            "account": [f"bench:{i}" for i in range(count)],
            "value": values,
            "percentile": values * 100,
            "band": ["low"] * count,
            "reasons": [[]] * count,
        },
        schema_overrides={"reasons": pl.List(pl.String)},
    )
    with graph.driver.session() as session:
        session.run(ACCOUNTS, count=count).consume()

    def content() -> object:
        with graph.driver.session() as session:
            return session.run(CONTENT).values()

    def ours() -> object:
        publish(graph, ScoreRunSpec(model="bench"), scores)
        return content()

    def theirs() -> object:
        with graph.driver.session() as session:
            session.run(RUN, run=NAME).consume()
            for batch in scores.iter_slices(1_000):
                session.run(MAPS, rows=batch.to_dicts(), run=NAME).consume()
        return content()

    def reset() -> None:
        with graph.driver.session() as session:
            session.run(
                "MATCH ()-[s:SCORED]->() CALL (s) { DELETE s } IN TRANSACTIONS OF 20000 ROWS"
            ).consume()
            session.run(WIPE).consume()

    return Sides(ours, theirs, reset)
