"""Evidence: the transfers that a pattern or alert stands on, read back by their ids."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cypher.graph import Graph

BATCH = 5_000
"""Transfers read by one query."""

SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "source": pl.String(),
        "target": pl.String(),
        "asset": pl.String(),
        "amount_base": pl.String(),
        "amount": pl.Float64(),
        "ts": pl.Int64(),
        "ledger": pl.Int64(),
        "ord": pl.Int64(),
    }
)
"""Columns of `read`; `amount` is null where it is unknown."""


def read(graph: Graph, ids: Iterable[str]) -> pl.DataFrame:
    """The transfers of the given ids that exist, each once."""
    wanted = pl.DataFrame({"id": sorted(set(ids))}, schema={"id": pl.String})
    wanted = wanted.with_columns(ledger=ledgers(wanted["id"])).sort("ledger", "id")
    parts = [pl.DataFrame(schema=SCHEMA)]
    for part in wanted.iter_slices(BATCH):
        numbers = part["ledger"].unique()
        parts.append(graph.read("lookups/evidence_transfers", ids=part["id"], ledgers=numbers))
    return pl.concat(parts).with_columns(pl.col("amount").fill_nan(None))


def ledgers(ids: pl.Series) -> pl.Series:
    """The ledger in each transfer id, -1 for an unconfirmed one."""
    second = ids.str.split(":").list.get(1, null_on_oob=True)
    return second.cast(pl.Int64, strict=False).fill_null(-1)


def of_network(transfers: pl.DataFrame, network: str) -> pl.DataFrame:
    """Those of the transfers (`id`) that are of a network: what it paid on another has no sum."""
    return transfers.filter(pl.col("id").str.starts_with(f"{network}:"))


def exact_sum(amounts: Mapping[str, str], ids: Sequence[str]) -> str:
    """Σ amount_base of transfers, exact, whatever its size.

    Args:
        amounts: base units by transfer id.
        ids: of the transfers, each once.
    """
    return str(sum(int(amounts[key]) for key in ids if key in amounts))


def pattern_hash(
    motif: str, variant: str, asset: str | None, accounts: Sequence[str], *more: object
) -> str:
    """Hash of a pattern: type, variant, asset, canonical sequence of accounts (motifs.md 1.6).

    Args:
        motif: its type.
        variant: static, temporal or conserving.
        asset: `*` where None.
        accounts: in canonical order.
        more: start of a window, where the identity of the motif includes it.
    """
    return short_hash(motif, variant, asset or "*", ",".join(accounts), *more)


def short_hash(*parts: object) -> str:
    """First 16 hexadecimal digits of the SHA-256 of the parts, joined by `|`."""
    return sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]
