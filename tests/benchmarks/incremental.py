"""FLOW and families of features after one percent of new transfers, against all of it anew."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import loader
from api.commands.bench import Sides
from core.errors import StateError
from core.schema import RunState
from core.times import from_epoch_ms
from cypher import features, touched
from cypher.family import Scope
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
WITH key, a[key] AS value
WITH key, value, CASE WHEN value IS :: STRING THEN size(value) ELSE abs(value) END AS size
RETURN key, count(value) AS known, toFloat(sum(size)) AS total,
       count(DISTINCT CASE WHEN value IS :: STRING THEN value END) AS texts
ORDER BY key
"""


@dataclass(frozen=True, slots=True)
class _Before:
    """The bench ledger when its last percent was not there: all up to `mark`, before `cut`."""

    graph: Graph
    mark: int
    transfers: int
    cut: int

    def flow(self) -> None:
        """FLOW and its watermark as they were."""
        with self.graph.driver.session() as session:
            session.run(TOUCHED, mark=self.mark).consume()
            session.run(MARK, mark=self.mark, before=self.transfers).consume()

    def family(self, job: str) -> None:
        """A family's values and JobRun as they were."""
        scope = Scope("bench", until=from_epoch_ms(self.cut))
        found = features.compute(self.graph, job, scope)
        families.write(self.graph, "bench", found.frame, job, lambda *_: None)
        state = touched.state(self.graph, "bench")
        if state is None:
            raise StateError("There is no Checkpoint.")
        was = asdict(state) | {"ledger": self.mark, "transfers": self.transfers}
        own = {key: value for key, value in families.defaults(job).items() if key != "rebuild"}
        results = {"state": was, "facts": dict(found.facts), "parameters": own}
        with self.graph.driver.session() as session:
            session.run(LAST_RUN, job=job, results=json.dumps(results)).consume()


def sides(graph: Graph, folder: Path, transfers: int) -> dict[str, Sides]:
    """Both begin with values of all but the last percent of the ledgers."""
    made = generate(folder, Recipe(network="bench", accounts=transfers // 5, transfers=transfers))
    with graph.driver.session() as session:
        for statement in WIPE:
            session.run(statement).consume()
        loader.load(graph, "csv", [made.transfers_file], loader.LoadOptions(mapping=made.mapping))
        before = _Before(graph, *session.run(LAST_PERCENT).single(strict=True))
    jobs = (FLOWS, *features.families())
    for job in jobs:
        _derive(graph, job, rebuild=True)
    return {job: _part(before, job) for job in jobs}


def _part(before: _Before, job: str) -> Sides:
    compared: dict[str, float] = {}

    def derive(*, rebuild: bool) -> object:
        _derive(before.graph, job, rebuild=rebuild)
        started = time.perf_counter()
        content = _content(before.graph, job)
        compared["comparison"] = time.perf_counter() - started
        return content

    return Sides(
        lambda: derive(rebuild=False),
        lambda: derive(rebuild=True),
        before.flow if job == FLOWS else lambda: before.family(job),
        lambda: compared,
    )


def _derive(graph: Graph, job: str, *, rebuild: bool) -> None:
    for report in run(graph, [job], RunSpec(parameters={job: {"rebuild": rebuild}})):
        if report.state != RunState.SEALED:
            raise StateError(f"{report.job} ended as {report.state}: {report.error}")


def _content(graph: Graph, job: str) -> object:
    with graph.driver.session() as session:
        if job == FLOWS:
            return session.run(FLOW).values()
        rows = session.run(CONTENT, keys=list(features.columns(job))).values()
    return [(key, known, f"{total:.9g}", texts) for key, known, total, texts in rows]
