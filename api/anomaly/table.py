"""The account table of FairOnChain: 44 columns, one row an account of the projection.

spec/features-and-rules.md section 6. The table of a run is kept as Parquet beside the archive of
score runs, for `result` and for the REST addresses of one month.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher.measures import fairon

if TYPE_CHECKING:
    from pathlib import Path

RULES = ("H1", "H2", "H3", "H4", "H5", "H6")
SCORES = (
    "mahalanobis_distance",
    "iforest_score",
    "rule_score_raw",
    "rule_score_100",
    "mahalanobis_distance_stats_score_100",
    "iforest_stats_score_100",
    "final_score_0_100",
    "final_score_top_percent",
)
MONTH = ("chain_id", "year", "month")
COLUMNS = (
    "node",
    "address",
    "is_infra",
    *MONTH,
    *fairon.COLUMNS,
    *(f"{rule}_{part}" for rule in RULES for part in ("flag", "description")),
    *SCORES,
    "final_score_top_percent_display",
)


def compose(
    accounts: pl.DataFrame, scored: pl.DataFrame, month: tuple[int, int, int]
) -> pl.DataFrame:
    """Put the table together, in the order of `node`; infrastructure has nulls after month.

    Args:
        accounts: of a `cypher.measures.fairon.Projection`.
        scored: `account`, flags, descriptions and SCORES of the accounts that are judged.
        month: chain id, year and month, which the table carries as given.
    """
    percent = pl.col("final_score_top_percent")
    shown = percent.map_elements("{:.2f}%".format, pl.String)
    address = pl.col("account").str.splitn(":", 2).struct.field("field_1")
    given = [pl.lit(value, pl.Int64).alias(name) for name, value in zip(MONTH, month, strict=True)]
    joined = accounts.join(scored, on="account", how="left", maintain_order="left")
    named = joined.with_columns(
        *given, address.alias("address"), shown.alias("final_score_top_percent_display")
    )
    return named.select(COLUMNS)


def path(archive: Path, run: str) -> Path:
    """Where the table of a published `fairon` run lies."""
    return archive / f"{run}.table.parquet"


def keep(table: pl.DataFrame, archive: Path, run: str) -> None:
    """Write the table of a run; a reader sees all of it or nothing."""
    archive.mkdir(parents=True, exist_ok=True)
    partial = path(archive, run).with_suffix(".partial")
    table.write_parquet(partial)
    partial.replace(path(archive, run))
