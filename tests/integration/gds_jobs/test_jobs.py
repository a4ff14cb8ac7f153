"""Jobs on hand-made ledgers, and against networkx on random ones."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
import yaml

from core.schema import RunState
from core.times import parse_duration, parse_instant
from cypher.features import read_features
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import short, write_ledger, write_prices, write_tags

if TYPE_CHECKING:
    from cypher.graph import Graph

CASES = Path(__file__).resolve().parents[2] / "cases"


def cases(folder: str) -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
        for path in sorted((CASES / folder).glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def spec_of(name: str, case: dict[str, Any]) -> RunSpec:
    return RunSpec(
        asset=case.get("asset"),
        as_of=parse_instant(str(case["as_of"])) if "as_of" in case else None,
        window=parse_duration(case["window"]) if "window" in case else None,
        parameters={name: case.get("parameters", {})},
    )


def values(graph: Graph, key: str) -> dict[str, Any]:
    with graph.driver.session() as session:
        found = session.run("MATCH (a:Account) RETURN a.id, a[$key]", key=key).values()
    return {short([account])[0]: value for account, value in found}


@pytest.mark.parametrize(("name", "case"), cases("jobs"))
def test_case(name: str, case: dict[str, Any], clean_graph: Graph) -> None:
    write_ledger(clean_graph, case["transfers"])
    report = run(clean_graph, [name], spec_of(name, case))[-1]
    if "fails" in case:
        assert report.state == RunState.FAILED
        assert case["fails"] in str(report.error)
        return
    assert (report.job, report.state, report.error) == (name, RunState.SEALED, None)
    for key, expected in case.get("properties", {}).items():
        assert values(clean_graph, key) == pytest.approx(expected, abs=1e-5)
    found = values(clean_graph, name)
    if "values" in case:
        assert found == pytest.approx(case["values"], abs=1e-5, nan_ok=False)
    for group in case.get("groups", []):
        assert {found[member] for member in group} == {found[group[0]]}
    if "groups" in case:
        assert len({found[group[0]] for group in case["groups"]}) == len(case["groups"])
    for same in case.get("same", []):
        assert all(found[one] == found[other] for one, other in pairwise(same))
        assert all(len(found[one]) == case["length"] for one in same)


@pytest.mark.parametrize(("name", "case"), cases("features"))
def test_feature_case(name: str, case: dict[str, Any], clean_graph: Graph) -> None:
    write_ledger(clean_graph, case["transfers"], accounts=case.get("accounts"))
    write_tags(clean_graph, case.get("tags", {}))
    write_prices(clean_graph, case.get("prices", []))
    since, until = (
        parse_instant(str(case[key])) if key in case else None for key in ("since", "until")
    )
    frame = read_features(
        clean_graph,
        [name],
        asset=case.get("asset"),
        since=since,
        until=until,
        parameters={name: case.get("parameters", {})},
    )
    found = {short([row["account"]])[0]: row for row in frame.to_dicts()}
    assert set(found) == set(case["features"])
    assert frame["account"].is_sorted()
    for account, expected in case["features"].items():
        assert {key: found[account][key] for key in expected} == pytest.approx(expected)


def random_ledger(seed: int, transfers: int = 400, accounts: int = 60) -> list[str]:
    chance = Random(seed)  # noqa: S311 - the same ledger each time
    ends = [(chance.randrange(accounts), chance.randrange(accounts)) for _ in range(transfers)]
    return [f"a{s} a{t} {chance.randrange(1, 99)} {n}h" for n, (s, t) in enumerate(ends, 1)]


def as_networkx(lines: list[str]) -> nx.DiGraph[str]:
    following: nx.DiGraph[str] = nx.DiGraph()
    for line in lines:
        source, target, amount, _ = line.split()
        before = following.get_edge_data(source, target, {"count": 0, "amount": 0.0})
        following.add_edge(
            source, target, count=before["count"] + 1, amount=before["amount"] + float(amount)
        )
    return following


def gds_pagerank(
    following: nx.DiGraph[str], weight: str, damping: float = 0.85
) -> dict[str, float]:
    """The variant of GDS by plain iteration: from 1 - damping, dangling mass lost, then L1."""
    rank = dict.fromkeys(following, 1 - damping)
    for _ in range(500):
        out = {v: sum(d[weight] for *_, d in following.out_edges(v, data=True)) for v in following}
        rank = {
            v: (1 - damping)
            + damping
            * sum(rank[u] * d[weight] / out[u] for u, _, d in following.in_edges(v, data=True))
            for v in following
        }
    total = sum(rank.values())
    return {account: value / total for account, value in rank.items()}


@pytest.mark.parametrize("weight", ["count", "amount"])
def test_pagerank_is_the_named_variant(weight: str, clean_graph: Graph) -> None:
    lines = random_ledger(1)
    write_ledger(clean_graph, lines)
    precise = {"weight": weight, "tolerance": 1e-12, "max_iterations": 500}
    run(clean_graph, ["pagerank"], RunSpec(parameters={"pagerank": precise}))
    expected = gds_pagerank(as_networkx(lines), weight)
    found = values(clean_graph, "pagerank")
    assert found == pytest.approx(expected, abs=1e-6)
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("windowed", [False, True], ids=["whole", "window"])
def test_centralities_equal_networkx(windowed: bool, clean_graph: Graph) -> None:
    lines = random_ledger(2, transfers=150)
    write_ledger(clean_graph, lines)
    spec = RunSpec(window=parse_duration("60h")) if windowed else RunSpec()
    if windowed:  # it ends with the last transfer, at 150 h and 1 ms; hour 91 is its first ledger
        lines = lines[90:]
    reports = run(clean_graph, ["degree", "wcc", "betweenness"], spec)
    assert [r.error for r in reports] == [None] * len(reports)
    following = as_networkx(lines)
    betweenness = {k: v for k, v in values(clean_graph, "betweenness").items() if v is not None}
    assert betweenness == pytest.approx(nx.betweenness_centrality(following))
    neighbours = {v: len(set(nx.all_neighbors(following, v))) for v in following}
    degree = {k: v for k, v in values(clean_graph, "degree").items() if v is not None}
    assert degree == pytest.approx(neighbours)
    component = values(clean_graph, "wcc")
    for members in nx.weakly_connected_components(following):
        assert len({component[member] for member in members}) == 1
    assert len(
        {v for v in component.values() if v is not None}
    ) == nx.number_weakly_connected_components(following)


def test_hops_equal_networkx(clean_graph: Graph) -> None:
    lines = random_ledger(5, transfers=90)
    write_ledger(clean_graph, lines)
    following = as_networkx(lines)
    moved: dict[str, float] = {}
    for line in lines:
        for end in line.split()[:2]:
            moved[end] = moved.get(end, 0) + float(line.split()[2])
    for row in read_features(clean_graph, ["khop"]).iter_rows(named=True):
        account = row["account"].split(":")[1]
        for hops in (1, 2, 3):
            reached = nx.single_source_shortest_path_length(following, account, cutoff=hops)
            others = set(reached) - {account}
            assert row[f"khop{hops}_count"] == len(others)
            assert row[f"khop{hops}_volume"] == pytest.approx(sum(moved[o] for o in others))


def test_query_projection_equals_native(clean_graph: Graph) -> None:
    """A second network forces the projection by a query; the values must not change."""
    lines = random_ledger(3)
    write_ledger(clean_graph, lines)
    jobs = ["degree", "pagerank", "betweenness"]
    run(clean_graph, jobs)
    native = {job: values(clean_graph, job) for job in jobs}
    write_ledger(clean_graph, ["zz yy 1 1d"], network="other")
    reports = run(clean_graph, jobs, RunSpec(network="case"))
    assert {r.network for r in reports} == {"case"}
    for job in jobs:
        found = values(clean_graph, job)
        assert found.pop("zz") is None
        assert found.pop("yy") is None
        assert found == pytest.approx(native[job], rel=1e-6)


def test_later_transfers_change_no_feature_before_the_cut(clean_graph: Graph) -> None:
    lines = random_ledger(4)
    cut = parse_instant("2024-01-10")
    write_ledger(clean_graph, lines)
    before = read_features(clean_graph, until=cut)
    with clean_graph.driver.session() as session:
        session.run("MATCH ()-[t:TRANSFER]->() WHERE t.timestamp >= $cut DELETE t", cut=cut)
    assert read_features(clean_graph, until=cut).equals(before)
    with clean_graph.driver.session() as session:
        session.run("MATCH ()-[t:TRANSFER]->() DELETE t").consume()
    write_ledger(clean_graph, [f"{line} id=t{n}" for n, line in enumerate(lines, 1)][::-1])
    assert read_features(clean_graph, until=cut).equals(before)
