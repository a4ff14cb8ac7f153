"""Alert id → the alert, or None where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.types.rows import AlertRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader


def alerts(reader: Reader) -> Callable[[list[str]], Awaitable[list[AlertRow | None]]]:
    """The loading function."""

    async def load(keys: list[str]) -> list[AlertRow | None]:
        frame = await reader.read("lookups/api_alerts", ids=keys)
        found = {row["id"]: AlertRow(**row) for row in frame.iter_rows(named=True)}
        return [found.get(key) for key in keys]

    return load
