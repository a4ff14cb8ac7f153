"""Transfer id → the transfer as evidence shows it, or None where it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from api.types.rows import EvidenceRow
from cypher.evidence import ledgers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader


def evidence(reader: Reader) -> Callable[[list[str]], Awaitable[list[EvidenceRow | None]]]:
    """The loading function."""

    async def load(keys: list[str]) -> list[EvidenceRow | None]:
        numbers = ledgers(pl.Series(keys, dtype=pl.String)).unique()
        frame = await reader.read("lookups/evidence_transfers", ids=keys, ledgers=numbers)
        found = {row[0]: EvidenceRow(*row) for row in frame.iter_rows()}
        return [found.get(key) for key in keys]

    return load
