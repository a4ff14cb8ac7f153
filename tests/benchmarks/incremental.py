"""FLOW and activity brought up to date after one percent of new transfers, against all anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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

AGAINST = "FLOW and activity of every account anew"
JOBS = ("flows", "activity")
GOAL = 5.0

# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
LAST_PERCENT = """
MATCH ()-[t:TRANSFER]->() WITH t.ledger AS ledger ORDER BY ledger
WITH collect(ledger) AS ledgers
WITH ledgers, ledgers[toInteger(size(ledgers) * 0.99)] - 1 AS mark
RETURN mark, size([x IN ledgers WHERE x <= mark]) AS before
"""
MARK = "MATCH (c:Checkpoint) SET c.flow_ledger = $mark, c.flow_transfers = $before"
TOUCHED = """
MATCH (a)-[t:TRANSFER]->(b) WHERE t.ledger > $mark WITH DISTINCT a, b
MATCH (a)-[f:FLOW]->(b) DELETE f
FOREACH (x IN [a, b] | SET x.in_degree = -1, x.mean_gap_seconds = null, x.balance_proxy = 0.0)
"""
LAST_RUN = """
MATCH (r:JobRun {job: 'activity'}) WITH r ORDER BY r.started DESC LIMIT 1
SET r.results = coalesce($results, r.results)
RETURN r.results
"""
CONTENT = """
MATCH ()-[f:FLOW]->()
WITH [count(f), sum(f.count), round(sum(f.amount), 2), max(f.last_timestamp)] AS flows
MATCH (a:Account)
RETURN flows, sum(a.in_degree), sum(a.out_degree), sum(a.in_transfer_count), count(a.balance_proxy),
       round(sum(a.balance_proxy), 2), round(sum(abs(a.balance_proxy)), 2),
       round(sum(a.mean_gap_seconds), 1), sum(a.last_output_ts)
"""


def sides(graph: Graph, folder: Path, transfers: int) -> Sides:
    """Both begin with FLOW and activity of all but the last percent of the ledgers."""
    made = generate(folder, Recipe(network="bench", accounts=transfers // 5, transfers=transfers))
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
        loader.load(graph, "csv", [made.transfers_file], loader.LoadOptions(mapping=made.mapping))
        mark, before = session.run(LAST_PERCENT).single(strict=True)
    run(graph, JOBS)

    def reset() -> None:
        with graph.driver.session() as session:
            session.run(TOUCHED, mark=mark).consume()
            session.run(MARK, mark=mark, before=before).consume()
            results = json.loads(session.run(LAST_RUN, results=None).single(strict=True)[0])
            results["state"] |= {"ledger": mark, "transfers": before}
            session.run(LAST_RUN, results=json.dumps(results)).consume()

    def derive(*, rebuild: bool) -> object:
        spec = RunSpec(parameters={job: {"rebuild": rebuild} for job in JOBS})
        for report in run(graph, JOBS, spec):
            if report.state != RunState.SEALED:
                raise StateError(f"{report.job} ended as {report.state}: {report.error}")
        with graph.driver.session() as session:
            return session.run(CONTENT).values()

    return Sides(lambda: derive(rebuild=False), lambda: derive(rebuild=True), reset)
