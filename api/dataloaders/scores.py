"""(account id, run id) → the account's score in that run, or None where it has none.

SCORED relationships of a sealed run never change, so a run's id is all that consistency needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.types.rows import ScoreRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader

Key = tuple[str, str]


def scores(reader: Reader) -> Callable[[list[Key]], Awaitable[list[ScoreRow | None]]]:
    """The loading function."""

    async def load(keys: list[Key]) -> list[ScoreRow | None]:
        frame = await reader.read(
            "lookups/api_scores",
            accounts=sorted({account for account, _ in keys}),
            runs=sorted({run for _, run in keys}),
        )
        found = {(row[0], row[1]): ScoreRow(*row[1:]) for row in frame.iter_rows()}
        return [found.get(key) for key in keys]

    return load
