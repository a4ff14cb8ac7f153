"""Account id → its features by name, in alphabetical order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader

Features = dict[str, float | str | bool]


def features(reader: Reader) -> Callable[[list[str]], Awaitable[list[Features]]]:
    """The loading function."""

    async def load(keys: list[str]) -> list[Features]:
        frame = await reader.read("lookups/api_features", accounts=keys)
        found = {
            account: dict(sorted(zip(names, values, strict=True)))
            for account, names, values in frame.iter_rows()
        }
        return [found.get(key, {}) for key in keys]

    return load
