"""Traces by a search in the order of arrival, over what lies on some path at all; amounts exact."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import polars as pl

from cypher.motifs import Kernel
from cypher.searches import order, passing, walks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cypher.ledger import Ledger
    from cypher.reading import Reading
    from cypher.searches.walks import Ground

MOST_STEPS = 1_000_000
"""A search that extends more paths than this is given up, and says so."""

Entry = tuple[int, int, float, tuple[str, ...], list[int]]
"""Place of the last transfer, hops, minus the last amount, ids, rows."""


class Search(NamedTuple):
    """One trace.

    Attributes:
        transfers: usable ones, in order of time, with `place`, `block`, `value` (exact).
        outgoing: rows by source, in order of time.
        passable: by account.
        start: account number; `end` too, or None for all.
        most: hops.
        gap_ms: between two transfers; `span_ms` from first to last.
        band: of amounts, or None.
        same_ledger: whether the order inside a ledger counts where it is not known.
    """

    transfers: dict[str, list[int]]
    outgoing: dict[int, list[int]]
    passable: NDArray[np.bool_]
    start: int
    end: int | None
    most: int
    gap_ms: int
    span_ms: int
    band: tuple[Fraction, Fraction] | None
    same_ledger: bool

    def next(self, rows: list[int]) -> Iterator[int]:
        """Rows that may follow a path."""
        t, last = self.transfers, rows[-1]
        account = t["target"][last]
        seen = {self.start, *(t["target"][row] for row in rows)}
        if len(rows) >= self.most or not self.passable[account]:
            return
        for row in self.outgoing.get(account, ()):
            if t["ts"][row] - t["ts"][last] > self.gap_ms:
                return
            if (
                t["place"][row] > t["place"][last]
                and t["target"][row] not in seen
                and t["asset"][row] == t["asset"][last]
                and t["ts"][row] - t["ts"][rows[0]] <= self.span_ms
                and self._apart(last, row)
                and self._keeps(t["value"][last], t["value"][row])
            ):
                yield row

    def _apart(self, one: int, two: int) -> bool:
        t = self.transfers
        known = not (t["unordered"][one] or t["unordered"][two])
        return known or self.same_ledger or t["block"][one] != t["block"][two]

    def _keeps(self, one: int, two: int) -> bool:
        if self.band is None:
            return True
        return one > 0 and self.band[0] * one <= two <= self.band[1] * one


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    network = str(bound["source"]).partition(":")[0]
    ground = walks.ground(reading, network, bound, base=True)
    ledger = ground.ledger
    names = ledger.accounts["account"]
    ends = [names.index_of(str(bound[key])) for key in ("source", "destination") if bound[key]]
    if None in ends:
        return walks.limited(walks.chain_rows(ledger, []), "trace", bound)
    start, end = cast("int", ends[0]), cast("int", ends[1]) if bound["destination"] else None
    search, rows = _search(ground, bound, start, end)
    paths, given_up = _paths(search, ledger, rows)
    found = (
        walks.chain_rows(ledger, [rows[path].tolist() for path in paths])
        .sort("chain")
        .with_columns(variant=pl.lit(str(bound["variant"])), hops=pl.col("length"))
    )
    limited = walks.limited(found, "trace", bound)
    if given_up:
        limited = limited.with_columns(truncated=pl.lit(value=True), cut=pl.lit(None, pl.Int64))
    return limited


def _search(
    ground: Ground, bound: Mapping[str, object], start: int, end: int | None
) -> tuple[Search, NDArray[np.int64]]:
    """The search, and the row of the ledger for each of its rows."""
    transfers, passable = ground.ledger.transfers, ~ground.stops
    place = order.places(transfers)
    alive = _alive(transfers, passable, start, end, cast("int", bound["max_hops"]))
    alive &= passing.usable_rows(transfers, cast("float", bound["min_amount"]))
    rows = np.flatnonzero(alive)
    kept = transfers[rows].select(
        "source", "target", "ts", "unordered",
        asset=pl.col("asset").to_physical(),
        place=pl.Series(place[rows]),
        block=pl.Series(order.blocks(transfers)[rows]),
    )  # fmt: skip
    columns = {name: kept[name].to_list() for name in kept.columns}
    columns["value"] = [int(text) for text in transfers["amount_base"].gather(rows)]
    outgoing: dict[int, list[int]] = {}
    for row, source in enumerate(columns["source"]):
        outgoing.setdefault(source, []).append(row)
    millisecond = timedelta(milliseconds=1)
    band = Fraction(str(bound["retention_min"])), Fraction(str(bound["retention_max"]))
    search = Search(
        columns, outgoing, passable, start, end, cast("int", bound["max_hops"]),
        cast("timedelta", bound["max_gap"]) // millisecond,
        cast("timedelta", bound["window"]) // millisecond,
        band if bound["variant"] == "conserving" else None,
        bool(bound["allow_same_ledger"]),
    )  # fmt: skip
    return search, rows


def _alive(
    transfers: pl.DataFrame,
    passable: NDArray[np.bool_],
    start: int,
    end: int | None,
    most: int,
) -> NDArray[np.bool_]:
    """Transfers with some way in time from the start, and to the end where there is one."""
    source, target = transfers["source"].to_numpy(), transfers["target"].to_numpy()
    place = order.places(transfers)
    never = int(place.max(initial=0)) + 1
    first = np.full(len(passable), never)
    ahead: NDArray[np.bool_] = source == start
    for _ in range(most - 1):
        np.minimum.at(first, target[ahead], place[ahead])
        ahead = (source == start) | ((place > first[source]) & passable[source])
    if end is None:
        return ahead
    last = np.full(len(passable), -1)
    behind = target == end
    for _ in range(most - 1):
        np.maximum.at(last, source[behind], place[behind])
        behind = (target == end) | ((place < last[target]) & passable[target])
    alive: NDArray[np.bool_] = ahead & behind
    return alive


def _paths(search: Search, ledger: Ledger, rows: NDArray[np.int64]) -> tuple[list[list[int]], bool]:
    """Paths in the order of the query, and whether the search was given up."""
    told = ledger.transfers[rows].select("id", pl.col("amount").fill_null(-1.0))
    ids, amounts = told["id"].to_list(), told["amount"].to_list()
    t = search.transfers

    def entry(path: list[int], known: tuple[str, ...] = ()) -> Entry:
        last, hops = path[-1], len(path) if search.end is None else 0
        return t["place"][last], hops, -amounts[last], (*known, ids[last]), path

    queue = [entry([row]) for row in search.outgoing.get(search.start, ())]
    heapify(queue)
    found: list[Entry] = []
    seen: set[tuple[int, int]] = set()
    steps = 0
    while queue and steps < MOST_STEPS:
        best = heappop(queue)
        path = best[-1]
        last = path[-1]
        key = (t["target"][last], t["asset"][last])
        if search.end is None and key not in seen:
            seen.add(key)
            found.append(best)
        elif t["target"][last] == search.end:
            found.append(best)
            continue
        for row in search.next(path):
            steps += 1
            heappush(queue, entry([*path, row], best[3]))
    found.sort(key=lambda one: (one[0], one[2], one[3]))
    return [one[-1] for one in found], bool(queue)


KERNEL = Kernel(_match)
