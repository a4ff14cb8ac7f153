"""What holds for motifs in general, and the known numbers of a real ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import polars as pl
import pytest

from core.errors import ParameterError, StateError, UnknownNameError
from cypher import motifs
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.conftest import forget_plans
from tests.integration.gds_jobs.ledgers import short, write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from cypher.graph import Graph


def derive_flows(graph: Graph) -> None:
    (report,) = run(graph, ["flows"], RunSpec(network="case"))
    assert report.error is None


RING = [
    *("a b 1 1d", "b c 2 2d", "c a 3 3d", "c a 4 4d", "a a 5 5d", "b a 6 6d"),
    *(f"s{number} m {number + 1} {number + 1}d" for number in range(6)),
    *(f"n s{number} {number + 1} {number + 1}d" for number in range(6)),
]


def test_temporal_pairs_are_static_pairs(clean_graph: Graph) -> None:
    write_ledger(clean_graph, RING)
    derive_flows(clean_graph)
    for name in ("two_node_loop", "triangle", "self_loop"):
        static = set(map(tuple, motifs.match(clean_graph, name)["accounts"].to_list()))
        temporal = motifs.match(clean_graph, name, {"variant": "temporal"})["accounts"].to_list()
        assert set(map(tuple, temporal)) <= static


def test_networks_are_not_mixed(clean_graph: Graph) -> None:
    write_ledger(clean_graph, RING)
    write_ledger(clean_graph, RING, network="other")
    assert run(clean_graph, ["flows"])
    assert len(motifs.match(clean_graph, "triangle")) == 2
    one = motifs.match(clean_graph, "triangle", {"network": "other"})
    assert one["accounts"].to_list() == [["other:a", "other:b", "other:c"]]


def test_a_stale_flow_is_refused(clean_graph: Graph) -> None:
    write_ledger(clean_graph, RING)
    with pytest.raises(StateError, match="ledgergraph run flows"):
        motifs.match(clean_graph, "triangle")
    derive_flows(clean_graph)
    assert len(motifs.match(clean_graph, "triangle")) == 1
    write_ledger(clean_graph, ["a b 1 100d id=new"])
    with pytest.raises(StateError):
        motifs.match(clean_graph, "triangle")
    assert len(motifs.match(clean_graph, "fan_in")) == 1


@pytest.mark.parametrize(
    ("name", "parameters", "error"),
    [
        ("pentagon", {}, UnknownNameError),
        ("triangle", {"colour": "red"}, ParameterError),
        ("triangle", {"variant": "sideways"}, ParameterError),
        ("triangle", {"window": "soon"}, ParameterError),
        ("triangle", {"limit": "0"}, ParameterError),
        ("fan_in", {"min_sources": "-1"}, ParameterError),
        ("fan_in", {"variant": "sideways"}, ParameterError),
    ],
)
def test_a_wrong_call_is_refused(
    name: str, parameters: dict[str, str], error: type[Exception], clean_graph: Graph
) -> None:
    with pytest.raises(error):
        motifs.match(clean_graph, name, parameters)


def test_phishing_graph(shared_data: Path, clean_graph: Graph) -> None:
    """The known numbers, against an independent count."""
    path = shared_data / "ethereum" / "phishing_graph" / "edges.csv"
    edges = pl.read_csv(path, columns=["from", "to", "amount", "timestamp"], infer_schema=False)
    lines = [
        f"{source} {target} {amount} {int(time) - 1_400_000_000}s id=e{number}"
        for number, (source, target, amount, time) in enumerate(edges.iter_rows())
    ]
    for start in range(0, len(lines), 20_000):
        write_ledger(clean_graph, lines[start : start + 20_000])
    forget_plans(clean_graph)
    derive_flows(clean_graph)
    pairs = {(s, t) for s, t in edges.select("from", "to").iter_rows() if s != t}
    mutual = {pair for pair in pairs if pair[::-1] in pairs and pair < pair[::-1]}
    following = nx.DiGraph(pairs)
    cycles = {
        min((a, b, c), (b, c, a), (c, a, b))
        for a, b in following.edges
        for c in set(following.successors(b)) & set(following.predecessors(a))
    }
    assert (len(mutual), len(cycles)) == (1761, 1816)
    loops = motifs.match(clean_graph, "two_node_loop")["accounts"].to_list()
    triangles = motifs.match(clean_graph, "triangle")["accounts"].to_list()
    assert {short(pair) for pair in loops} == mutual
    assert len(loops) == 1761
    assert {short(cycle) for cycle in triangles} == cycles
    assert len(triangles) == 1816
    every = {**UNCUT, "max_gap": "9999d", "window": "9999d"}
    rising = motifs.match(clean_graph, "triangle", {**every, "variant": "temporal"})
    times = {(s, t): int(time) for s, t, _, time in edges.iter_rows()}
    expected = {cycle for cycle in cycles if _can_be_walked(cycle, times)}
    assert {short(cycle) for cycle in rising["accounts"]} == expected
    assert len(rising) == len(expected) == 1194
    squares = motifs.match(clean_graph, "cycle", {**UNCUT, "min_length": "4", "max_length": "4"})
    found = {
        (a, b, c, d)
        for a, b in following.edges
        for d in set(following.predecessors(a)) - {b}
        for c in (set(following.successors(b)) & set(following.predecessors(d))) - {a}
        if a == min(a, b, c, d)
    }
    assert {short(cycle) for cycle in squares["accounts"]} == found
    assert len(squares) == len(found) == 4349


UNCUT = {
    "hub_degree": "1000000",
    "hub_percentile": "1",
    "truncation_limit": "1000000",
    "max_per_account": "1000000",
    "limit": "1000000",
}


def _can_be_walked(cycle: tuple[str, ...], times: dict[tuple[str, str], int]) -> bool:
    a, b, c = (times[cycle[place], cycle[(place + 1) % 3]] for place in range(3))
    return a < b < c or b < c < a or c < a < b
