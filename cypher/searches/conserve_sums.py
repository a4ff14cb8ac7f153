"""Whether what goes out in sum keeps enough of what came in, exactly (motif catalogue, 1.4)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import numpy as np

from cypher.searches.conserve import SLACK

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Legs = tuple[Integers, Integers]
    """Group and row of every transfer."""


def in_band(
    rows: pl.DataFrame, ins: Legs, outs: Legs, count: int, bound: Mapping[str, object]
) -> NDArray[np.bool_]:
    """Which groups have sums out by sums in within [retention_min, retention_max].

    Floats decide away from the band's ends, base units near them; the ends count to six decimals.

    Args:
        rows: transfers with `amount` and `amount_base`.
        ins: transfers in.
        outs: transfers out.
        count: groups.
        bound: the motif's parameters.
    """
    got, gave = (added(rows, legs, count) for legs in (ins, outs))
    ends = [cast("float", bound[name]) for name in ("retention_min", "retention_max")]
    over = [gave - end * got for end in ends]
    near = [np.abs(part) <= SLACK * got for part in over]
    inside = ((over[0] > 0) | near[0]) & ((over[1] < 0) | near[1])
    groups = np.flatnonzero(inside & (near[0] | near[1]))
    low, high = (Fraction(round(1e6 * end), 10**6) for end in ends)
    sums = (_exact(rows, legs, groups) for legs in (ins, outs))
    inside[groups] = [low * one <= two <= high * one for one, two in zip(*sums, strict=True)]
    return inside


def added(rows: pl.DataFrame, legs: Legs, count: int) -> NDArray[np.float64]:
    """Sums of whole units by group, NaN where one is unknown."""
    amount = rows["amount"].fill_null(np.nan).to_numpy()[legs[1]]
    return np.bincount(legs[0], amount, minlength=count).astype(np.float64)


def _exact(rows: pl.DataFrame, legs: Legs, groups: Integers) -> list[Fraction]:
    """Sums of base units of some groups."""
    wanted = np.isin(legs[0], groups)
    sums = dict.fromkeys(groups.tolist(), Fraction())
    texts = rows["amount_base"].gather(legs[1][wanted]).fill_null("0").to_list()
    for group, text in zip(legs[0][wanted].tolist(), texts, strict=True):
        sums[group] += Fraction(text)
    return list(sums.values())
