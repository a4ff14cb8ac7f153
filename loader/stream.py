"""Checkpointed transactions: one batch, its accounts and the raised high water in one commit.

The Checkpoint of the network is locked first. Transfers of ledgers above its high water cannot
exist and are created unchecked; for the others the ids of just their ledgers are read back. As long
as no other load has written since our last batch, ledgers that were above the high water when we
began count as above it still: inside one load ids are unique already.

A block that is known under another hash is replaced: its transfers go in the transaction in which
those of the new block come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import RejectedRowsError
from core.schema import Flag
from loader import batching, blocks, replay
from loader.replacing import Gone, State, remove, settle

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
    reorganised: int = 0
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
        self.repaired = self.reorganised = 0
        self.skipped: Counter[str] = Counter()
        self.fees_refused = 0
        self.ledgers: list[int] = []
        self.times: list[int] = []

    def write_accounts(self, accounts: pl.DataFrame) -> None:
        """Create the listed accounts that do not exist."""
        rows = accounts.select("id", "address", "kind", "members").rows()

        def work(transaction: Transaction, _: State) -> Written:
            created = transaction.change(
                "writes/accounts_merge", network=self.network, accounts=rows
            ).nodes_created
            self._raise(transaction, None, 0, created)
            return Written(accounts=created)

        self._count(self._commit(work))

    def replaced(self, partition: pl.DataFrame) -> pl.Series:
        """The ledgers of a partition whose block is not the one in the graph."""
        if blocks.RENEWED not in partition.columns:
            return pl.Series(dtype=pl.Int64)
        checkpoint = self.graph.read("lookups/checkpoint_read", network=self.network)
        listed = checkpoint["recent_blocks"].explode().drop_nulls().to_list()
        return blocks.replaced(blocks.standing(partition), blocks.known(listed))

    def write_blocks(self) -> None:
        """Remember the blocks in which nothing moved; these too replace others."""
        if not self.staging.blocks.given:
            return

        def work(transaction: Transaction, state: State) -> Written:
            told = self.staging.newest_blocks(state.high, state.blocks["ledger"])
            gone = remove(transaction, self.network, told, state)
            removed = settle(transaction, gone)
            self._raise(transaction, None, -gone.transfers, -removed, gone)
            return Written(reorganised=gone.ledgers)

        self._count(self._commit(work))

    def write(self, batch: pl.DataFrame, max_rejects: int) -> None:
        """Create those transfers of a batch that are new.

        Args:
            batch: whole units, with `verdict` against the rest of the input; whole ledgers of
                those that are `replaced`.
            max_rejects: of the whole load.

        Raises:
            RejectedRowsError: altered rows pass the limit; nothing of this batch is written.
        """
        refused = pl.DataFrame()

        def work(transaction: Transaction, state: State) -> Written:
            nonlocal refused
            refused = pl.DataFrame()
            gone = remove(transaction, self.network, blocks.standing(batch), state)
            judged, better = self._judge(transaction, batch)
            outcomes = replay.outcomes(judged)
            wrong = outcomes.filter(pl.col("outcome").is_in(replay.REJECTED))
            if wrong.height:
                reasons = wrong.select("unit", reject="outcome")
                refused = judged.join(reasons, on="unit", maintain_order="left")
                if self.letters.rejected + wrong.height > max_rejects:
                    raise _TooManyRejectedError
                judged = judged.join(reasons, on="unit", how="anti")
            fresh = judged.filter(pl.col("verdict") == replay.NEW)
            removed = self._remove(transaction, fresh, better)
            return self._create(transaction, fresh, outcomes, removed, gone)

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
        return RejectedRowsError(letters.rejected, allowed, letters.first, letters.path, self.batch)

    def warnings(self) -> Counter[str]:
        """Created transfers by the flags that are warnings, and what was replaced."""
        counts = Counter({str(name): self.flags[name] for name in _WARNING_FLAGS})
        return +(counts + Counter(repaired=self.repaired, reorganised=self.reorganised))

    def _judge(
        self, transaction: Transaction, batch: pl.DataFrame
    ) -> tuple[pl.DataFrame, list[str]]:
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
        self,
        transaction: Transaction,
        fresh: pl.DataFrame,
        outcomes: pl.DataFrame,
        removed: int,
        gone: Gone,
    ) -> Written:
        if not fresh.height:
            settled = settle(transaction, gone)
            self._raise(transaction, None, -gone.transfers, -settled, gone)
            return Written(outcomes=outcomes, reorganised=gone.ledgers)
        # Neighbours in the store: the relationships of an account follow each other.
        fresh = fresh.sort("source")
        accounts = batching.endpoints(fresh, self.network)
        changes = transaction.change(
            "writes/transfers_create",
            network=self.network,
            accounts=accounts.rows(),
            transfers=batching.transfer_rows(fresh, accounts["id"]),
        )
        new_assets = self._create_assets(transaction, fresh)
        last = fresh["ledger"].max()
        self._raise(
            transaction,
            last if isinstance(last, int) else None,
            changes.relationships_created - removed - gone.transfers,
            changes.nodes_created - settle(transaction, gone),
            gone,
            removed=removed,
        )
        return Written(
            changes.relationships_created,
            changes.nodes_created,
            new_assets,
            removed,
            gone.ledgers,
            outcomes,
            fresh,
        )

    def _create_assets(self, transaction: Transaction, fresh: pl.DataFrame) -> int:
        assets = self.staging.assets.filter(
            pl.col("id").is_in(fresh["asset"].unique().to_list())
            & ~pl.col("id").is_in(list(self.assets_known))
        )
        if not assets.height:
            return 0
        return transaction.change("writes/assets_merge", assets=assets.rows()).nodes_created

    def _lock(self, transaction: Transaction) -> State:
        """Hold the Checkpoint, and learn from it below which ledger transfers may exist."""
        transaction.run("writes/checkpoint_lock", network=self.network)
        checkpoint = transaction.run("lookups/checkpoint_read", network=self.network)
        ledger, writer, listed = checkpoint.select("ledger", "writer", "recent_blocks").row(0)
        if writer != self.load:
            self.clean_above = _NOTHING if ledger is None else ledger
        return State(ledger, blocks.known(listed))

    def _raise(
        self,
        transaction: Transaction,
        ledger: int | None,
        transfers: int,
        accounts: int,
        gone: Gone | None = None,
        *,
        removed: int = 0,
    ) -> None:
        transaction.run(
            "writes/checkpoint_raise",
            network=self.network,
            writer=self.load,
            ledger=ledger,
            transfers=transfers,
            accounts=accounts,
            recent_blocks=gone.recent if gone else None,
            removed=removed + (gone.transfers if gone else 0),
        )
        transaction.run(
            "writes/load_batch_advance",
            id=self.load,
            batch=self.batch + 1,
            transfers=transfers,
            accounts=accounts,
        )

    def _commit(self, work: Callable[[Transaction, State], Written]) -> Written:
        """One transaction; a commit of unknown outcome is looked up by the batch's number.

        It is looked up under the lock, which is not to be had before a commit that is still on
        its way has arrived or failed.
        """
        latest: Written | None = None

        def once(transaction: Transaction) -> Written:
            nonlocal latest
            state = self._lock(transaction)
            if latest is not None:
                done = transaction.run("lookups/load_batch_progress", id=self.load)["batch"]
                if done.to_list() == [self.batch + 1]:
                    return latest
            latest = work(transaction, state)
            return latest

        written = self.graph.transact("load", once)
        self.batch += 1
        return written

    def _count(self, written: Written) -> None:
        report = self.report
        report.transfers += written.transfers
        report.accounts += written.accounts
        report.assets += written.assets
        self.repaired += written.repaired
        self.reorganised += written.reorganised
        if written.outcomes is not None:
            rows = written.outcomes.filter(pl.col("row").is_not_null())["outcome"]
            report.loaded += int((rows == replay.LOADED).sum())
            report.duplicate += int((rows == replay.DUPLICATE).sum())
            if same := int((rows == replay.SAME_AS_TRANSACTION).sum()):
                self.skipped[replay.SAME_AS_TRANSACTION] += same
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
            text=pl.struct("id", *replay.CONTENT).struct.json_encode()
        ).unique("unit", keep="first", maintain_order=True)
        self.fees_refused += told["row"].null_count()
        for (file,), rows in told.group_by("file", maintain_order=True):
            self.letters.add(self.staging.name(int(str(file))), rows)


def _range(known: list[int], values: pl.Series) -> list[int]:
    present = [*known, *(v for v in (values.min(), values.max()) if isinstance(v, int))]
    return [min(present), max(present)] if present else []
