"""Runs a UTXO format over files, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from loader.format import FORMATS, Context
from loader.loading import sort_out
from loader.reading.sources import open_sources
from loader.report import LoadOptions, LoadReport

if TYPE_CHECKING:
    from pathlib import Path

    from loader.format import Parcel


@dataclass(frozen=True)
class Outcome:
    parcels: list[Parcel]
    fees: int | None

    @property
    def rows(self) -> pl.DataFrame:
        return pl.concat([parcel.rows for parcel in self.parcels])

    @property
    def transfers(self) -> pl.DataFrame:
        return pl.concat([parcel.transfers for parcel in self.parcels])

    @property
    def edges(self) -> list[tuple[str, str, str, str]]:
        return self.transfers.select("id", "source", "target", "amount_base").rows()

    def reasons(self) -> dict[str, int]:
        reason = pl.coalesce("reject", "skip", pl.lit("moved")).alias("reason")
        return dict(self.rows.select(reason)["reason"].value_counts().iter_rows())


def run(name: str, work: Path, *paths: Path, network: str | None = None) -> Outcome:
    folder = work / f"work_{len(list(work.iterdir()))}"
    folder.mkdir(parents=True)
    options = LoadOptions(network=network)
    sources, _ = open_sources(list(paths), folder)
    form = FORMATS.get(name)
    files = sort_out(name, form, sources, options, LoadReport())
    context = Context(form.default_network(options), options, folder)
    parcels = list(form.read(files, context))
    return Outcome(parcels, context.fees_base)
