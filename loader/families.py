"""Families of ids: what the shape of an id says about other descriptions of the same money.

Sources of one ledger that share no ids must not be added up: FairOnChain's calls, the transactions,
traces and withdrawals of ethereum-etl, and histories of accounts all tell of the same ether, and
AstroML's backfill of the same payments as stellar-etl. Inside one family two ids may still stand
for one transfer: the first call of a transaction is the transaction.
"""

from __future__ import annotations

import polars as pl

_HASH, _ADDRESS = "0x[0-9a-f]{64}", "0x[0-9a-f]{40}"
_FAMILIES = {
    ("ether", "calls"): rf"^{_HASH}:t[0-9]+$",
    ("ether", "traces"): rf"^(?:{_HASH}:(?:v|i[0-9_]*)|w[0-9]+)$",
    ("ether", "histories"): rf"^{_HASH}:{_ADDRESS}:{_ADDRESS}:[0-9]+$",
    ("stellar", "operations"): r"^[0-9]+:(?:[0-9]+|d)$",
    ("stellar", "backfill"): r"^[0-9]+:a$",
}
"""What is told and by whom, by the shape of the id after network and ledger."""

_TRANSACTION, _FIRST_CALL = rf":{_HASH}:v$", rf":{_HASH}:i$"


def foreign(ids: pl.Series, there: pl.Series) -> pl.Series:
    """Whether the ledger of each id already holds the same money under ids of another family."""
    known = _described(there).drop_nulls("family").unique()
    if not known.height:
        return pl.repeat(value=False, n=ids.len(), eager=True)
    mine = _described(ids).with_row_index("place").drop_nulls("family")
    met = mine.join(known, on=["ledger", "money"], suffix="_there")
    return pl.int_range(ids.len(), dtype=pl.UInt32, eager=True).is_in(
        met.filter(pl.col("family") != pl.col("family_there"))["place"].unique().implode()
    )


def twin() -> pl.Expr:
    """The id of the other description: a transaction's of its first call, and the reverse."""
    return (
        pl.when(pl.col("id").str.contains(_TRANSACTION))
        .then(pl.col("id").str.replace("v$", "i"))
        .when(is_first_call())
        .then(pl.col("id").str.replace("i$", "v"))
    )


def is_first_call() -> pl.Expr:
    """Whether an id is that of a transaction's first call, which yields to the transaction."""
    return pl.col("id").str.contains(_FIRST_CALL)


def _described(ids: pl.Series) -> pl.DataFrame:
    rest = pl.col("rest")
    return (
        ids.alias("id")
        .to_frame()
        .select(
            ledger=pl.col("id").str.extract(r"^([^:]*:[^:]*):"),
            rest=pl.col("id").str.extract(r"^[^:]*:[^:]*:(.*)$"),
        )
        .with_columns(
            money=pl.coalesce(
                pl.when(rest.str.contains(shape)).then(pl.lit(money))
                for (money, _), shape in _FAMILIES.items()
            ),
            family=pl.coalesce(
                pl.when(rest.str.contains(shape)).then(pl.lit(family))
                for (_, family), shape in _FAMILIES.items()
            ),
        )
        .drop("rest")
    )
