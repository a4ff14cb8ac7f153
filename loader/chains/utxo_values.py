"""Inputs and outputs of UTXO transactions, one a line: their values and the accounts they name."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

import polars as pl

from core import amounts
from loader import verdicts

if TYPE_CHECKING:
    from collections.abc import Callable

INPUT = pl.Struct(
    {
        "spent": pl.String(),
        "spent_index": pl.String(),
        "addresses": pl.List(pl.String()),
        "script": pl.String(),
        "value": pl.String(),
    }
)
"""An input: the output that it spends, by transaction and index, and what is known of that."""

OUTPUT = pl.Struct(
    {
        "n": pl.String(),
        "addresses": pl.List(pl.String()),
        "script": pl.String(),
        "value": pl.String(),
    }
)
"""An output; `script` in hexadecimal."""

DECIMALS = 8
"""Of every UTXO ledger that is known: a coin has 10^8 base units."""

Side = Literal["inputs", "outputs"]

_LARGEST_INDEX = 2**20
# bitcoin-etl's own stand-in for an address that does not exist: the script's hash.
_STAND_IN = r"^nonstandard([0-9a-f]{40})$"


def moves() -> pl.Expr:
    """Whether a judged row has transfers."""
    return pl.col("reject").is_null() & pl.col("skip").is_null()


def sides(records: pl.DataFrame, side: Side, scale: int) -> pl.DataFrame:
    """The inputs or outputs of records, in their order.

    Returns:
        `row`, `place`, `value` (unsigned 64 bit, base units), `account` (null where nothing names
        one), `kind`, `members`, what an output or input is known by (`n`, or `spent` and
        `spent_index`), `inexact`, and the faults `missing`, `bad` and `negative`.
    """
    frame = records.select("row", item=side).explode("item", empty_as_null=False, keep_nulls=False)
    frame = frame.with_columns(
        place=pl.int_range(pl.len(), dtype=pl.Int64).over("row")
    ).with_columns(pl.col("item").struct.unnest())
    frame = frame.hstack(amounts.to_base(frame, "value", scale))
    frame = frame.rename({"value": "told"}).with_columns(
        value=pl.col("amount_base").cast(pl.UInt64, strict=False)
    )
    frame = _with_account(frame)
    index = "n" if side == "outputs" else "spent_index"
    frame = frame.with_columns(verdicts.integer(pl.col(index)).alias(index), raw_index=index)
    out_of_range = ~pl.col(index).is_between(0, _LARGEST_INDEX - 1).fill_null(value=False)
    unusable = (pl.col("told").is_not_null() & pl.col("value").is_null()) | pl.col("misshapen")
    if side == "outputs":
        nameless = pl.col("account").is_null() & (pl.col("value") > 0)
        return frame.select(
            "row", "place", "n", "value", "account", "kind", "members", "inexact", "negative",
            missing=verdicts.blank("told", "raw_index") | nameless.fill_null(value=False),
            bad=unusable | out_of_range | pl.struct("row", "n").is_duplicated(),
        )  # fmt: skip
    spent = pl.col("spent").str.strip_chars().str.to_lowercase()
    known = pl.col("value").is_not_null()
    return frame.select(
        "row", "place", "spent_index", "value", "account", "kind", "members", "inexact",
        "negative",
        spent=spent,
        spends=spent.is_not_null() | pl.col("told").is_not_null(),
        missing=~known & verdicts.blank("spent", "raw_index") & pl.col("told").is_null(),
        bad=unusable
        | (spent.is_not_null() & ~spent.str.contains(r"^[0-9a-f]{64}$"))
        | (pl.col("raw_index").is_not_null() & pl.col(index).is_null()),
    )  # fmt: skip


def faults(items: pl.DataFrame, side: Side) -> pl.DataFrame:
    """For each row, whether any of its inputs or outputs is missing something, bad, ..."""
    names = [name for name in ("missing", "bad", "negative", "inexact", "spends")
             if name in items.columns]  # fmt: skip
    renamed = {"spends": "spend"}
    return items.group_by("row").agg(
        pl.col(name).fill_null(value=False).any().alias(f"{side}_{renamed.get(name, name)}")
        for name in names
    )


def _with_account(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the account's address, its kind, its members, and whether an address is misshapen."""
    address = pl.element().str.strip_chars()
    frame = frame.with_columns(
        addresses=pl.col("addresses").list.eval(
            verdicts.normal_address(address).filter(address != "")
        ),
        script=pl.col("script").str.strip_chars().str.to_lowercase(),
    )
    several = pl.col("addresses").list.len() > 1
    frame = frame.with_columns(
        single=pl.when(pl.col("addresses").list.len() == 1).then(pl.col("addresses").list.first()),
        members=pl.when(several).then(pl.col("addresses").list.sort()),
        misshapen=pl.col("addresses")
        .list.eval(~pl.element().str.contains(r"^[!-~]{1,128}$"))
        .list.any()
        .fill_null(value=False),
    )
    nameless = pl.col("single").is_null() & pl.col("members").is_null()
    frame = frame.with_columns(
        joined=pl.col("members").list.join(","), script=pl.when(nameless).then("script")
    )
    frame = frame.with_columns(
        multi=_hashed(frame["joined"], str.encode), scripted=_hashed(frame["script"], _bytes)
    )
    stand_in = pl.col("single").str.extract(_STAND_IN, 1)
    hashed = pl.coalesce("scripted", stand_in)
    return frame.with_columns(
        account=pl.coalesce(
            pl.concat_str(pl.lit("multi:"), "multi"),
            pl.concat_str(pl.lit("script:"), hashed),
            "single",
        ),
        kind=pl.when(pl.col("multi").is_not_null())
        .then(pl.lit("multisig"))
        .when(hashed.is_not_null())
        .then(pl.lit("script"))
        .when(pl.col("single").is_not_null())
        .then(pl.lit("account")),
        misshapen=pl.col("misshapen")
        | (pl.col("script").is_not_null() & pl.col("scripted").is_null()),
    ).drop("multi", "scripted", "joined")


def _hashed(texts: pl.Series, encode: Callable[[str], bytes | None]) -> pl.Series:
    """The first 40 digits of the SHA-256 of each text; null where it cannot be encoded."""
    # Text by text, because no column operation hashes with SHA-256; such outputs are rare.
    known: dict[str, str | None] = {}
    for text in texts.drop_nulls().unique():
        data = encode(text)
        known[text] = None if data is None else sha256(data).hexdigest()[:40]
    return texts.replace_strict(known, default=None, return_dtype=pl.String)


def _bytes(script: str) -> bytes | None:
    try:
        return bytes.fromhex(script)
    except ValueError:
        return None
