"""Key of a pattern in its batch → the pattern, or None where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.types.rows import PatternRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader


def patterns(reader: Reader) -> Callable[[list[str]], Awaitable[list[PatternRow | None]]]:
    """The loading function."""

    async def load(keys: list[str]) -> list[PatternRow | None]:
        frame = await reader.read("lookups/api_patterns", keys=keys)
        found = {row["key"]: PatternRow(**row) for row in frame.iter_rows(named=True)}
        return [found.get(key) for key in keys]

    return load
