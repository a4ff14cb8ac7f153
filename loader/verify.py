"""Compares a source with the graph, ledgers by ledgers: what is missing, altered or unexpected.

The source is read and staged as for a load; nothing is written to the database. Transfers in
ledgers that another source was loaded for are not held against this one.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl

from core.schema import ASSETS, TRANSFERS
from loader import blocks, differences, replay
from loader.account_ends import AccountEnds
from loader.dead_letter import DeadLetter
from loader.format import Context
from loader.loading import check, sort_out
from loader.reading.sources import open_sources
from loader.report import LoadOptions, LoadProgress, LoadReport
from loader.staging import OWN, Staging
from loader.verify_report import Partition, VerifyReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cypher.graph import Graph
    from loader.reading.sources import Source

_LAST = 2**62
_STORED = ("id", "asset", "amount_base", "amount", "timestamp", "ts", "ledger", "ord", "kind",
           "flags", "tx_id")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Ranges of ledgers, both ends included, that other sources were loaded for."""

    ranges: tuple[tuple[int, int], ...]

    def covers(self, ledger: pl.Expr) -> pl.Expr:
        inside = [ledger.is_between(low, high) for low, high in self.ranges]
        return pl.any_horizontal(inside) if inside else pl.lit(value=False)


def verify(
    graph: Graph,
    format_name: str,
    paths: Sequence[Path],
    options: LoadOptions | None = None,
    progress: Callable[[LoadProgress], None] | None = None,
) -> VerifyReport:
    """Read the records of `paths` again and compare what they make with what the graph holds.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a path, file, header or mapping is not usable.
    """
    begun = time.monotonic()
    form, options, network = check(format_name, paths, options)
    graph = graph.on_behalf_of("verify")
    report = VerifyReport(network=network)
    with TemporaryDirectory(prefix="ledgergraph-verify-") as temporary:
        folder = Path(temporary)
        sources, left_out = open_sources([Path(path) for path in paths], folder)
        files = sort_out(
            format_name, form, sources, options, LoadReport(network=network, left_out=left_out)
        )
        letters = DeadLetter(folder, "verify")
        staging = Staging(folder, network, letters)
        for parcel in form.read(files, Context(network, options, folder)):
            staging.add(parcel)
            if progress:
                progress(LoadProgress("reading", staging.read, None))
        comparison = _Comparison(graph, staging, report, _elsewhere(graph, network, sources))
        comparison.run(progress)
        report.read, report.rejected = staging.read, letters.rejected
    report.seconds = time.monotonic() - begun
    return report


def _elsewhere(graph: Graph, network: str, sources: Sequence[Source]) -> _Elsewhere:
    """The ranges of loads that read any file that is not among these; all, where it is not told."""
    here = {source.sha256 for source in sources}
    ranges = []
    for files, first, last in graph.read("exports/verify_loads", network=network).rows():
        if not {file.get("sha256") for file in json.loads(files)} <= here:
            ranges.append((0, _LAST) if first is None or last is None else (first, last))
    return _Elsewhere(tuple(ranges))


