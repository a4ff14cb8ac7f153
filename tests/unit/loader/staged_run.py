"""Runs a format over files up to the staged transfers, with any options, without a database."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl

from core.errors import InputError
from loader import replay
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, STAGED, Context
from loader.loading import sort_out
from loader.reading.sources import open_sources
from loader.report import LoadOptions, LoadReport
from loader.staging import Staging
from tests.unit.loader.ethereum_run import Outcome
from tests.unit.loader.test_ethereum_damage import DAMAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

VARIANTS = 50
EXACT = ("id", "source", "target", "amount_base", "ts", "ledger", "ord", "kind")


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
    **options: object,
) -> tuple[int, int]:
    """Load 50 damaged variants of files; every row must have an outcome, and nothing break.

    Args:
        name: of the format.
        work: an empty folder.
        files: content by name.
        damages: what may happen to a file.
        whole: files that stay as they are.
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
        assert set(moved.select(EXACT).null_count().row(0)) == {0}, f"variant {seed}"
        assert all(int(amount) >= 0 for amount in moved["amount_base"])
        rejected += sum(got.rejected.values())
    return refused, rejected
