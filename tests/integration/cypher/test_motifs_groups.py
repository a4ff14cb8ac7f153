"""Strongly connected groups against networkx on random ledgers."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from cypher import motifs
from gds_jobs.run import run
from tests.integration.gds_jobs.ledgers import write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

LEDGERS = 8


def random_lines(seed: int) -> list[str]:
    chance = Random(seed)  # noqa: S311 - the same ledger each time
    ends = [chance.choices(range(20), k=2) for _ in range(26)]
    return [f"a{s:02} a{t:02} {chance.randrange(1, 9)} {n}h" for n, (s, t) in enumerate(ends, 1)]


def test_groups_equal_networkx(clean_graph: Graph) -> None:
    for seed in range(LEDGERS):
        write_ledger(clean_graph, random_lines(seed), network=f"n{seed}")
    run(clean_graph, ["flows"])
    seen = 0
    for seed in range(LEDGERS):
        following: nx.DiGraph[str] = nx.DiGraph()
        for line in random_lines(seed):
            source, target, amount, _ = line.split()
            if source != target:
                before = following.get_edge_data(source, target, {"amount": 0.0})["amount"]
                following.add_edge(source, target, amount=before + float(amount))
        expected = {}
        for group in nx.strongly_connected_components(following):
            touching = [e for e in following.edges(data="amount") if group & {e[0], e[1]}]
            inside = [e for e in touching if {e[0], e[1]} <= group]
            moved = sum(e[2] for e in touching)
            kept = sum(e[2] for e in inside)
            if len(group) >= 3 and kept >= 0.3 * moved:
                size = len(group)
                expected[tuple(sorted(group))] = (kept, len(inside) / (size * (size - 1)))
        found = {
            tuple(a.split(":")[1] for a in hit["accounts"]): (hit["volume"], hit["density"])
            for hit in motifs.match(clean_graph, "scc_group", {"network": f"n{seed}"}).to_dicts()
        }
        assert found == {group: pytest.approx(value) for group, value in expected.items()}
        seen += len(found)
    assert seen >= 3
