"""FLOW and families of features after one percent of new transfers, against all of it anew."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import loader
from api.commands.bench import Sides
from core.errors import StateError
from core.schema import RunState
from core.times import from_epoch_ms
from cypher import features, touched
from cypher.family import Features, Scope
from gds_jobs import families
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from loader.synthesis.synthetic import Recipe, generate

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph

AGAINST = "FLOW or the family of every account anew"
FLOWS = "flows"
GOAL = 5.0

# Relationships first: a hub with all of its transfers does not fit one transaction.
WIPE = (
    "MATCH ()-[r]->() CALL (r) { DELETE r } IN TRANSACTIONS OF 20000 ROWS",
    "MATCH (n:!Migration) CALL (n) { DELETE n } IN TRANSACTIONS OF 20000 ROWS",
)
LAST_PERCENT = """
MATCH ()-[t:TRANSFER]->() WITH t.ledger AS ledger ORDER BY ledger
WITH collect(ledger) AS ledgers
WITH ledgers[toInteger(size(ledgers) * 0.99)] - 1 AS mark
MATCH ()-[t:TRANSFER]->()
RETURN mark, sum(CASE WHEN t.ledger <= mark THEN 1 ELSE 0 END) AS before,
       min(CASE WHEN t.ledger > mark THEN t.ts END) AS cut
"""
MARK = "MATCH (c:Checkpoint) SET c.flow_ledger = $mark, c.flow_transfers = $before"
TOUCHED = "MATCH (a)-[t:TRANSFER]->(b) WHERE t.ledger > $mark MATCH (a)-[f:FLOW]->(b) DELETE f"
LAST_RUN = """
MATCH (r:JobRun {job: $job}) WITH r ORDER BY r.started DESC LIMIT 1 SET r.results = $results
"""
FLOW = """
MATCH ()-[f:FLOW]->()
RETURN count(f), sum(f.count), round(sum(f.amount), 2), max(f.last_timestamp)
"""
CONTENT = """
MATCH (a:Account) UNWIND $keys AS key
RETURN key, count(a[key]) AS known, toFloat(sum(abs(a[key]))) AS total ORDER BY key
"""


def sides(graph: Graph, folder: Path, transfers: int) -> dict[str, Sides]:
    """Both begin with values of all but the last percent of the ledgers."""
    made = generate(folder, Recipe(network="bench", accounts=transfers // 5, transfers=transfers))
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
        loader.load(graph, "csv", [made.transfers_file], loader.LoadOptions(mapping=made.mapping))
        mark, before, cut = session.run(LAST_PERCENT).single(strict=True)

    def again(job: str, *, rebuild: bool) -> None:
        for report in run(graph, [job], RunSpec(parameters={job: {"rebuild": rebuild}})):
            if report.state != RunState.SEALED:
                raise StateError(f"{report.job} ended as {report.state}: {report.error}")

    def content(job: str) -> object:
        keys = [] if job == FLOWS else list(features.columns(job))
        with graph.driver.session() as session:
            if job == FLOWS:
                return session.run(FLOW).values()
            rows = session.run(CONTENT, keys=keys).values()
        return [(key, known, f"{total:.9g}") for key, known, total in rows]

    def stale() -> None:
        with graph.driver.session() as session:
            session.run(TOUCHED, mark=mark).consume()
            session.run(MARK, mark=mark, before=before).consume()

    def old(job: str) -> None:
        """Values and JobRun as a run before the last percent left them."""
        scope = Scope("bench", until=from_epoch_ms(cut))
        found: Features = features.compute(graph, job, scope)
        families.write(graph, "bench", found.frame, job, lambda *_: None)
        state = touched.state(graph, "bench")
        if state is None:
            raise StateError("There is no Checkpoint.")
        was = asdict(state) | {"ledger": mark, "transfers": before}
        own = {key: value for key, value in families.defaults(job).items() if key != "rebuild"}
        results = {"state": was, "facts": dict(found.facts), "parameters": own}
        with graph.driver.session() as session:
            session.run(LAST_RUN, job=job, results=json.dumps(results)).consume()

    def part(job: str) -> Sides:
        def derive(*, rebuild: bool) -> object:
            again(job, rebuild=rebuild)
            return content(job)

        reset = stale if job == FLOWS else lambda: old(job)
        return Sides(lambda: derive(rebuild=False), lambda: derive(rebuild=True), reset)

    jobs = (FLOWS, *features.families())
    for job in jobs:
        again(job, rebuild=True)
    return {job: part(job) for job in jobs}
