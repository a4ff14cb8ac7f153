"""(account id, what page) → the transfers of that page and one more, if there is one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from api.types.rows import TransferPage, TransferRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cypher.reader import Reader

Key = tuple[str, TransferPage]


def transfers(reader: Reader) -> Callable[[list[Key]], Awaitable[list[list[TransferRow]]]]:
    """The loading function; accounts that ask for the same page share a query."""

    async def load(keys: list[Key]) -> list[list[TransferRow]]:
        found: dict[Key, list[TransferRow]] = {key: [] for key in keys}
        for page in dict.fromkeys(page for _, page in keys):
            accounts = [account for account, wanted in keys if wanted == page]
            frame = await reader.read("lookups/api_transfers", accounts=accounts, **asdict(page))
            for account, *row in frame.iter_rows():
                found[account, page].append(TransferRow(*row))
        return [found[key] for key in keys]

    return load
