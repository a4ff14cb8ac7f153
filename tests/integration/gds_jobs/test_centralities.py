"""Unsampled centralities and components on 10,000 transfers, against igraph and algebra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import igraph
import numpy as np
import pytest

from core.schema import RunState
from gds_jobs.job import RunSpec
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

JOBS = [
    *("articulation", "betweenness", "closeness", "clustering", "degree", "eigenvector"),
    *("harmonic", "hits", "kcore", "pagerank", "scc", "triangles", "wcc"),
]
PRECISE: dict[str, dict[str, object]] = {
    "betweenness": {"exact_up_to": 10_000},
    "eigenvector": {"max_iterations": 2000, "tolerance": 1e-13},
    "hits": {"iterations": 500},
    "pagerank": {"max_iterations": 500, "tolerance": 1e-13, "weight": "none"},
    "triangles": {"max_degree": 10_000},
}


def heavy_tailed(seed: int) -> list[str]:
    """10,000 transfers between 1,200 accounts, a few of which take part in most."""
    random = np.random.default_rng(seed)
    ends = np.minimum(random.zipf(1.4, size=(10_000, 2)), 1_200)
    return [f"n{s} n{t} 1 {i + 1}m" for i, (s, t) in enumerate(ends)]


def values(graph: Graph, key: str) -> dict[str, Any]:
    with graph.driver.session() as session:
        return dict(session.run("MATCH (a:Account) RETURN a.address, a[$key]", key=key).values())


def partition(found: dict[str, Any]) -> set[frozenset[str]]:
    groups: dict[object, set[str]] = {}
    for account, group in found.items():
        groups.setdefault(group, set()).add(account)
    return {frozenset(group) for group in groups.values()}


def test_centralities_equal_igraph(clean_graph: Graph) -> None:
    lines = heavy_tailed(7)
    write_ledger(clean_graph, lines)
    reports = run(clean_graph, JOBS, RunSpec(parameters=PRECISE))
    assert {(r.state, r.error) for r in reports} == {(RunState.SEALED, None)}

    pairs = sorted({tuple(line.split()[:2]) for line in lines})
    directed = igraph.Graph.TupleList(pairs, directed=True)
    names: list[str] = directed.vs["name"]
    count = len(names)
    simple = directed.as_undirected().simplify()
    distance = np.array(directed.distances(), dtype=float).T  # from every account to the row's
    reaching = np.isfinite(distance)
    reached = reaching.sum(axis=1)  # itself among them
    total = np.where(reaching, distance, 0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        closeness = np.nan_to_num((reached - 1) ** 2 / total / (count - 1))
        inverse = np.where(distance > 0, 1 / distance, 0)
    between = np.array(directed.betweenness()) / ((count - 1) * (count - 2))
    loops = np.array(directed.is_loop(), dtype=bool)
    cuts = set(simple.articulation_points())
    selves = {directed.es[int(i)].source for i in np.flatnonzero(loops)}
    expected: dict[str, Any] = {
        "articulation": [int(i in cuts) for i in range(count)],
        "betweenness": between,
        "closeness": closeness,
        "clustering": simple.transitivity_local_undirected(mode="zero"),
        "degree": [simple.degree(i) + (i in selves) for i in range(count)],
        "harmonic": inverse.sum(axis=1) / (count - 1),
        "kcore": simple.coreness(),
        "triangles": [len(c) for c in _triangles(simple)],
    }
    for job, wanted in expected.items():
        found = values(clean_graph, job)
        assert found == pytest.approx(dict(zip(names, wanted, strict=True)), abs=1e-6), job
    following = _matrix(directed)
    vectors = {
        "eigenvector": _dominant(following.T),
        "hub": _dominant(following @ following.T),
        "authority": _dominant(following.T @ following),
        "pagerank": _pagerank_without_redistribution(following),
    }
    for key, wanted in vectors.items():  # known up to a factor: compared at length 1
        told = values(clean_graph, key)
        found = np.array([told[name] for name in names])
        ours, theirs = found / np.linalg.norm(found), wanted / np.linalg.norm(wanted)
        assert np.abs(ours - theirs).max() < 1e-6, key
    for job, mode in (("wcc", "weak"), ("scc", "strong")):
        groups = {
            frozenset(names[i] for i in group) for group in directed.connected_components(mode=mode)
        }
        assert partition(values(clean_graph, job)) == groups


def _triangles(simple: igraph.Graph) -> list[list[tuple[int, int, int]]]:
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(simple.vcount())]
    for triangle in simple.list_triangles():
        for member in triangle:
            found[member].append(triangle)
    return found


def _matrix(directed: igraph.Graph) -> np.ndarray[Any, Any]:
    matrix = np.zeros((directed.vcount(), directed.vcount()))
    for edge in directed.es:
        matrix[edge.source, edge.target] = 1
    return matrix


def _dominant(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The eigenvector of the largest eigenvalue, by plain iteration."""
    contiguous, vector = matrix.copy(), np.ones(len(matrix))
    for _ in range(500):
        vector = contiguous @ vector
        vector /= np.linalg.norm(vector)
    return vector


def _pagerank_without_redistribution(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """GDS's variant, solved: r = 0.15 + 0.85 * A' r, where A is divided by its row sums."""
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    ones = np.ones(len(matrix))
    return np.linalg.solve(np.eye(len(matrix)) - 0.85 * share.T, 0.15 * ones)
