"""What is left behind: JobRuns always, projections never, FLOW that knows whether it is fresh."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from graphdatascience import GraphDataScience

from core.errors import NotFoundError, ParameterError, UnknownNameError
from core.schema import RunState
from core.times import parse_duration, parse_instant
from cypher import leases
from gds_jobs import catalog, families, runner
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import moment, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

LEDGER = ["a b 1 1d", "b c 2 2d", "a b 3 3d", "c a 4 3d asset=gold", "a f 1 3d kind=fee"]


def job_runs(graph: Graph) -> list[dict[str, Any]]:
    with graph.driver.session() as session:
        return [dict(r["r"]) for r in session.run("MATCH (r:JobRun) RETURN r ORDER BY r.started")]


def projections(graph: Graph) -> list[str]:
    gds = GraphDataScience(graph.driver, arrow=False, show_progress=False)
    return [info.graph_name for info in gds.graph.list()]


def break_pagerank(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    whole = catalog.ALGORITHMS.get("pagerank")

    def broken(gds: GraphDataScience) -> Any:
        endpoint = gds.page_rank

        class Breaking:
            estimate = endpoint.estimate

            def mutate(self, *_: object, **__: object) -> None:
                raise error

        return Breaking()

    monkeypatch.setattr("gds_jobs.algorithms.pagerank.JOB", replace(whole, procedure=broken))


def test_every_job_runs_and_is_recorded(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    steps: list[tuple[str, int, int]] = []
    reports = run(clean_graph, progress=lambda *step: steps.append(step))
    assert [report.job for report in reports] == catalog.default_names()
    assert {report.state for report in reports} <= {RunState.SEALED, RunState.SKIPPED}
    sealed = {report.job for report in reports if report.state == RunState.SEALED}
    assert sealed > {"flows", "activity", "pagerank", "wcc"}
    recorded = job_runs(clean_graph)
    assert [r["id"] for r in recorded] == [report.run for report in reports]
    assert [r["state"] for r in recorded] == [report.state for report in reports]
    assert all(r["finished"] >= r["started"] for r in recorded)
    pagerank = next(r for r in recorded if r["job"] == "pagerank")
    assert json.loads(pagerank["parameters"])["scaler"] == "L1Norm"
    assert json.loads(pagerank["results"])["did_converge"] is True
    assert pagerank["rows_out"] == 4
    assert projections(clean_graph) == []
    assert {step[0] for step in steps} <= set(catalog.default_names())
    assert all(done <= total for _, done, total in steps)


def test_a_job_that_fails_leaves_a_record_and_no_projection(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ledger(clean_graph, LEDGER)
    break_pagerank(monkeypatch, RuntimeError("out of luck"))
    reports = {report.job: report for report in run(clean_graph, ["pagerank", "wcc"])}
    assert reports["pagerank"].state == RunState.FAILED
    assert "out of luck" in str(reports["pagerank"].error)
    assert reports["wcc"].state == RunState.SEALED
    assert projections(clean_graph) == []
    assert [r["state"] for r in job_runs(clean_graph)] == ["sealed", "failed", "sealed"]


def test_algorithms_share_projections_and_all_a_pass_of_writing(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ledger(clean_graph, LEDGER)
    projected: list[str] = []
    written: list[tuple[int, set[str]]] = []
    values, write_all = runner.values, families.write_all

    def seen(*given: Any) -> Any:
        projected.append(given[2].name())
        return values(*given)

    def write(*given: Any) -> None:
        with clean_graph.driver.session() as session:
            running = session.run("MATCH (r:JobRun {state: 'writing'}) RETURN collect(r.job)")
            written.append((len(given[2]), set(running.single(strict=True)[0])))
        write_all(*given)

    monkeypatch.setattr(runner, "values", seen)
    monkeypatch.setattr(families, "write_all", write)
    run(clean_graph, ["flows"])
    jobs = ["activity", "betweenness", "kcore", "louvain", "pagerank", "triangles", "wcc"]
    written.clear()
    reports = run(clean_graph, jobs)
    assert {report.state for report in reports} == {RunState.SEALED}
    runs = {report.job: report.run for report in reports}
    groups = [("betweenness", "pagerank", "wcc"), ("kcore", "triangles"), ("louvain",)]
    names = [leases.PROJECTION + "+".join(runs[job] for job in group) for group in groups]
    assert projected == [name for name, group in zip(names, groups, strict=True) for _ in group]
    # Sealed only when values are written; nothing waits for what does not run by default.
    assert written == [(6, set(jobs) - {"louvain"}), (1, {"louvain"})]
    rows = {job["job"]: job["rows_out"] for job in job_runs(clean_graph)}
    assert {rows[job] for job in jobs if job != "activity"} == {4}
    with clean_graph.driver.session() as session:
        kinds = "MATCH (a:Account {address: 'a'}) RETURN valueType(a.kcore), valueType(a.pagerank)"
        found = session.run(kinds).single(strict=True).values()
    assert [str(kind).split()[0] for kind in found] == ["INTEGER", "FLOAT"]


def test_values_that_cannot_be_written_stop_no_other_job(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ledger(clean_graph, LEDGER)
    values = runner.values

    def spoilt(*given: Any) -> Any:
        found = values(*given)
        if given[-1].name != "pagerank":
            return found
        return [replace(one, frame=one.frame.with_columns(x=pl.lit([[1]]))) for one in found]

    monkeypatch.setattr(runner, "values", spoilt)
    reports = run(clean_graph, ["activity", "kcore", "pagerank", "wcc"])
    states = {report.job: report.state for report in reports}
    assert states.pop("pagerank") == RunState.FAILED
    assert set(states.values()) == {RunState.SEALED}
    with clean_graph.driver.session() as session:
        counts = "MATCH (a) RETURN count(a.pagerank), count(a.wcc), count(a.in_degree)"
        assert session.run(counts).single(strict=True).values() == [0, 4, 3]


def test_a_run_that_lost_its_lease_writes_nothing(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ledger(clean_graph, LEDGER)
    whole = runner.compute

    def compute(graph: Graph, *given: Any) -> Any:
        done = whole(graph, *given)
        if graph.job == "pagerank":
            assert graph.hold is not None
            graph.hold.cancel(NotFoundError("lease", "pagerank", ""))
        return done

    monkeypatch.setattr(runner, "compute", compute)
    reports = {report.job: report for report in run(clean_graph, ["pagerank"])}
    assert reports["pagerank"].state == RunState.FAILED
    with clean_graph.driver.session() as session:
        found = session.run("MATCH (a:Account) RETURN count(a.pagerank)").single(strict=True)
    assert found[0] == 0
    assert projections(clean_graph) == []


def test_an_interrupt_leaves_a_record_and_no_projection(
    clean_graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ledger(clean_graph, LEDGER)
    break_pagerank(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run(clean_graph, ["pagerank"])
    assert projections(clean_graph) == []
    assert [r["state"] for r in job_runs(clean_graph)] == ["sealed", "failed"]


def test_what_does_not_fit_into_memory_is_refused(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    report = run(clean_graph, ["pagerank"], RunSpec(heap_share=1e-9))[-1]
    assert report.state == RunState.FAILED
    assert "of the server's heap" in str(report.error)
    assert projections(clean_graph) == []


def test_what_a_killed_process_left_is_tidied(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    host = leases.own_name().rsplit(" ", 2)[0]
    begin = {"version": "1", "network": "case", "key": "k", "parameters": "{}", "infra_list": ""}
    for run_id, owner in (("dead", f"{host} 1 0.00"), ("alive", leases.own_name())):
        clean_graph.write(
            "writes/job_run_begin", id=run_id, job="wcc", owner=owner, limit_seconds=60.0, **begin
        )
    names = [f"{leases.PROJECTION}{runs}" for runs in ("dead", "dead+gone", "dead+alive")]
    for name in names:
        clean_graph.read("lookups/projection_flow", name=name, network="case")
    gds = GraphDataScience(clean_graph.driver, arrow=False, show_progress=False)
    try:
        run(clean_graph, ["flows"])
        assert projections(clean_graph) == [names[-1]]
        states = {r["id"]: r["state"] for r in job_runs(clean_graph)}
        assert (states["dead"], states["alive"]) == ("failed", "writing")
    finally:
        gds.graph.drop(names[-1])


def test_a_window_is_recorded_with_ledger_boundaries(clean_graph: Graph) -> None:
    lines = ["a b 1 1d ledger=1", "b c 1 25h ledger=1", "c a 1 2d ledger=2", "a c 1 3d ledger=3"]
    write_ledger(clean_graph, lines)
    spec = RunSpec(as_of=parse_instant("2024-01-04T12:00"), window=parse_duration("59h"))
    run(clean_graph, ["activity"], spec)
    (recorded,) = job_runs(clean_graph)
    assert recorded["rows_in"] == 4
    # The window would begin at 25 h, inside ledger 1: it begins with that ledger instead.
    assert recorded["window_start"].to_native() == parse_instant("2024-01-02")
    assert recorded["window_end"].to_native() == parse_instant("2024-01-04T12:00")


def test_a_range_ends_where_it_is_said_to_whatever_comes_after(clean_graph: Graph) -> None:
    write_ledger(clean_graph, ["a b 1 1d ledger=1", "b a 1 4d ledger=2", "a b 9 6d ledger=2"])
    query = (
        "MATCH (a:Account) RETURN a.astro_account_age_seconds, a.astro_tx_in_count ORDER BY a.id"
    )
    for as_of, age, received in (("2024-01-04", 2, 0), ("2024-01-06", 3, 0), ("2024-01-09", 7, 1)):
        run(clean_graph, ["astro"], RunSpec(as_of=parse_instant(as_of)))
        with clean_graph.driver.session() as session:
            first, _ = session.run(query).values()
        # At the second instant ledger 2 is under way: the range ends before it.
        assert first == [age * 86_400, received]


def test_later_transfers_change_no_seeded_value(clean_graph: Graph) -> None:
    chance = Random(1)  # noqa: S311 - the same ledger each time
    # Accounts with more than 50 transfers: the store keeps theirs in another order.
    ends = [(chance.randrange(90), chance.randrange(1, 90) // (1 + n // 300)) for n in range(1500)]
    lines = [f"a{a} a{b} {n} {n}h id=t{n}" for n, (a, b) in enumerate(ends, 1)]
    write_ledger(clean_graph, lines[:300])
    found = []
    for later in ([], lines[300:]):
        if later:
            write_ledger(clean_graph, later)
        run(clean_graph, ["fastrp", "leiden", "louvain"], RunSpec(as_of=moment("301h")))
        query = "MATCH (a:Account) RETURN a.id, a.fastrp, a.leiden, a.louvain ORDER BY a.id"
        with clean_graph.driver.session() as session:
            found.append({tuple(map(str, row)) for row in session.run(query).values() if row[1]})
    assert found[0] == found[1] != set()


def test_an_empty_range_is_skipped(clean_graph: Graph) -> None:
    write_ledger(clean_graph, LEDGER)
    (report,) = run(clean_graph, ["wcc"], RunSpec(as_of=parse_instant("2020-01-01")))
    assert (report.state, report.nodes) == (RunState.SKIPPED, 0)


def test_a_network_without_transfers_has_nothing_to_compute(clean_graph: Graph) -> None:
    write_ledger(clean_graph, [])
    states = {report.job: report.state for report in run(clean_graph)}
    assert (states["flows"], states["activity"]) == (RunState.SEALED, RunState.SEALED)
    assert states["pagerank"] == RunState.SKIPPED
    assert projections(clean_graph) == []


@pytest.mark.parametrize(
    ("jobs", "spec", "error"),
    [
        (["astrology"], RunSpec(), UnknownNameError),
        (["pagerank"], RunSpec(network="nowhere"), NotFoundError),
        (["pagerank"], RunSpec(parameters={"pagerank": {"colour": 1}}), ParameterError),
        (["pagerank"], RunSpec(parameters={"pagerank": {"tolerance": "small"}}), ParameterError),
        (["pagerank"], RunSpec(parameters={"pagerank": {"weight": "age"}}), ParameterError),
        (["wcc"], RunSpec(parameters={"nothing": {}}), UnknownNameError),
    ],
)
def test_a_wrong_call_is_refused_before_anything_runs(
    jobs: list[str], spec: RunSpec, error: type[Exception], clean_graph: Graph
) -> None:
    write_ledger(clean_graph, LEDGER)
    with pytest.raises(error):
        run(clean_graph, jobs, spec)
    assert job_runs(clean_graph) == []
