"""Replaces blocks: inside one transaction the old block's transfers go and the new ones come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from loader import blocks

if TYPE_CHECKING:
    from cypher.graph import Transaction


@dataclass(frozen=True, slots=True)
class State:
    """What a locked Checkpoint says of its network: the highest ledger, and the last blocks."""

    high: int | None
    blocks: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Gone:
    """What one transaction replaces.

    Attributes:
        transfers: deleted.
        ledgers: whose block is another one now.
        accounts: that lost transfers.
        recent: the blocks that stand afterwards, null where none were told.
    """

    transfers: int = 0
    ledgers: int = 0
    accounts: tuple[str, ...] = ()
    recent: list[str] | None = None


def remove(transaction: Transaction, network: str, told: pl.DataFrame, state: State) -> Gone:
    """Delete the transfers of ledgers that are told to hold another block than the known one."""
    if not told.height:
        return Gone()
    ledgers = blocks.replaced(told, state.blocks)
    recent = blocks.recent(state.blocks, told, state.high)
    if not ledgers.len():
        return Gone(recent=recent)
    ends = transaction.run("writes/blocks_remove", network=network, ledgers=ledgers.sort())
    accounts = pl.concat([ends["source"], ends["target"]]).unique().sort()
    return Gone(ends.height, ledgers.len(), tuple(accounts), recent)


def settle(transaction: Transaction, gone: Gone) -> int:
    """Bring accounts up to date that lost transfers, once the new ones are there.

    Returns:
        How many of them had nothing left and were deleted.
    """
    if not gone.accounts:
        return 0
    settled = transaction.run("writes/accounts_settle", ids=list(gone.accounts))
    return int(settled["removed"].sum())
