"""Closed walks against a plain search, on many small random ledgers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from cypher.searches import cycles
from cypher.searches.hops import Rule, in_shape, in_time

if TYPE_CHECKING:
    from cypher.searches.cycles import Hops

Walks = set[tuple[int, ...]]


def random_ledger(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    nodes, count = int(rng.integers(3, 8)), int(rng.integers(4, 40))
    source, target = rng.integers(0, nodes, (2, count))
    ts = rng.integers(0, int(rng.choice([6, 20, 60])), count)
    frame = pl.DataFrame(
        {
            "source": source,
            "target": target,
            "ts": ts,
            "ledger": ts // 2 + rng.integers(0, 2, count) * (seed % 2),
            "ord": rng.integers(0, 3, count),
            "unordered": rng.random(count) < 0.3,
            "ratio_amount": rng.integers(0, 9, count).astype(float),
        }
    )
    return frame.filter(pl.col("source") != pl.col("target")).sort("ts", "ledger", "ord")


def later(rows: list[dict[str, float]], first: int, second: int, rule: Rule) -> bool:
    one, two = rows[first], rows[second]
    keys = ("ts", "ledger", "ord")
    if (one["unordered"] or two["unordered"]) and not rule.allow_same_ledger:
        keys = ("ts", "ledger")
    if not tuple(two[k] for k in keys) > tuple(one[k] for k in keys):
        return False
    if rule.band is not None:
        low, high = rule.band
        if one["ratio_amount"] <= 0:
            return False
        ratio = two["ratio_amount"] / one["ratio_amount"]
        if not low - 1e-6 <= ratio <= high + 1e-6:
            return False
    return bool(two["ts"] - one["ts"] <= rule.gap_ms)


def search(frame: pl.DataFrame, rule: Rule, longest: int) -> Walks:
    rows = frame.to_dicts()
    found: Walks = set()

    def grow(walk: tuple[int, ...]) -> None:
        sources = [rows[edge]["source"] for edge in walk]
        end = rows[walk[-1]]["target"]
        if end == sources[0]:
            if rows[walk[-1]]["ts"] - rows[walk[0]]["ts"] <= rule.window_ms:
                found.add(walk)
            return
        if end in sources or len(walk) == longest:
            return
        for edge, row in enumerate(rows):
            if row["source"] == end and later(rows, walk[-1], edge, rule):
                grow((*walk, edge))

    for edge in range(len(rows)):
        grow((edge,))
    return found


def ends(frame: pl.DataFrame) -> tuple[cycles.Integers, cycles.Integers]:
    return frame["source"].to_numpy(), frame["target"].to_numpy()


def walks(hops: Hops) -> list[list[int]]:
    parts = cycles.find(hops, 2, 6)
    return [row for part in parts for table in part for row in table.tolist()]


RULES = [
    Rule(100, 100),
    Rule(8, 12),
    Rule(8, 12, allow_same_ledger=True),
    Rule(30, 25, band=(0.8, 1.0)),
    Rule(30, 60, band=(0.5, 2.0), allow_same_ledger=True),
]


@pytest.mark.parametrize("rule", RULES)
def test_walks_in_time(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    some = 0
    for seed in range(60):
        monkeypatch.setattr(cycles, "BUDGET", 3 if seed % 3 == 0 else 10**6)
        frame = random_ledger(seed)
        hops = in_time(frame, *ends(frame), rule)
        found = [tuple(row) for row in walks(hops)]
        assert set(found) == search(frame, rule, 6)
        assert len(found) == len(set(found))
        some += len(found)
    assert some > 50


def test_walks_in_shape() -> None:
    some = 0
    for seed in range(40):
        pairs = random_ledger(seed).select("source", "target").unique().sort("source", "target")
        hops = in_shape(*ends(pairs))
        found = [tuple(row) for row in walks(hops)]
        edges = set(pairs.rows())
        expected = {c for c in simple_cycles(edges) if len(c) <= 6}
        walked = {tuple(pairs["source"].gather(list(row)).to_list()) for row in found}
        assert walked == expected
        assert len(found) == len(walked)
        some += len(found)
    assert some > 50


def simple_cycles(edges: set[tuple[int, int]]) -> Walks:
    found: Walks = set()
    nodes = sorted({node for edge in edges for node in edge})

    def grow(path: tuple[int, ...]) -> None:
        if (path[-1], path[0]) in edges and len(path) > 1:
            found.add(path)
        for node in nodes:
            if node > path[0] and node not in path and (path[-1], node) in edges:
                grow((*path, node))

    for node in nodes:
        grow((node,))
    assert all(pair in edges for path in found for pair in pairwise((*path, path[0])))
    return found


def test_no_transfers_no_walks() -> None:
    empty = random_ledger(0).clear()
    assert list(cycles.find(in_shape(*ends(empty)), 2, 6)) == []
