"""Account id → its row, or None where there is no such account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.types.rows import AccountRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader


def accounts(reader: Reader) -> Callable[[list[str]], Awaitable[list[AccountRow | None]]]:
    """The loading function."""

    async def load(keys: list[str]) -> list[AccountRow | None]:
        frame = await reader.read("lookups/api_accounts", accounts=keys)
        found = {row[0]: AccountRow(*row) for row in frame.iter_rows()}
        return [found.get(key) for key in keys]

    return load
