"""The band around ratios of exact amounts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl

from cypher.searches.conserve import in_band


def test_bounds_are_decimal_and_amounts_exact() -> None:
    big = 10**30
    pairs = [
        (100, 80, True),
        (100, 79, False),
        (big, big, True),
        (big, big + 1, False),
        (10 * big, 8 * big, True),
        (10 * big, 8 * big - 1, False),
        (0, 0, False),
    ]
    first, second = (pl.Series([str(pair[i]) for pair in pairs]) for i in (0, 1))
    assert in_band(first, second, 0.8, 1.0).tolist() == [held for *_, held in pairs]


def test_unknown_amounts_lie_in_no_band_and_no_high_is_any() -> None:
    first, second = pl.Series([None, "10", "10"]), pl.Series(["10", None, "99999"])
    assert in_band(first, second, 0.8, None).tolist() == [False, False, True]


def test_as_fractions_say() -> None:
    rng = np.random.default_rng(5)
    first = rng.integers(1, 2_000, 4_000)
    second = rng.integers(0, 2_000, 4_000)
    expected = [
        Fraction("0.8") <= Fraction(int(b), int(a)) <= 1 for a, b in zip(first, second, strict=True)
    ]
    texts = [pl.Series(values.astype(str)) for values in (first, second)]
    assert in_band(*texts, 0.8, 1.0).tolist() == expected