class _Comparison:
    """One source held against the graph."""

    def __init__(
        self, graph: Graph, staging: Staging, report: VerifyReport, elsewhere: _Elsewhere
    ) -> None:
        self.graph, self.staging, self.report, self.elsewhere = graph, staging, report, elsewhere
        self.network = report.network
        self.ends = AccountEnds(staging.folder, self.network)
        self.assets: set[str] = set()
        self.next_ledger = 0

    def run(self, progress: Callable[[LoadProgress], None] | None) -> None:
        for accounts in self.staging.accounts():
            self.ends.add_accounts(accounts)
        done = 0
        for partition in self._standing():
            _, _, fresh = replay.settle(replay.mark_repetitions(partition))
            done += partition.height
            self._transfers(fresh)
            if progress:
                progress(LoadProgress("comparing", done, self.staging.transfers))
        self._beyond()
        self._accounts()
        self._assets()

    def _standing(self) -> Iterator[pl.DataFrame]:
        """The partitions without blocks of which the source tells a later version."""
        waiting: pl.DataFrame | None = None
        for partition in self.staging.partitions():
            if blocks.COLUMN not in partition.columns or blocks.RENEWED not in partition.columns:
                yield partition
                continue
            told = blocks.numbered(self.staging.blocks.near(partition["ledger"]))
            last = told.unique("ledger", keep="last").select("ledger", last_block="hash")
            stands = (pl.col(blocks.COLUMN) == pl.col("last_block")).fill_null(value=True)
            kept = (
                partition.join(last, on="ledger", how="left", maintain_order="left")
                .filter(stands)
                .drop("last_block")
            )
            if waiting is not None and partition[blocks.RENEWED].any():
                # Versions of the same ledgers follow each other.
                waiting = pl.concat([waiting, kept], how="diagonal")
                continue
            if waiting is not None:
                yield waiting
            waiting = kept
        if waiting is not None:
            yield waiting

    def _transfers(self, fresh: pl.DataFrame) -> None:
        """Compare one partition, and what the graph holds between it and the one before."""
        self.ends.add_transfers(fresh)
        self.assets.update(fresh["asset"].drop_nulls().unique().to_list())
        confirmed = fresh.filter(pl.col("ledger") >= 0)
        bounds = (confirmed["ledger"].min(), confirmed["ledger"].max())
        if not isinstance(bounds[0], int) or not isinstance(bounds[1], int):
            return
        extras = sorted(set(fresh.columns) - OWN - set(TRANSFERS))
        there = self._there(self.next_ledger, bounds[1], extras)
        self.next_ledger = bounds[1] + 1
        found = differences.of_transfers(confirmed, there, extras)
        own = found.unexpected.filter(~self.elsewhere.covers(pl.col("ledger")))
        self.report.elsewhere += found.unexpected.height - own.height
        self.report.add("transfer", found.missing, found.altered, own["id"])
        # Those of other sources are no part of the sums.
        left_out = found.unexpected.join(own, on="row", how="anti")["row"]
        theirs = there.filter(~pl.int_range(pl.len()).is_in(left_out.implode()))
        self.report.partitions.append(Partition.of(bounds[0], bounds[1], confirmed, theirs))

    def _there(self, low: int, high: int, extras: list[str]) -> pl.DataFrame:
        return self.graph.read(
            "exports/verify_transfers",
            network=self.network,
            low=low,
            high=high,
            extras=extras,
            known=[*_STORED, *extras],
        )

    def _beyond(self) -> None:
        """What the graph holds after the last ledger of the source."""
        low = self.next_ledger
        # Not read where another load explains all of it: it may be the larger part of the graph.
        if any(first <= low and last >= _LAST for first, last in self.elsewhere.ranges):
            return
        there = self._there(low, _LAST, [])
        own = there.filter(~self.elsewhere.covers(pl.col("ledger")))
        self.report.elsewhere += there.height - own.height
        self.report.add("transfer", own["id"].clear(), differences.Altered(0, {}), own["id"])
        if own.height:
            self.report.partitions.append(Partition.of(low, _LAST, own.clear(), own))

    def _accounts(self) -> None:
        found = differences.of_accounts(
            self.ends.gather(), self._accounts_there(), shared=bool(self.elsewhere.ranges)
        )
        self.report.add("account", found.missing, found.altered, found.unexpected["id"])

    def _accounts_there(self) -> pl.DataFrame:
        parts, after = [], f"{self.network}:"
        while True:
            part = self.graph.read("exports/verify_accounts", after=after, until=f"{self.network};")
            parts.append(part)
            if not part.height:
                return pl.concat(parts)
            after = str(part["id"].max())

    def _assets(self) -> None:
        wanted = self.staging.assets.filter(pl.col("id").is_in(list(self.assets)))
        there = self.graph.read("exports/verify_assets", network=self.network).cast(ASSETS)
        found = differences.of_assets(wanted, there, shared=bool(self.elsewhere.ranges))
        self.report.add("asset", found.missing, found.altered, found.unexpected["id"])
