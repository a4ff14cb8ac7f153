"""(asset id, day since 1970-01-01) → the price of that day in US dollars, or None without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader

Key = tuple[str, int]


def prices(reader: Reader) -> Callable[[list[Key]], Awaitable[list[float | None]]]:
    """The loading function."""

    async def load(keys: list[Key]) -> list[float | None]:
        frame = await reader.read(
            "lookups/api_prices",
            assets=[asset for asset, _ in keys],
            days=[day for _, day in keys],
        )
        found = {(asset, day): price for asset, day, price in frame.iter_rows()}
        return [found.get(key) for key in keys]

    return load
