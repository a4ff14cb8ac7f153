"""Exact amounts: decimal text to base units and back, on whole columns and without overflow.

Base units are non-negative integers written as decimal text. Ledgers hold integers far beyond 64
and 128 bits, so the digits are never turned into a number of fixed size; only `to_amount` gives a
double, for ordering and features.
"""

from __future__ import annotations

import polars as pl

MAX_DIGITS = 300
"""An amount with more digits of base units than this is not a number that a ledger can hold."""

_NUMBER = r"^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,6}))?$"
_HEX = r"^(?:0[xX])?([0-9a-fA-F]{1,64})$"
_LIMB = 9


def to_base(frame: pl.DataFrame, text: str, decimals: int | str) -> pl.DataFrame:
    """Convert a column of decimal text, plain or with exponent, to base units.

    What lies below one base unit is rounded half-even.

    Args:
        frame: holds the column.
        text: its name.
        decimals: power of ten between whole and base units, or the column that holds it.

    Returns:
        The columns `amount_base` (null where the text is no finite number of plausible size),
        `negative` and `inexact` (rounding moved the value by more than 0.01 base units), by row.
    """
    scale = pl.lit(decimals) if isinstance(decimals, int) else pl.col(decimals)
    parts = frame.select(
        pl.col(text).str.strip_chars().str.extract_groups(_NUMBER).alias("_parts"),
        scale.cast(pl.Int64).alias("_scale"),
    )
    part = pl.col("_parts").struct
    return (
        parts.select(
            "_scale",
            sign=part.field("1"),
            whole=part.field("2").fill_null("").str.strip_chars_start("0"),
            fraction=part.field("3").fill_null(""),
            exponent=part.field("4").cast(pl.Int64).fill_null(0),
            digits_given=part.field("2").str.len_bytes()
            + part.field("3").str.len_bytes().fill_null(0),
        )
        .select(
            "sign",
            digits=pl.concat_str("whole", "fraction"),
            # How many of the digits stand before the point once the value is in base units.
            point=pl.col("whole").str.len_bytes().cast(pl.Int64)
            + pl.col("exponent")
            + pl.col("_scale"),
            usable=pl.col("digits_given").fill_null(0) > 0,
        )
        .select("sign", *_split())
        .select("sign", *_rounded())
        .select(
            amount_base=pl.when("usable").then("base"),
            negative=pl.col("usable") & (pl.col("sign") == "-") & (pl.col("base") != "0"),
            inexact=pl.col("usable") & pl.col("inexact"),
        )
        .with_columns(pl.col("negative", "inexact").fill_null(value=False))
    )


def _split() -> list[pl.Expr]:
    """Digits before (`head`) and after (`tail`) the point; `usable` loses what is absurdly long."""
    point, digits = pl.col("point"), pl.col("digits")
    zero = digits.str.strip_chars_start("0") == ""
    # Four zeros in front are enough: anything smaller than 0.0001 base units rounds to nothing.
    lead = (-point).clip(0, 4)
    padded = digits.str.zfill(digits.str.len_bytes() + lead)
    place = point.clip(0, MAX_DIGITS)
    return [
        padded.str.pad_end(place, "0").str.slice(0, place).alias("head"),
        padded.str.slice(place).str.strip_chars_end("0").alias("tail"),
        (pl.col("usable") & (zero | (point <= MAX_DIGITS))).alias("usable"),
    ]


def _rounded() -> list[pl.Expr]:
    """Round half-even; stripped of zeros at the end, fractions compare as text."""
    tail = pl.col("tail")
    head = pl.col("head").str.strip_chars_start("0")
    odd = head.str.slice(-1).is_in(["1", "3", "5", "7", "9"])
    up = (tail > "5") | ((tail == "5") & odd)
    stem = head.str.strip_chars_end("9")
    nines = head.str.len_bytes() - stem.str.len_bytes()
    last = stem.str.slice(-1).cast(pl.Int64, strict=False).fill_null(0) + 1
    before = stem.str.slice(0, (stem.str.len_bytes().cast(pl.Int64) - 1).clip(0))
    grown = pl.concat_str(before, last.cast(pl.String))
    grown = grown.str.pad_end(grown.str.len_bytes() + nines, "0")
    base = pl.when(up).then(grown).otherwise(head)
    return [
        pl.when(base == "").then(pl.lit("0")).otherwise(base).alias("base"),
        pl.when(up).then(tail < "99").otherwise(tail > "01").alias("inexact"),
        pl.col("usable"),
    ]


def hex_to_base(text: pl.Series) -> pl.Series:
    """Convert hexadecimal integers of up to 64 digits, with or without `0x`; null where it is none.

    Few values of a ledger need more than 127 bits, so only those take the long way.
    """
    digits = text.str.strip_chars().str.extract(_HEX, 1)
    whole = digits.str.to_integer(base=16, dtype=pl.Int128, strict=False).cast(pl.String)
    if (long := whole.is_null() & digits.is_not_null()).any():
        whole = whole.scatter(long.arg_true(), _long_hex(digits.filter(long)))
    return whole.alias(text.name)


def _long_hex(digits: pl.Series) -> pl.Series:
    """The same of bare digits: divided by 10^9 again and again, 32 bits at a time, all at once."""
    digits = digits.str.zfill(64)
    limbs = [digits.str.slice(8 * i, 8).str.to_integer(base=16, strict=False) for i in range(8)]
    limbs = [limb.cast(pl.Int64) for limb in limbs]
    chunks: list[pl.Series] = []
    for _ in range(9):
        rest = pl.zeros(len(digits), pl.Int64, eager=True)
        for place, limb in enumerate(limbs):
            value = rest * 2**32 + limb
            limbs[place], rest = value // 10**_LIMB, value % 10**_LIMB
        chunks.insert(0, rest.cast(pl.String).str.zfill(_LIMB))
    return pl.DataFrame([chunk.alias(str(i)) for i, chunk in enumerate(chunks)]).select(
        pl.concat_str(pl.all()).str.strip_chars_start("0").alias("base")
    )["base"]


def to_amount(base: pl.Expr, decimals: pl.Expr) -> pl.Expr:
    """The double nearest to base units divided by 10^decimals; null where decimals are null."""
    text = pl.concat_str(base, pl.lit("e-"), decimals.cast(pl.String))
    return text.cast(pl.Float64, strict=False)


def total(base: pl.Series) -> int:
    """The exact sum of a column of base units; nulls count as nothing."""
    length = base.str.len_bytes().max()
    result = 0
    for start in range(0, length if isinstance(length, int) else 0, _LIMB):
        # Digits counted from the end; adding them as 64-bit integers is safe for 9·10^9 rows.
        head = (base.str.len_bytes().cast(pl.Int64) - start - _LIMB).rename("at")
        limbs = pl.select(
            pl.lit(base).str.slice(
                pl.lit(head).clip(0), (pl.lit(head) + _LIMB).clip(0, _LIMB).cast(pl.UInt64)
            )
        ).to_series()
        part = limbs.cast(pl.Int64, strict=False).sum()
        result += int(part or 0) * 10**start
    return result
