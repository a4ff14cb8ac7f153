"""Degrees by hand, and the percentile against a sort."""

from __future__ import annotations

import numpy as np
import polars as pl

from cypher.hubs import degrees, stop_list
from cypher.ledger import Ledger


def ledger_of(pairs: list[tuple[int, int]], accounts: int, infra: int | None = None) -> Ledger:
    flags = [number == infra for number in range(accounts)]
    names = [f"n:{number}" for number in range(accounts)]
    frame = pl.DataFrame({"account": names, "infra": flags, "pseudo": [False] * accounts})
    schema = {"source": pl.Int32, "target": pl.Int32}
    return Ledger(frame, pl.DataFrame(pairs, schema=schema, orient="row"))


def test_counterparties_count_once_and_not_oneself() -> None:
    found = degrees(ledger_of([(0, 1), (1, 0), (0, 1), (0, 0), (2, 0)], 4))
    assert found.tolist() == [2, 1, 1, 0]


def test_a_degree_at_the_line_is_no_hub() -> None:
    ledger = ledger_of([(0, 1), (0, 2), (3, 0), (1, 2)], 5, infra=4)
    assert np.flatnonzero(stop_list(ledger, 2, None)).tolist() == [0, 4]
    assert np.flatnonzero(stop_list(ledger, 3, None)).tolist() == [4]
    assert np.flatnonzero(stop_list(ledger, None, 0.5)).tolist() == [4]  # too few accounts


def test_the_percentile_leaves_the_share_below_it() -> None:
    count = 12_000
    rng = np.random.default_rng(3)
    hubs = rng.integers(0, 40, 20_000)
    pairs = list(zip(hubs.tolist(), rng.integers(0, count, 20_000).tolist(), strict=True))
    ledger = ledger_of(pairs, count)
    degree = degrees(ledger)
    mark = sorted(degree.tolist())[-13]  # ceil(0.999 * 12,000) = 11,988th
    expected = set(np.flatnonzero(degree > mark).tolist())
    assert set(np.flatnonzero(stop_list(ledger, None, 0.999)).tolist()) == expected
    assert 0 < len(expected) <= 12
    assert not stop_list(ledger, None, 1.0).any()
