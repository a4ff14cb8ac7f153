"""Removes everything of one network, in transactions of bounded size.

Each transaction lowers the counts of the network's Checkpoint by what it removes, so an interrupted
wipe leaves a smaller network that is still whole to loads and to a second wipe. The Checkpoint goes
last: without it a load would take the transfers that are left for new ones.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from core.errors import UnknownNameError
from core.schema import RelationshipType

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from cypher.graph import Graph, Transaction

ACCOUNTS = 2_000
RELATIONSHIPS = 20_000


@dataclass(slots=True)
class WipeReport:
    """What was removed; `relationships` counts by type, `other` nodes are bookkeeping."""

    network: str
    accounts: int = 0
    tags: int = 0
    other: int = 0
    relationships: Counter[str] = field(default_factory=Counter)

    @property
    def removed(self) -> int:
        """Nodes and relationships together."""
        return self.accounts + self.tags + self.other + self.relationships.total()


def wipe(
    graph: Graph, network: str, progress: Callable[[int, int | None], None] | None = None
) -> WipeReport:
    """Remove accounts, transfers, flows, tags, scores, assets and records of a network.

    Args:
        graph: a migrated database.
        network: its exact name.
        progress: called with accounts and transfers removed and in total.

    Raises:
        UnknownNameError: the graph knows no such network.
    """
    known = [name for name in graph.read("lookups/wipe_networks")["network"] if name]
    if network not in known:
        raise UnknownNameError("network", network, known)
    graph, report = graph.on_behalf_of("wipe"), WipeReport(network)
    counts = graph.read("lookups/checkpoint_read", network=network)
    total = sum(map(sum, counts.select("transfers", "accounts").rows())) or None
    while True:
        accounts = graph.read("lookups/wipe_accounts", network=network, limit=ACCOUNTS)["account"]
        if accounts.is_empty():
            break
        _wipe_accounts(graph, accounts, report)
        if progress:
            done = report.accounts + report.relationships[RelationshipType.TRANSFER]
            progress(done, max(total, done) if total else None)
    _wipe_rest(graph, report)
    return report


def _wipe_accounts(graph: Graph, accounts: pl.Series, report: WipeReport) -> None:
    """Empty some accounts, however many transfers a hub has, and remove them."""
    emptied = False
    while not emptied:

        def work(transaction: Transaction) -> tuple[int, dict[str, int]]:
            transaction.run("writes/checkpoint_lock", network=report.network)
            tags = int(transaction.run("writes/wipe_tags", accounts=accounts)["removed"].sum())
            removed = transaction.run(
                "writes/wipe_relationships", accounts=accounts, limit=RELATIONSHIPS
            )
            types: dict[str, int] = dict(removed.rows())
            _lower(transaction, report.network, types.get(RelationshipType.TRANSFER, 0), 0)
            return tags, types

        tags, types = graph.transact("wipe", work)
        report.tags += tags
        report.relationships.update({**types, RelationshipType.HAS_TAG: tags})
        emptied = sum(types.values()) < RELATIONSHIPS

    def remove(transaction: Transaction) -> int:
        transaction.run("writes/checkpoint_lock", network=report.network)
        removed = int(transaction.run("writes/wipe_accounts", accounts=accounts)["removed"].sum())
        _lower(transaction, report.network, 0, removed)
        return removed

    report.accounts += graph.transact("wipe", remove)


def _lower(transaction: Transaction, network: str, transfers: int, accounts: int) -> None:
    # Under a writer of its own: a load under way then looks again at what exists.
    transaction.run(
        "writes/checkpoint_raise",
        network=network,
        writer=f"wipe-{uuid4().hex}",
        ledger=None,
        transfers=-transfers,
        removed=transfers,
        accounts=-accounts,
    )


def _wipe_rest(graph: Graph, report: WipeReport) -> None:
    while True:
        rest = graph.write("writes/wipe_rest", network=report.network, limit=ACCOUNTS)
        nodes, relationships = rest.row(0)
        if not nodes:
            break
        report.other += nodes
        report.relationships["other"] += relationships

    def end(transaction: Transaction) -> int:
        transaction.run("writes/checkpoint_lock", network=report.network)
        ended = transaction.run("writes/wipe_checkpoint", network=report.network)
        return int(ended["removed"].sum())

    report.other += graph.transact("wipe", end)
