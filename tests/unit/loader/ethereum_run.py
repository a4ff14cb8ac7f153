"""Runs a format over files up to the staged transfers, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from loader import replay
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, STAGED, Context
from loader.loading import sort_out
from loader.reading.sources import open_sources
from loader.report import LoadOptions, LoadReport
from loader.staging import Staging

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.loader.ethereum_oracle import Edge


@dataclass(frozen=True)
class Outcome:
    read: int
    skipped: dict[str, int]
    rejected: dict[str, int]
    transfers: pl.DataFrame
    assets: pl.DataFrame
    warnings: dict[str, int]
    fees: int | None
    left_out: set[str]

    @property
    def edges(self) -> list[Edge]:
        columns = ("id", "source", "target", "asset", "amount_base", "ts", "kind")
        return [
            (key, source, target, asset, int(amount), ts // 1000, kind)
            for key, source, target, asset, amount, ts, kind in self.transfers.select(
                columns
            ).iter_rows()
        ]

    @property
    def outcomes(self) -> dict[str, int]:
        moved = self.transfers["row"].drop_nulls().len()
        return {**self.skipped, **self.rejected, **({"moved": moved} if moved else {})}

    @property
    def adds_up(self) -> bool:
        """Each row read has one of the four outcomes; here a duplicate is present or altered."""
        judged = replay.outcomes(self.transfers)["outcome"].len()
        return self.read == judged + sum(self.skipped.values()) + sum(self.rejected.values())

    def one(self) -> dict[str, Any]:
        assert self.transfers.height == 1
        return self.transfers.row(0, named=True)


def run(name: str, work: Path, *paths: Path, network: str | None = None) -> Outcome:
    folder = work / f"work_{len(list(work.iterdir()))}"
    folder.mkdir()
    options, report = LoadOptions(network=network), LoadReport()
    sources, _ = open_sources(list(paths), folder)
    form = FORMATS.get(name)
    files = sort_out(name, form, sources, options, report)
    context = Context(form.default_network(options), options, folder)
    letters = DeadLetter(folder / "letters", "test")
    staging = Staging(folder, context.network, letters)
    for parcel in form.read(files, context):
        staging.add(parcel)
    parts = [replay.mark_repetitions(part) for part in staging.partitions()]
    nothing = pl.DataFrame(schema={**STAGED, "verdict": pl.String, "unit": pl.Int64,
                                   "file": pl.Int32, "line": pl.Int64})  # fmt: skip
    return Outcome(
        staging.read, dict(staging.skipped), dict(letters.reasons),
        pl.concat([nothing, *parts], how="diagonal"), staging.assets,
        dict(context.warnings), context.fees_base, set(report.left_out),
    )  # fmt: skip
