"""Whether a later amount keeps enough of an earlier one, exactly (motif catalogue, 1.4)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

SLACK = 1e-9
"""Relative distance from a bound within which floats do not decide."""


def likely(
    value: NDArray[np.float64],
    band: tuple[float, float],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which rows after rows may lie in the band by their floats; `in_band` decides."""
    low, high = band
    one, two = value[first], value[second]
    near = (two >= one * low * (1 - SLACK)) & (two <= one * high * (1 + SLACK))
    return np.asarray((one > 0) & near)


def in_band(
    first: pl.Series, second: pl.Series, low: float, high: float | None
) -> NDArray[np.bool_]:
    """Which of `second / first` lie in [low, high]; the amounts are base units as text.

    Floats decide away from the bounds, integers near them; the bounds are the decimal numbers that
    they are written as. Without a high any larger ratio does.
    A ratio to nothing, or of unknown amounts, lies in no band.
    """
    one = first.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    two = second.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    least, most = one * low, np.inf if high is None else one * high
    inside = (one > 0) & (two >= least) & (two <= most)
    near = np.abs(two - least) <= SLACK * least
    if high is not None:
        near |= np.abs(two - most) <= SLACK * most
    doubtful = np.flatnonzero((one > 0) & near)
    if len(doubtful):
        pairs = pl.DataFrame({"one": first.gather(doubtful), "two": second.gather(doubtful)})
        bounds = (Fraction(str(low)), None if high is None else Fraction(str(high)))
        verdicts = {
            (before, after): _holds(before, after, *bounds)
            for before, after in pairs.unique().iter_rows()
        }
        inside[doubtful] = [verdicts[pair] for pair in pairs.iter_rows()]
    return inside


def _holds(before: str, after: str, low: Fraction, high: Fraction | None) -> bool:
    ratio = Fraction(after) / Fraction(before)
    return low <= ratio and (high is None or ratio <= high)
