"""How formats say what became of a row: the first reason that applies, and amounts with theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PanicException, PolarsError

from core import amounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.schema import Flag

_BECH32 = (
    r"(?i)^(?:bc|tb|bcrt|ltc|tltc|bnb|tbnb|cosmos|osmo|juno|kava|inj|thor|terra|sei|celestia|dydx"
    r"|axelar|secret|akash|band|one|zil|erd|addr|addr_test|stake|stake_test)1[0-9a-z]{6,110}$"
)
"""Human-readable parts in use; others could be anybody's own account names."""
BAD_ROW, MISSING_FIELD, BAD_VALUE = "bad_row", "missing_field", "bad_value"
NEGATIVE, ZERO, FAILED = "negative_amount", "zero_amount", "failed_transaction"


def first_reason(*reasons: tuple[str, pl.Expr]) -> pl.Expr:
    """The name of the first condition that holds, else null; an unknown condition does not hold."""
    return pl.coalesce(
        *[
            pl.when(condition.fill_null(value=False)).then(pl.lit(name))
            for name, condition in reasons
        ]
    )


def blank(*columns: str) -> pl.Expr:
    """Whether any of the text columns holds nothing."""
    return pl.any_horizontal(
        (pl.col(column).is_null() | (pl.col(column).str.strip_chars() == "")) for column in columns
    )


def with_amount(frame: pl.DataFrame, text: str, decimals: int) -> pl.DataFrame:
    """Add `amount_base`, `amount`, `negative` and `inexact` of a column of decimal text."""
    return frame.hstack(amounts.to_base(frame, text, decimals)).with_columns(
        amount=amounts.to_amount(pl.col("amount_base"), pl.lit(decimals))
    )


def flags(*conditions: tuple[Flag | str, pl.Expr]) -> pl.Expr:
    """The list of the flags whose condition holds, null where none does."""
    # By way of text, in a fortieth of the time that lists of every row take.
    listed = pl.concat_str(
        *[pl.when(condition).then(pl.lit(str(flag))) for flag, condition in conditions],
        separator=" ",
        ignore_nulls=True,
    )
    return pl.when(listed != "").then(listed).str.split(" ")


def quote(part: pl.Expr) -> pl.Expr:
    """A part of an id, in which a colon would look like the end of the part."""
    return part.str.replace_all(":", "%3A", literal=True)


def account_id(network: str, address: pl.Expr) -> pl.Expr:
    """The id of an account from its address."""
    return pl.concat_str(pl.lit(f"{network}:"), address)


def joined(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Parts of an id, each quoted, joined by colons."""
    return pl.concat_str(*[quote(part) for part in parts], separator=":")


def iso_ms(text: pl.Expr, default_zone: str = "UTC") -> pl.Expr:
    """Epoch milliseconds of ISO 8601 text, null where it is no time."""
    clean = text.str.strip_chars().str.replace(" ", "T", literal=True)
    shape = clean.str.extract_groups(
        r"^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::(\d{2}(?:[.,]\d{1,9})?))?)?"
        r"(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$"
    ).struct
    day, minute, second, zone = (shape.field(str(place)) for place in (1, 2, 3, 4))
    local = pl.concat_str(
        day, pl.lit("T"), minute.fill_null("00:00"), pl.lit(":"),
        second.fill_null("00").str.replace(",", ".", literal=True).str.slice(0, 12),
    ).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)  # fmt: skip
    hours = zone.str.extract(r"^[+-](\d{2})", 1).cast(pl.Int64).fill_null(0)
    minutes = zone.str.extract(r"^[+-]\d{2}:?(\d{2})", 1).cast(pl.Int64).fill_null(0)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    offset = (sign * (hours * 60 + minutes) * 60_000).fill_null(0)
    plain = local.dt.epoch("us").floordiv(1000) - offset
    zoned = in_zone(local, default_zone).dt.epoch("us").floordiv(1000)
    return pl.when(zone.is_null()).then(zoned).otherwise(plain)


def integer(text: pl.Expr) -> pl.Expr:
    """A 64-bit integer of decimal text, null where it is none."""
    clean = text.str.strip_chars()
    return (
        pl.when(clean.str.contains(r"^[+-]?[0-9]{1,19}$")).then(clean).cast(pl.Int64, strict=False)
    )


def instant_ms(text: pl.Expr, form: str, zone: str = "UTC") -> pl.Expr:
    """Epoch milliseconds of text: `epoch_s`, `epoch_ms`, `iso8601` or a strptime pattern.

    Null where the text is no time, or lies outside the years 1 to 9999.
    """
    clean = text.str.strip_chars()
    if form == "epoch_ms":
        value = integer(clean)
    elif form == "epoch_s":
        parts = clean.str.extract_groups(r"^([+-]?[0-9]{1,12})(?:\.([0-9]{0,9}))?$").struct
        whole = parts.field("1").cast(pl.Int64, strict=False) * 1000
        rest = parts.field("2").fill_null("").str.pad_end(3, "0").str.slice(0, 3).cast(pl.Int64)
        value = whole + rest
    elif form == "iso8601":
        value = iso_ms(clean, zone)
    else:
        aware = "%z" in form or "%:z" in form
        parsed = clean.str.to_datetime(form, time_unit="us", strict=False)
        parsed = parsed if aware else in_zone(parsed, zone)
        value = parsed.dt.epoch("us").floordiv(1000)
    return pl.when(value.is_between(-62_135_596_800_000, 253_402_300_799_999)).then(value)


def is_time_format(form: str) -> bool:
    """Whether `instant_ms` can read times that are written so."""
    if form in {"epoch_s", "epoch_ms", "iso8601"}:
        return True
    written = pl.Series("text", [datetime(2001, 12, 23, 13, 14, 15, tzinfo=UTC)])
    try:
        # A pattern that a time cannot be written in, and read from, is none; nor is one whose
        # times all lie in the same year.
        texts = written.dt.strftime(form).to_frame()
        read = texts.select(ms=instant_ms(pl.col("text"), form))["ms"].cast(pl.Datetime("ms"))
        return bool((read.dt.year() == written.dt.year()).fill_null(value=False).all())
    except (PolarsError, PanicException):
        return False


def in_zone(local: pl.Expr, zone: str) -> pl.Expr:
    """The instant of a clock time; one that a change of the clock skips or repeats is no time."""
    return local.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")


def normal_address(text: pl.Expr) -> pl.Expr:
    """Hexadecimal EVM addresses and hashes, and Bech32, in lower case; all else as it is."""
    hexadecimal = text.str.contains(r"^0[xX](?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$")
    bech32 = text.str.contains(_BECH32)
    return pl.when(hexadecimal | bech32).then(text.str.to_lowercase()).otherwise(text)
