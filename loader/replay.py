"""Which transfers are new: repetitions in the input and transfers that the graph holds already."""

from __future__ import annotations

import polars as pl

from core.schema import Flag
from loader import families

CONTENT = ("source", "target", "asset", "amount_base", "ts", "kind")
"""What must agree between two transfers of one id, else the later one is altered."""

NEW, PRESENT, ALTERED = "new", "present", "altered"
OTHER_SOURCE, SAME_AS_TRANSACTION = "other_source", "same_as_transaction"
LOADED, DUPLICATE = "loaded", "duplicate"
REJECTED = (ALTERED, OTHER_SOURCE)
"""Outcomes that reject a row."""


def mark_repetitions(transfers: pl.DataFrame) -> pl.DataFrame:
    """Add `verdict`: new for the first of an id, present or altered for its repetitions.

    Args:
        transfers: whole ledgers, so that all transfers of an id are among them, in order.
    """
    if transfers["id"].is_unique().all():
        return transfers.with_columns(verdict=pl.lit(NEW))
    first = transfers.select("id", *CONTENT, approximate=_approximate()).unique(
        "id", keep="first", maintain_order=True
    )
    judged = transfers.join(first, on="id", how="left", suffix="_first", maintain_order="left")
    repeated = pl.int_range(pl.len()).over("id") > 0
    return judged.select(
        *transfers.columns,
        verdict=pl.when(repeated)
        .then(pl.when(_same("_first")).then(pl.lit(PRESENT)).otherwise(pl.lit(ALTERED)))
        .otherwise(pl.lit(NEW)),
    )


def compare(transfers: pl.DataFrame, existing: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Judge transfers again, against what the graph holds in their ledgers.

    A transfer without its legs is present when the graph has it with legs; one with legs is new
    when the graph has it without them, and replaces that. So it is with a transaction's first call
    and the transaction itself. What the graph holds under ids of another family is not added.

    Args:
        transfers: with `verdict`.
        existing: the columns of `lookups/transfers_of_ledgers`.

    Returns:
        The transfers with their verdicts, and the ids in the graph that they replace.
    """
    if not existing.height:
        return transfers, []
    existing = existing.with_columns(pl.col("asset").replace("", None))
    judged = transfers.join(
        existing.unique("id", keep="any"),
        on="id",
        how="left",
        suffix="_there",
        maintain_order="left",
    )
    agrees = pl.when(_same("_there")).then(pl.lit(PRESENT)).otherwise(pl.lit(ALTERED))
    bare = pl.col("flags").list.contains(str(Flag.LEGS_MISSING)).fill_null(value=False)
    first_call = families.is_first_call()
    has_twin = pl.col("twin").is_in(existing["id"].implode()).fill_null(value=False)
    judged = judged.with_columns(
        families.foreign(judged["id"], existing["id"]).alias("foreign"),
        twin=pl.coalesce("twin", families.twin()),
    ).with_columns(
        verdict=pl.when(pl.col("source_there").is_not_null())
        .then(agrees)
        .when("foreign")
        .then(pl.lit(OTHER_SOURCE))
        .when(bare & has_twin)
        .then(pl.lit(PRESENT))
        .when(first_call & has_twin)
        .then(pl.lit(SAME_AS_TRANSACTION))
        .otherwise("verdict")
    )
    better = has_twin & ~bare & ~first_call & (pl.col("verdict") == NEW)
    replaced = judged.filter(better)["twin"]
    return judged.select(transfers.columns), replaced.unique().sort().to_list()


def outcomes(transfers: pl.DataFrame) -> pl.DataFrame:
    """The outcome of each unit (a row, or a fee), with its place."""
    return transfers.group_by("unit", maintain_order=True).agg(
        pl.col("row", "file", "line").first(),
        pl.when((pl.col("verdict") == ALTERED).any())
        .then(pl.lit(ALTERED))
        .when((pl.col("verdict") == OTHER_SOURCE).any())
        .then(pl.lit(OTHER_SOURCE))
        .when((pl.col("verdict") == NEW).any())
        .then(pl.lit(LOADED))
        .when((pl.col("verdict") == SAME_AS_TRANSACTION).any())
        .then(pl.lit(SAME_AS_TRANSACTION))
        .otherwise(pl.lit(DUPLICATE))
        .alias("outcome"),
    )


def settle(marked: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What becomes of input that meets an empty graph.

    Args:
        marked: whole units, with `verdict` against the rest of the input.

    Returns:
        The outcomes of the units, the transfers of altered units with `reject`, and those that
        are created.
    """
    ends = outcomes(marked)
    altered = ends.filter(pl.col("outcome") == ALTERED).select("unit", reject="outcome")
    refused = marked.join(altered, on="unit", maintain_order="left")
    created = marked.join(altered, on="unit", how="anti", maintain_order="left")
    return ends, refused, created.filter(pl.col("verdict") == NEW)


def _approximate() -> pl.Expr:
    return pl.col("flags").list.contains(str(Flag.TIME_APPROXIMATE)).fill_null(value=False)


def _same(suffix: str) -> pl.Expr:
    exact = [pl.col(name).eq_missing(pl.col(name + suffix)) for name in CONTENT if name != "ts"]
    vague = _approximate() | pl.col("approximate")
    return pl.all_horizontal(*exact, (pl.col("ts") == pl.col("ts" + suffix)) | vague)
