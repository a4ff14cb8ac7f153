"""Names as ledgers have them: fixed-length tokens in hexadecimal, without order or meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_ODD = 0x9E3779B97F4A7C15  # any odd number makes multiplication modulo a power of two a bijection


def hexadecimal(numbers: NDArray[np.uint64], length: int) -> pl.Series:
    """The lowest `4 · length` bits of each number as text of that length."""
    shifts = np.arange(length - 1, -1, -1, dtype=np.uint64) * np.uint64(4)
    nibbles = (numbers[:, None] >> shifts) & np.uint64(15)
    joined = np.ascontiguousarray(_DIGITS[nibbles.astype(np.intp)]).view(f"S{length}").ravel()
    return pl.Series("token", joined.astype(f"U{length}"), dtype=pl.String)


def scattered(index: NDArray[np.int64], seed: int, length: int = 12) -> pl.Series:
    """Different tokens for different indexes: neighbours in the index are none in the alphabet."""
    bits = np.uint64(4 * length)
    mask = (np.uint64(1) << bits) - np.uint64(1)
    start = np.uint64(np.random.default_rng(seed).integers(2**40))
    mixed = (index.astype(np.uint64) + start) & mask
    for _ in range(2):
        mixed = (mixed * np.uint64(_ODD)) & mask
        mixed ^= mixed >> np.uint64(bits // np.uint64(2))
    return hexadecimal(mixed, length)
