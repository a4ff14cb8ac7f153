"""The transactions of one load: each holds the Checkpoint, raises it and counts itself.

As long as no other load has written since our last batch, ledgers that were above the high water
when we began count as above it still: inside one load ids are unique already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loader import blocks
from loader.replacing import Gone, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from cypher.graph import Graph, Transaction
    from loader.tally import Written

_NOTHING = -(2**62)


class Commits:
    """Runs the work of batches, one transaction each.

    Attributes:
        number: batches committed.
        clean_above: transfers of ledgers above this one cannot exist, while the lock is held.
    """

    def __init__(self, graph: Graph, network: str, load: str) -> None:
        self.graph, self.network, self.load = graph, network, load
        self.number = 0
        self.clean_above = _NOTHING

    def commit(self, work: Callable[[Transaction, State], Written]) -> Written:
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
                if done.to_list() == [self.number + 1]:
                    return latest
            latest = work(transaction, state)
            return latest

        written = self.graph.transact("load", once)
        self.number += 1
        return written

    def advance(
        self,
        transaction: Transaction,
        gone: Gone | None = None,
        *,
        ledger: int | None = None,
        transfers: int = 0,
        accounts: int = 0,
        removed: int = 0,
    ) -> None:
        """Raise the Checkpoint and the LoadBatch by what a batch changes.

        Args:
            transaction: of the batch.
            gone: what it replaces.
            ledger: the highest it has.
            transfers: how many more there are, all in all.
            accounts: how many more there are, all in all.
            removed: transfers deleted, beside those of `gone`.
        """
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
            batch=self.number + 1,
            transfers=transfers,
            accounts=accounts,
        )

    def _lock(self, transaction: Transaction) -> State:
        """Hold the Checkpoint, and learn from it below which ledger transfers may exist."""
        transaction.run("writes/checkpoint_lock", network=self.network)
        checkpoint = transaction.run("lookups/checkpoint_read", network=self.network)
        ledger, writer, listed = checkpoint.select("ledger", "writer", "recent_blocks").row(0)
        if writer != self.load:
            self.clean_above = _NOTHING if ledger is None else ledger
        return State(ledger, blocks.known(listed))
