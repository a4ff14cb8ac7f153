"""Triangles of random graphs against networkx, whatever the size of a page."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from cypher.measures.triangles import edges, triangles


@pytest.mark.parametrize("wedges", [1, 7, 10_000])
@pytest.mark.parametrize("seed", range(4))
def test_every_triangle_once(seed: int, wedges: int) -> None:
    chance = np.random.default_rng(seed)
    accounts = 40
    keys = np.unique(chance.integers(0, accounts**2, 300))
    source, target = keys // accounts, keys % accounts
    graph = edges(source, target, accounts)
    found = set()
    for uv, uw, vw in triangles(graph, wedges):
        for first, second, third in zip(uv, uw, vw, strict=True):
            u, v, w = graph.low[first], graph.high[first], graph.high[second]
            assert (graph.low[second], graph.low[third], graph.high[third]) == (u, v, w)
            found.add(frozenset((int(u), int(v), int(w))))
    plain = nx.Graph((int(s), int(t)) for s, t in zip(source, target, strict=True) if s != t)
    expected = {frozenset(c) for c in nx.enumerate_all_cliques(plain) if len(c) == 3}
    assert found == expected
    pairs = set(zip(source.tolist(), target.tolist(), strict=True))
    for low, high, there, back in zip(graph.low, graph.high, graph.there, graph.back, strict=True):
        assert ((int(low), int(high)) in pairs) == (there >= 0)
        assert ((int(high), int(low)) in pairs) == (back >= 0)
        assert there < 0 or (source[there], target[there]) == (low, high)


def test_a_graph_without_edges() -> None:
    nothing = np.empty(0, np.int64)
    assert list(triangles(edges(nothing, nothing, 3))) == []
