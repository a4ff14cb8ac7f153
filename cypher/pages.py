"""Reads long results in pages that are cut between ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def by_ledger(
    read: Callable[[int, int], pl.DataFrame], ledger: int, limit: int
) -> Iterator[pl.DataFrame]:
    """Pages of whole ledgers, in their order.

    A full page may have only part of its last ledger, which is left to the next page.

    Args:
        read: gives at most so many rows from a ledger on, in the order of `ledger`.
        ledger: where to begin.
        limit: rows a page; a ledger with more of them makes a larger page.
    """
    while True:
        page = read(ledger, limit)
        if page.height < limit:
            yield page
            return
        last = int(page["ledger"][-1])
        whole = page.filter(pl.col("ledger") < last)
        if whole.height:
            yield whole
            ledger = last
        else:
            limit *= 2
