"""Checkpointed transactions: one batch, its accounts and the raised high water in one commit.

The Checkpoint of the network is locked first. Transfers of ledgers above its high water cannot
exist and are created unchecked; for the others the ids of just their ledgers are read back. As long
as no other load has written since our last batch, ledgers that were above the high water when we
began count as above it still: inside one load ids are unique already.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import RejectedRowsError
from core.schema import Flag
from loader import batching, replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from cypher.graph import Graph, Transaction
    from loader.dead_letter import DeadLetter
    from loader.report import LoadReport
    from loader.staging import Staging

_NOTHING = -(2**62)
_WARNING_FLAGS = (
    Flag.AMOUNT_INEXACT,
    Flag.SUCCESS_UNKNOWN,
    Flag.ORDER_UNKNOWN,
    Flag.TIME_APPROXIMATE,
    Flag.LEGS_MISSING,
    Flag.PATH_UNBALANCED,
)


class _TooManyRejectedError(Exception):
    """Ends a transaction before its commit."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one batch did."""

    transfers: int = 0
    accounts: int = 0
    assets: int = 0
    repaired: int = 0
    outcomes: pl.DataFrame | None = None
    created: pl.DataFrame | None = None


class Stream:
    """Writes the staged transfers of one load."""

    def __init__(
        self, graph: Graph, staging: Staging, letters: DeadLetter, report: LoadReport
    ) -> None:
        self.graph, self.staging, self.letters, self.report = graph, staging, letters, report
        self.network, self.load = report.network, report.batch
        self.clean_above = _NOTHING
        self.batch = 0
        self.assets_known: set[str] = set()
        self.flags: Counter[str] = Counter()
        self.repaired = 0
        self.ledgers: list[int] = []
        self.times: list[int] = []

    def write_accounts(self, accounts: pl.DataFrame) -> None:
        """Create the listed accounts that do not exist."""
        rows = accounts.select("id", "address", "kind", "members").rows()

        def work(transaction: Transaction) -> Written:
            self._lock(transaction)
            created = transaction.change(
                "writes/accounts_merge", network=self.network, accounts=rows
            ).nodes_created
            self._raise(transaction, None, 0, created)
            return Written(accounts=created)

        self._count(self._commit(work))

    def write(self, batch: pl.DataFrame, max_rejects: int) -> None:
        """Create those transfers of a batch that are new.

        Args:
            batch: whole units, with `verdict` against the rest of the input.
            max_rejects: of the whole load.

        Raises:
            RejectedRowsError: altered rows pass the limit; nothing of this batch is written.
        """
        refused = pl.DataFrame()

        def work(transaction: Transaction) -> Written:
            nonlocal refused
            refused = pl.DataFrame()
            judged, replaced = self._judge(transaction, batch)
            outcomes = replay.outcomes(judged)
            altered = outcomes.filter(pl.col("outcome") == replay.ALTERED)
            if altered.height:
                refused = judged.join(altered.select("unit"), on="unit", how="semi")
                if self.letters.rejected + altered.height > max_rejects:
                    raise _TooManyRejectedError
                judged = judged.join(altered.select("unit"), on="unit", how="anti")
            fresh = judged.filter(pl.col("verdict") == replay.NEW)
            removed = self._remove(transaction, fresh, replaced)
            return self._create(transaction, fresh, outcomes, removed)

        try:
            written = self._commit(work)
        except _TooManyRejectedError as error:
            self._letter(refused)
            raise self.too_many(max_rejects) from error
        self._letter(refused)
        self._count(written)

    def too_many(self, allowed: int) -> RejectedRowsError:
        """The error that stops the load."""
        letters = self.letters
        return RejectedRowsError(letters.rejected, allowed, letters.first, letters.path)

    def warnings(self) -> Counter[str]:
        """Created transfers by the flags that are warnings, and operations repaired."""
        counts = Counter({str(name): self.flags[name] for name in _WARNING_FLAGS})
        return +(counts + Counter(repaired=self.repaired))

    def _judge(
        self, transaction: Transaction, batch: pl.DataFrame
    ) -> tuple[pl.DataFrame, list[str]]:
        self._lock(transaction)
        ledgers = batch.filter(pl.col("ledger") <= self.clean_above)["ledger"].unique()
        if not ledgers.len():
            return batch, []
        existing = transaction.run(
            "lookups/transfers_of_ledgers", network=self.network, ledgers=ledgers.sort()
        )
        return replay.compare(batch, existing)

    def _remove(self, transaction: Transaction, fresh: pl.DataFrame, replaced: list[str]) -> int:
        """Delete what the new transfers describe better."""
        better = fresh.filter(pl.col("twin").is_in(replaced))
        if not better.height:
            return 0
        deleted = transaction.run(
            "writes/transfers_delete",
            network=self.network,
            ledgers=better["ledger"].unique(),
            ids=better["twin"].unique(),
        )
        return int(deleted["deleted"].sum())

    def _create(
        self, transaction: Transaction, fresh: pl.DataFrame, outcomes: pl.DataFrame, removed: int
    ) -> Written:
        if not fresh.height:
            self._raise(transaction, None, 0, 0)
            return Written(outcomes=outcomes)
        # Neighbours in the store: the relationships of an account follow each other.
        fresh = fresh.sort("source")
        accounts = batching.endpoints(fresh, self.network)
        changes = transaction.change(
            "writes/transfers_create",
            network=self.network,
            accounts=accounts.rows(),
            transfers=batching.transfer_rows(fresh, accounts["id"]),
        )
        assets = self.staging.assets.filter(
            pl.col("id").is_in(fresh["asset"].unique().to_list())
            & ~pl.col("id").is_in(list(self.assets_known))
        )
        new_assets = 0
        if assets.height:
            new_assets = transaction.change(
                "writes/assets_merge", assets=assets.rows()
            ).nodes_created
        last = fresh["ledger"].max()
        self._raise(
            transaction,
            last if isinstance(last, int) else None,
            changes.relationships_created - removed,
            changes.nodes_created,
        )
        return Written(
            changes.relationships_created,
            changes.nodes_created,
            new_assets,
            removed,
            outcomes,
            fresh,
        )

    def _lock(self, transaction: Transaction) -> None:
        """Hold the Checkpoint, and learn from it below which ledger transfers may exist."""
        transaction.run("writes/checkpoint_lock", network=self.network)
        checkpoint = transaction.run("lookups/checkpoint_read", network=self.network)
        ledger, writer = checkpoint.select("ledger", "writer").row(0)
        if writer != self.load:
            self.clean_above = _NOTHING if ledger is None else ledger

    def _raise(
        self, transaction: Transaction, ledger: int | None, transfers: int, accounts: int
    ) -> None:
        transaction.run(
            "writes/checkpoint_raise",
            network=self.network,
            writer=self.load,
            ledger=ledger,
            transfers=transfers,
            accounts=accounts,
        )
        transaction.run(
            "writes/load_batch_advance",
            id=self.load,
            batch=self.batch + 1,
            transfers=transfers,
            accounts=accounts,
        )

    def _commit(self, work: Callable[[Transaction], Written]) -> Written:
        """One transaction; a commit of unknown outcome is looked up by the batch's number."""
        latest = Written()

        def remembered(transaction: Transaction) -> Written:
            nonlocal latest
            latest = work(transaction)
            return latest

        def committed() -> Written | None:
            progress = self.graph.read("lookups/load_batch_progress", id=self.load)["batch"]
            return latest if progress.to_list() == [self.batch + 1] else None

        written = self.graph.transact("load", remembered, committed=committed)
        self.batch += 1
        return written

    def _count(self, written: Written) -> None:
        report = self.report
        report.transfers += written.transfers
        report.accounts += written.accounts
        report.assets += written.assets
        self.repaired += written.repaired
        if written.outcomes is not None:
            rows = written.outcomes.filter(pl.col("row").is_not_null())["outcome"]
            report.loaded += int((rows == replay.LOADED).sum())
            report.duplicate += int((rows == replay.DUPLICATE).sum())
        if (created := written.created) is not None:
            self.assets_known.update(created["asset"].unique().to_list())
            for flag, count in created["flags"].explode().drop_nulls().value_counts().iter_rows():
                self.flags[flag] += count
            self.ledgers = _range(self.ledgers, created["ledger"])
            self.times = _range(self.times, created["ts"])

    def _letter(self, refused: pl.DataFrame) -> None:
        if not refused.height:
            return
        told = refused.with_columns(
            text=pl.struct("id", *replay.CONTENT).struct.json_encode(), reject=pl.lit("altered")
        ).unique("unit", keep="first", maintain_order=True)
        for (file,), rows in told.group_by("file", maintain_order=True):
            self.letters.add(self.staging.name(int(str(file))), rows)


def _range(known: list[int], values: pl.Series) -> list[int]:
    present = [*known, *(v for v in (values.min(), values.max()) if isinstance(v, int))]
    return [min(present), max(present)] if present else []
