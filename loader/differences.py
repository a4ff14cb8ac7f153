"""What differs between two frames of the same things: those of a source and those of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.schema import ASSETS, Flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTHING = -(2**63) + 1
"""What the queries return for a number that is not there."""

Differing = dict[str, dict[str, tuple[object, object]]]
"""By id, and by property, the value of the source and that of the graph."""

SHOWN = 100
"""Things whose differing values are told; the others are counted."""

_COMPARED = ("source", "target", "asset", "amount_base", "amount", "ts", "timestamp", "ledger",
             "ord", "kind", "flags", "tx_id", "others")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """Ids that are missing, what is altered (`count` of them), and rows that are too many."""

    missing: pl.Series
    altered: Altered
    unexpected: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Altered:
    """How many differ, and the first of them with their values."""

    count: int
    first: Differing


def of_transfers(ours: pl.DataFrame, theirs: pl.DataFrame, extras: Sequence[str]) -> Found:
    """Transfers of a range of ledgers; `ours` are staged, `theirs` as verify_transfers has them.

    A transfer without legs counts as there when the graph has it with legs.
    """
    known = _plain(ours, extras)
    found = theirs.with_columns(
        pl.col("extras").list.to_struct(fields=list(extras)).struct.unnest()
        if extras
        else pl.lit("").alias("others_none"),
        pl.col("amount").replace(-1.0, None),
        row=pl.int_range(pl.len()),
        copy=pl.int_range(pl.len()).over("id"),
    )
    provisional = known.filter(
        pl.col("flags").str.contains(str(Flag.LEGS_MISSING), literal=True)
        & pl.col("twin").is_in(found["id"].implode())
        & ~pl.col("id").is_in(found["id"].implode())
    )
    known = known.join(provisional, on="id", how="anti")
    found = found.join(provisional, left_on="id", right_on="twin", how="anti")
    compared = [*_COMPARED, *extras]
    vague = pl.any_horizontal(
        pl.col("flags", "flags_there").str.contains(str(Flag.TIME_APPROXIMATE), literal=True)
    )
    return _compare(known, found, compared, {"ts": vague, "timestamp": vague})


def of_accounts(ours: pl.DataFrame, theirs: pl.DataFrame, *, shared: bool) -> Found:
    """Accounts; where the graph is `shared` with other sources it may hold more, and longer.

    A tag explains an account without transfer, and that a plain account is known as a contract.
    """
    known = ours.select(
        "id", "network", "address", "kind",
        pl.col("members").list.join(" ").fill_null("").str.replace(r"(.)$", "$1 "),
        pl.col("first_seen", "last_seen").fill_null(NOTHING),
        copy=pl.lit(0),
    )  # fmt: skip
    found = theirs.with_columns(row=pl.int_range(pl.len()), copy=pl.lit(0))
    labelled = (
        pl.col("tagged") & (pl.col("kind") == "account") & (pl.col("kind_there") == "contract")
    )
    excused = {"kind": labelled}
    if shared:
        excused["first_seen"] = pl.col("first_seen_there") <= pl.col("first_seen")
        excused["last_seen"] = pl.col("last_seen_there") >= pl.col("last_seen")
        for seen in ("first_seen", "last_seen"):
            excused[seen] |= pl.col(seen) == NOTHING
    compared = ["network", "address", "kind", "members", "first_seen", "last_seen"]
    result = _compare(known, found, compared, excused)
    strange = result.unexpected.filter(~pl.col("tagged") | pl.col("linked"))
    return Found(result.missing, result.altered, strange.clear() if shared else strange)


def of_assets(ours: pl.DataFrame, theirs: pl.DataFrame, *, shared: bool) -> Found:
    """Assets that transfers name."""
    known = ours.with_columns(copy=pl.lit(0))
    found = theirs.with_columns(row=pl.int_range(pl.len()), copy=pl.lit(0))
    result = _compare(known, found, [name for name in ASSETS if name != "id"], {})
    strange = result.unexpected
    return Found(result.missing, result.altered, strange.clear() if shared else strange)


def _plain(ours: pl.DataFrame, extras: Sequence[str]) -> pl.DataFrame:
    """Staged transfers as verify_transfers would have them."""
    flags = pl.col("flags").list.join(" ").fill_null("").str.replace(r"(.)$", "$1 ")
    return ours.select(
        "id", "source", "target", pl.col("asset").fill_null(""), "amount_base", "amount", "ts",
        pl.col("ts").alias("timestamp"), "ledger", "ord", "kind", flags,
        pl.col("tx_id").fill_null(""), "twin",
        *(pl.col(name).cast(pl.String).fill_null("") for name in extras),
        others=pl.lit(""), copy=pl.lit(0),
    )  # fmt: skip


def _compare(
    ours: pl.DataFrame,
    theirs: pl.DataFrame,
    names: Sequence[str],
    excused: Mapping[str, pl.Expr],
) -> Found:
    """Compare by id; a second thing of one id in the graph is unexpected."""
    both = ours.join(theirs, on="id", how="inner", suffix="_there").filter(
        pl.col("copy") == pl.col("copy_there")
    )
    differs = [
        (pl.col(name).ne_missing(pl.col(f"{name}_there"))
         & ~excused.get(name, pl.lit(value=False))).alias(f"{name}_differs")
        for name in names
    ]  # fmt: skip
    altered = both.with_columns(differs).filter(
        pl.any_horizontal(f"{name}_differs" for name in names)
    )
    first: Differing = {
        row["id"]: {
            name: (row[name], row[f"{name}_there"]) for name in names if row[f"{name}_differs"]
        }
        for row in altered.head(SHOWN).iter_rows(named=True)
    }
    return Found(
        ours.join(theirs, on="id", how="anti")["id"],
        Altered(altered.height, first),
        theirs.join(ours, on=["id", "copy"], how="anti"),
    )
