"""Exact sums of columns of base units, which no number of fixed size holds.

A column of integers is several columns of limbs in the base 10^12, the lowest first, named
`<name>_0`, `<name>_1`, ... A database adds the limbs up as 64-bit integers, frames as 128-bit ones;
limbs of sums are larger than the base, and of differences negative, until `text` carries over.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGITS = 12
BASE = 10**DIGITS


def names(column: str, limbs: int) -> list[str]:
    """Names of a column's limbs."""
    return [f"{column}_{place}" for place in range(limbs)]


def split(column: pl.Series, limbs: int) -> pl.DataFrame:
    """Limbs of decimal text without sign; null where it is no such text, or longer than they."""
    name = column.name
    text = pl.col(name)
    fits = text.str.contains(r"^[0-9]+$") & (text.str.len_bytes() <= DIGITS * limbs)
    plain = column.to_frame().select(pl.when(fits).then(text.str.zfill(DIGITS * limbs)))
    return plain.select(
        pl.col(name).str.slice(DIGITS * (limbs - 1 - place), DIGITS).cast(pl.Int64).alias(limb)
        for place, limb in enumerate(names(name, limbs))
    )


def carried(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The same integers with every limb but the last in [0, 10^12)."""
    base = pl.lit(BASE, dtype=pl.Int128)
    for name, after in pairwise(columns):
        frame = frame.with_columns(
            (pl.col(name) % base).alias(name), (pl.col(after) + pl.col(name) // base).alias(after)
        )
    return frame


def text(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Decimal text of integers given by their limbs; a negative one begins with a minus."""
    wide = frame.select(pl.col(columns).cast(pl.Int128))
    negative = carried(wide, columns)[columns[-1]] < 0
    sign = pl.when(negative).then(pl.lit(-1)).otherwise(pl.lit(1)).cast(pl.Int128)
    positive = carried(wide.with_columns(pl.col(columns) * sign), columns)
    digits = [pl.col(name).cast(pl.String).str.zfill(DIGITS) for name in reversed(columns)]
    joined = pl.concat_str(digits).str.strip_chars_start("0")
    bare = pl.when(joined == "").then(pl.lit("0")).otherwise(joined)
    return positive.select(
        pl.when(negative).then(pl.concat_str(pl.lit("-"), bare)).otherwise(bare).alias("text")
    )["text"]


def negative(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Which of the integers are below zero."""
    wide = frame.select(pl.col(columns).cast(pl.Int128))
    return carried(wide, columns)[columns[-1]] < 0
