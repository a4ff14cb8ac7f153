"""What the batches of one load did, added up: its report, its warnings, its rejected rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import RejectedRowsError
from core.schema import Flag
from loader import replay

if TYPE_CHECKING:
    from loader.dead_letter import DeadLetter
    from loader.report import LoadReport
    from loader.staging import Staging

_WARNING_FLAGS = (
    Flag.AMOUNT_INEXACT,
    Flag.SUCCESS_UNKNOWN,
    Flag.ORDER_UNKNOWN,
    Flag.TIME_APPROXIMATE,
    Flag.LEGS_MISSING,
    Flag.PATH_UNBALANCED,
)


@dataclass(frozen=True, slots=True)
class Written:
    """What one batch did."""

    transfers: int = 0
    accounts: int = 0
    assets: int = 0
    repaired: int = 0
    reorganised: int = 0
    outcomes: pl.DataFrame | None = None
    created: pl.DataFrame | None = None


class Tally:
    """Adds up what batches did.

    Attributes:
        skipped: rows by reason, beside those that staging skipped.
        fees_refused: refused fees, which are no rows.
        assets: ids of the assets of created transfers.
        ledgers: the first and the last with a created transfer; empty before there is one.
        times: the first and the last, as epoch milliseconds.
    """

    def __init__(self, report: LoadReport, staging: Staging, letters: DeadLetter) -> None:
        self.report, self.staging, self.letters = report, staging, letters
        self.skipped: Counter[str] = Counter()
        self.fees_refused = 0
        self.assets: set[str] = set()
        self.ledgers: list[int] = []
        self.times: list[int] = []
        self._flags: Counter[str] = Counter()
        self._repaired = self._reorganised = 0

    def add(self, written: Written) -> None:
        """Count what is in the graph now."""
        report = self.report
        report.transfers += written.transfers
        report.accounts += written.accounts
        report.assets += written.assets
        self._repaired += written.repaired
        self._reorganised += written.reorganised
        if written.outcomes is not None:
            rows = written.outcomes.filter(pl.col("row").is_not_null())["outcome"]
            report.loaded += int((rows == replay.LOADED).sum())
            report.duplicate += int((rows == replay.DUPLICATE).sum())
            if same := int((rows == replay.SAME_AS_TRANSACTION).sum()):
                self.skipped[replay.SAME_AS_TRANSACTION] += same
        if (created := written.created) is not None:
            self.assets.update(created["asset"].unique().to_list())
            for flag, count in created["flags"].explode().drop_nulls().value_counts().iter_rows():
                self._flags[flag] += count
            self.ledgers = _range(self.ledgers, created["ledger"])
            self.times = _range(self.times, created["ts"])

    def refuse(self, refused: pl.DataFrame) -> None:
        """Put the transfers of refused units, with `reject`, into the file of rejected rows."""
        if not refused.height:
            return
        told = refused.with_columns(
            text=pl.struct("id", *replay.CONTENT).struct.json_encode()
        ).unique("unit", keep="first", maintain_order=True)
        self.fees_refused += told["row"].null_count()
        for (file,), rows in told.group_by("file", maintain_order=True):
            self.letters.add(self.staging.name(int(str(file))), rows)

    def too_many(self, allowed: int, batches: int) -> RejectedRowsError:
        """The error that stops a load of which some batches are written."""
        letters = self.letters
        return RejectedRowsError(letters.rejected, allowed, letters.first, letters.path, batches)

    def warnings(self) -> Counter[str]:
        """Created transfers by the flags that are warnings, and what was replaced."""
        counts = Counter({str(name): self._flags[name] for name in _WARNING_FLAGS})
        return +(counts + Counter(repaired=self._repaired, reorganised=self._reorganised))

    def forget(self) -> None:
        """Count nothing as loaded: the database is as it was."""
        report = self.report
        report.loaded = report.duplicate = report.transfers = report.accounts = report.assets = 0
        self._flags.clear()


def _range(known: list[int], values: pl.Series) -> list[int]:
    present = [*known, *(v for v in (values.min(), values.max()) if isinstance(v, int))]
    return [min(present), max(present)] if present else []
