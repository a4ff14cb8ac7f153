"""Account id → its tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.types.rows import TagRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader


def tags(reader: Reader) -> Callable[[list[str]], Awaitable[list[list[TagRow]]]]:
    """The loading function."""

    async def load(keys: list[str]) -> list[list[TagRow]]:
        frame = await reader.read("lookups/api_tags", accounts=keys)
        found: dict[str, list[TagRow]] = {key: [] for key in keys}
        for account, *tag in frame.iter_rows():
            found[account].append(TagRow(*tag))
        return [found[key] for key in keys]

    return load
