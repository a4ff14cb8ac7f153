"""Runs a format over files up to the staged transfers, with any options, without a database."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from core.errors import InputError
from loader import replay
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, STAGED, Context
from loader.loading import sort_out
from loader.reading.sources import open_sources
from loader.report import LoadOptions, LoadReport
from loader.staging import Staging
from tests.unit.loader.damages import DAMAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.unit.loader.ethereum_oracle import Edge

VARIANTS = 50
EXACT = ("id", "source", "target", "amount_base", "ts", "ledger", "ord", "kind")


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


def run(name: str, work: Path, *paths: Path, **options: object) -> Outcome:
    folder = work / f"work_{len(list(work.iterdir()))}"
    folder.mkdir()
    chosen, report = LoadOptions(**options), LoadReport()  # type: ignore[arg-type]
    sources, _ = open_sources(list(paths), folder)
    form = FORMATS.get(name)
    files = sort_out(name, form, sources, chosen, report)
    context = Context(form.default_network(chosen), chosen, folder)
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


def survive(
    name: str,
    work: Path,
    files: Mapping[str, bytes],
    *,
    damages: list[Callable[[bytes, random.Random], bytes]] | None = None,
    whole: Sequence[str] = (),
    exact: Sequence[str] = EXACT,
    **options: object,
) -> tuple[int, int]:
    """Load 50 damaged variants of files; every row must have an outcome, and nothing break.

    Args:
        name: of the format.
        work: an empty folder.
        files: content by name.
        damages: what may happen to a file.
        whole: files that stay as they are.
        exact: columns that every transfer has.
        options: of the load.

    Returns:
        How many variants were refused as a whole, and the rows rejected in the others.
    """
    refused = rejected = 0
    damages = damages or DAMAGES
    for seed in range(VARIANTS):
        chance = random.Random(seed)  # noqa: S311 - damage, not secrets
        folder = work / f"variant_{seed}"
        folder.mkdir()
        for file, data in files.items():
            damage = damages[seed % len(damages)]
            (folder / file).write_bytes(data if file in whole else damage(data, chance))
        try:
            got = run(name, work, folder, **options)
        except InputError:  # a header or a side file that cannot be read: said, not traced
            refused += 1
            continue
        assert got.adds_up, f"variant {seed}"
        moved = got.transfers.drop_nulls("row")
        assert set(moved.select(exact).null_count().row(0)) == {0}, f"variant {seed}"
        assert all(0 <= int(amount) < 2**256 for amount in moved["amount_base"])
        rejected += sum(got.rejected.values())
    return refused, rejected
