"""Checkpointed batches: transfers, their accounts and the raised high water in one commit.

Transfers of ledgers above the Checkpoint's high water cannot exist and are created unchecked; for
the others the ids of just their ledgers are read back.

A block that is known under another hash is replaced: its transfers go in the transaction in which
those of the new block come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loader import batching, blocks, replay
from loader.commits import Commits
from loader.replacing import Gone, State, remove, settle
from loader.tally import Tally, Written

if TYPE_CHECKING:
    from cypher.graph import Graph, Transaction
    from loader.dead_letter import DeadLetter
    from loader.report import LoadReport
    from loader.staging import Staging


class _TooManyRejectedError(Exception):
    """Ends a transaction before its commit."""


class Stream:
    """Writes the staged transfers of one load."""

    def __init__(
        self, graph: Graph, staging: Staging, letters: DeadLetter, report: LoadReport
    ) -> None:
        self.graph, self.staging, self.network = graph, staging, report.network
        self.tally = Tally(report, staging, letters)
        self.commits = Commits(graph, report.network, report.batch)

    @property
    def batches(self) -> int:
        """How many are committed."""
        return self.commits.number

    def write_accounts(self, accounts: pl.DataFrame) -> None:
        """Create the listed accounts that do not exist."""
        rows = accounts.select("id", "address", "kind", "members").rows()

        def work(transaction: Transaction, _: State) -> Written:
            created = transaction.change(
                "writes/accounts_merge", network=self.network, accounts=rows
            ).nodes_created
            self.commits.advance(transaction, accounts=created)
            return Written(accounts=created)

        self.tally.add(self.commits.commit(work))

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
            return self._only_removed(transaction, gone)

        self.tally.add(self.commits.commit(work))

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
                if self.tally.letters.rejected + wrong.height > max_rejects:
                    raise _TooManyRejectedError
                judged = judged.join(reasons, on="unit", how="anti")
            fresh = judged.filter(pl.col("verdict") == replay.NEW)
            if not fresh.height:
                return self._only_removed(transaction, gone, outcomes)
            removed = self._remove(transaction, fresh, better)
            return self._create(transaction, fresh, outcomes, removed, gone)

        try:
            written = self.commits.commit(work)
        except _TooManyRejectedError as error:
            self.tally.refuse(refused)
            raise self.tally.too_many(max_rejects, self.batches) from error
        self.tally.refuse(refused)
        self.tally.add(written)

    def _judge(
        self, transaction: Transaction, batch: pl.DataFrame
    ) -> tuple[pl.DataFrame, list[str]]:
        old = pl.col("ledger") <= self.commits.clean_above
        ledgers = batch.filter(old)["ledger"].unique()
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

    def _only_removed(
        self, transaction: Transaction, gone: Gone, outcomes: pl.DataFrame | None = None
    ) -> Written:
        """End a batch without new transfers."""
        settled = settle(transaction, gone)
        self.commits.advance(transaction, gone, transfers=-gone.transfers, accounts=-settled)
        return Written(reorganised=gone.ledgers, outcomes=outcomes)

    def _create(
        self,
        transaction: Transaction,
        fresh: pl.DataFrame,
        outcomes: pl.DataFrame,
        removed: int,
        gone: Gone,
    ) -> Written:
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
        self.commits.advance(
            transaction,
            gone,
            ledger=last if isinstance(last, int) else None,
            transfers=changes.relationships_created - removed - gone.transfers,
            accounts=changes.nodes_created - settle(transaction, gone),
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
            & ~pl.col("id").is_in(list(self.tally.assets))
        )
        if not assets.height:
            return 0
        return transaction.change("writes/assets_merge", assets=assets.rows()).nodes_created
