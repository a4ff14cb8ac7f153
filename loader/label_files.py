"""Labels of a source as side files, CSV with `id,label`: they never become properties of the graph.

What is known of an account or transfer afterwards must not be seen by a feature. The files are what
`ledgergraph train --labels` reads (of accounts), or name transfers by the ids that they have in the
graph. An account is positive when any of its rows says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from loader.staging import Staging

LABELS = pl.Schema(
    {
        "column": pl.String(),
        "target": pl.String(),
        "line": pl.Int64(),
        "account": pl.String(),
        "label": pl.Int8(),
    }
)
"""Labels of a parcel: the source's `column`; what is labelled, `from`, `to` or `edge` of the row on
the `line`, or the `account` itself (an id); 1 or 0."""

ACCOUNTS, TRANSFERS = "accounts", "transfers"
_OF_ROWS = ("from", "to", "edge")


class LabelFiles:
    """Collects the labels of one load.

    Args:
        out: folder of the side files; null where nobody wants them.
        load: id of the load, in the files' names.
        folder: temporary.
    """

    def __init__(self, out: Path | None, load: str, folder: Path) -> None:
        self.out, self.load, self.folder = out, load, folder
        self._waiting: list[Path] = []
        self._known: list[Path] = []

    def add(self, name: str, labels: pl.DataFrame | None) -> None:
        """Put the labels of a parcel of the file `name` aside."""
        if self.out is None or labels is None or not labels.height:
            return
        of_rows = pl.col("target").is_in(list(_OF_ROWS))
        waiting = labels.filter(of_rows)
        if waiting.height:
            self._waiting.append(self._spill(waiting.with_columns(file=pl.lit(name))))
        direct = labels.filter(~of_rows).select("column", "label", id="account")
        self._keep(direct.with_columns(kind=pl.lit(ACCOUNTS)))

    def resolve(self, partition: pl.DataFrame, staging: Staging) -> None:
        """Find what is labelled among staged transfers, which have their ids by now."""
        if not self._waiting:
            return
        places = partition.select("file", "line", "id", "source", "target").drop_nulls("line")
        names = {n: staging.name(n) for n in places["file"].unique()}
        places = places.with_columns(
            pl.col("file").replace_strict(names, return_dtype=pl.String)
        ).rename({"target": "receiver"})
        waiting = pl.scan_parquet(self._waiting)
        found = waiting.join(places.lazy(), on=["file", "line"]).select(
            "column",
            "label",
            id=pl.when(pl.col("target") == "from")
            .then("source")
            .when(pl.col("target") == "to")
            .then("receiver")
            .otherwise("id"),
            kind=pl.when(pl.col("target") == "edge")
            .then(pl.lit(TRANSFERS))
            .otherwise(pl.lit(ACCOUNTS)),
        )
        self._keep(found.collect(engine="streaming"))

    def write(self) -> dict[str, int]:
        """Write a file for every column and what it labels; rows by path."""
        written: dict[str, int] = {}
        if self.out is None or not self._known:
            return written
        self.out.mkdir(parents=True, exist_ok=True)
        known = pl.scan_parquet(self._known)
        for column, kind in known.select("column", "kind").unique().sort("column").collect().rows():
            rows = (
                known.filter((pl.col("column") == column) & (pl.col("kind") == kind))
                .group_by("id")
                .agg(pl.col("label").max())
                .sort("id")
                .collect(engine="streaming")
            )
            safe = re.sub(r"[^A-Za-z0-9]+", "_", column).strip("_") or "label"
            path = self.out / f"labels-{self.load}-{safe}-{kind}.csv"
            part = path.with_suffix(".part")
            rows.write_csv(part)
            part.replace(path)
            written[str(path)] = rows.height
        return written

    def _keep(self, found: pl.DataFrame) -> None:
        if found.height:
            self._known.append(self._spill(found.select("column", "kind", "id", "label")))

    def _spill(self, frame: pl.DataFrame) -> Path:
        path = self.folder / f"labels_{len(self._waiting)}_{len(self._known)}.parquet"
        frame.write_parquet(path, compression="lz4")
        return path


def of_rows(frame: pl.DataFrame, column: str, target: str, label: pl.Expr) -> pl.DataFrame:
    """The labels of rows; where the expression is null a row has none.

    Args:
        frame: `line` and what the expression needs.
        column: its name in the source.
        target: `from`, `to` or `edge`.
        label: 1, 0 or null.
    """
    return frame.select(
        column=pl.lit(column),
        target=pl.lit(target),
        line="line",
        account=pl.lit(None, pl.String),
        label=label.cast(pl.Int8),
    ).drop_nulls("label")


def of_accounts(frame: pl.DataFrame, column: str, account: pl.Expr, label: pl.Expr) -> pl.DataFrame:
    """The labels of accounts, by their ids; where the expression is null an account has none."""
    return frame.select(
        column=pl.lit(column),
        target=pl.lit("account"),
        line=pl.lit(None, pl.Int64),
        account=account,
        label=label.cast(pl.Int8),
    ).drop_nulls(["account", "label"])
