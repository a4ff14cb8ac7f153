"""The most compact rings, against rings found one by one."""

from itertools import permutations

import numpy as np
import polars as pl
import pytest

from cypher.searches import compact
from cypher.searches.hop_table import HopTable

Ring = tuple[int, ...]


def flows(seed: int) -> HopTable:
    """Flows among a few accounts; no two of them begin or end at the same time."""
    rng = np.random.default_rng(seed)
    pairs = [(one, two) for one, two in permutations(range(8), 2) if rng.random() < 0.6]
    source, target = np.array(pairs, dtype=np.int64).T
    times = rng.permutation(2 * len(pairs)) * 1_000
    began, ended = np.minimum(*times.reshape(2, -1)), np.maximum(*times.reshape(2, -1))
    rows = pl.DataFrame({"started": began, "ended": ended})
    names, none = pl.Series([str(n) for n in range(8)]), np.zeros(8, dtype=np.int64)
    return HopTable(names, pl.Series(["coin"]), rows, source, target, none)


def one_by_one(table: HopTable) -> dict[Ring, int]:
    """Rings of three and four accounts from the smallest on, and the time that they span."""
    times = zip(table.rows["started"], table.rows["ended"], strict=True)
    pairs = zip(table.source.tolist(), table.target.tolist(), strict=True)
    edges = dict(zip(pairs, times, strict=True))
    found = {}
    for length in (3, 4):
        for ring in permutations(range(8), length):
            hops = list(zip(ring, (*ring[1:], ring[0]), strict=True))
            if ring[0] == min(ring) and all(hop in edges for hop in hops):
                first, last = zip(*(edges[hop] for hop in hops), strict=True)
                found[ring] = max(last) - min(first)
    return found


@pytest.mark.parametrize(("limit", "start"), [(1, 0), (5, 3_000), (12, 500_000), (10**6, 7_000)])
@pytest.mark.parametrize("most", [90, 10**6])
def test_the_most_compact_rings(
    limit: int, start: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(6):
        table = flows(seed)
        expected = one_by_one(table)
        if limit < len(expected):
            monkeypatch.setattr(compact, "MOST", most)

        def turn(rings: np.ndarray, table: HopTable = table) -> pl.DataFrame:
            nodes = table.source[rings].tolist()
            first, last = (table.rows[name].to_numpy()[rings] for name in ("started", "ended"))
            span = last.max(axis=1) - first.min(axis=1)
            return pl.DataFrame(
                {"ring": nodes, "span": span}, {"ring": pl.List(pl.Int64), "span": pl.Int64}
            )

        rows, complete = compact.rings(
            table, (3, 4), (start, None), limit, (turn, lambda rows: rows.sort("span", "ring"))
        )
        found = {tuple(ring): span for ring, span in rows.iter_rows()}
        assert len(found) == rows.height
        if complete:
            assert found == expected
            continue
        assert set(found.items()) <= set(expected.items())
        nearest = sorted(expected.values())[:limit]
        assert sorted(found.values())[:limit] == nearest
