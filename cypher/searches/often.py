"""Which of many numbers come often: most come once, and need not be sorted to be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_BITS = 22
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: Knuth, TAOCP 3, 6.4


def likely(key: Integers, least: int, counted: Flags | None = None) -> Flags:
    """Which keys may come at least so often: all that do, and some others.

    Args:
        key: numbers.
        least: how often.
        counted: those that count; None counts all.
    """
    bucket = ((key.astype(np.uint64) * _GOLDEN) >> np.uint64(64 - _BITS)).astype(np.int64)
    weighed = bucket if counted is None else bucket[counted]
    return np.asarray(np.bincount(weighed, minlength=1 << _BITS)[bucket] >= least)


def exactly(key: Integers, least: int) -> Flags:
    """Which keys come at least so often."""
    often = likely(key, least)
    some = np.flatnonzero(often)
    _, which, count = np.unique(key[some], return_inverse=True, return_counts=True)
    often[some] = count[which] >= least
    return often
