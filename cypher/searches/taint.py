"""Follows tainted money through the transfers of one asset, in exact integers.

What an account holds is known only from the transfers read: where it spends more, the missing
amount is taken to be clean money that it held before (`opening`). A transfer whose place inside its
ledger is unknown spends what its sender had before that ledger, and can be spent after it.

The pass is sequential by nature: an account's state decides over its next transfer. So the
transfers that tainted money can reach at all are found columnar first, and only they are walked.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from numpy.typing import NDArray

    from cypher.ledger import Ledger

EVIDENCE = 10
"""Transfers kept an account: those that carry the largest tainted parts."""
ORIGINS = 16
"""Seeds told apart in one sum of money; the smallest beyond are counted as OTHERS."""
OTHERS = -1

Origins = dict[int, int]
"""Base units by the seed (account number) they came from."""


@dataclass(slots=True)
class Holding:
    """An account's money of one asset as far as it is known, in base units.

    Attributes:
        balance: all that is known to be there.
        taint: the tainted part (poison: not kept).
        opening: what it must have held before.
        received: tainted money that arrived, also where it was absorbed.
        absorbed: what was absorbed here.
        hops: fewest transfers from a seed, 0 without taint.
        first: epoch ms of the first tainted receipt.
        origins: `received` by seed.
        pool: `taint` by seed (haircut).
        lots: what is there, oldest first: amount, taint, its origins (FIFO).
        parts: the largest tainted parts that arrived, with their rows: a heap.
    """

    balance: int = 0
    taint: int = 0
    opening: int = 0
    received: int = 0
    absorbed: int = 0
    hops: int = 0
    first: int = 0
    origins: Origins = field(default_factory=dict)
    pool: Origins = field(default_factory=dict)
    lots: deque[tuple[int, int, Origins]] = field(default_factory=deque)
    parts: list[tuple[int, int]] = field(default_factory=list)

    def cover(self, amount: int) -> int:
        """Take what is missing for spending `amount` as held before; returns it."""
        missing = max(0, amount - self.balance)
        self.opening += missing
        self.balance += missing
        return missing


class Method(Protocol):
    """How taint mixes with other money."""

    conserves: bool
    """Whether taint is neither made nor lost on the way."""

    def spend(self, held: Holding, amount: int, least: int) -> tuple[int, Origins]:
        """Take `amount` out; returns the tainted part, nothing where it is below `least`."""
        ...

    def keep(self, held: Holding, amount: int, taint: int, origins: Origins) -> None:
        """Put `amount` in, of which `taint` is tainted."""
        ...

    def tainted(self, held: Holding) -> int:
        """Tainted money that is there."""
        ...


class Poison:
    """Whoever received tainted money spends only tainted money."""

    conserves = False

    def spend(self, held: Holding, amount: int, least: int) -> tuple[int, Origins]:
        """All of it."""
        held.cover(amount)
        held.balance -= amount
        if not held.hops or amount < least:
            return 0, {}
        return amount, split(held.origins, amount, held.received)

    def keep(self, held: Holding, amount: int, taint: int, origins: Origins) -> None:  # noqa: ARG002
        """The flag is `hops`, set with the receipt."""
        held.balance += amount

    def tainted(self, held: Holding) -> int:
        """All that is there."""
        return held.balance if held.hops else 0


class Haircut:
    """Every payment carries the same share of taint as what is there."""

    conserves = True

    def spend(self, held: Holding, amount: int, least: int) -> tuple[int, Origins]:
        """x·T/B, rounded down; the remainder stays."""
        held.cover(amount)
        # Taint that had to stay (`least`) may exceed what is there.
        dirty = held.taint > 0 and amount > 0
        part = min(amount, amount * held.taint // held.balance) if dirty else 0
        held.balance -= amount
        if part < max(1, least):
            return 0, {}
        origins = split(held.pool, part, held.taint)
        held.taint -= part
        left = {seed: value - origins.get(seed, 0) for seed, value in held.pool.items()}
        held.pool = {seed: value for seed, value in left.items() if value}
        return part, origins

    def keep(self, held: Holding, amount: int, taint: int, origins: Origins) -> None:
        """Both add up."""
        held.balance += amount
        held.taint += taint
        merge(held.pool, origins)

    def tainted(self, held: Holding) -> int:
        """The tainted part."""
        return held.taint


class Fifo:
    """What came first is spent first, lot by lot."""

    conserves = True

    def spend(self, held: Holding, amount: int, least: int) -> tuple[int, Origins]:
        """The oldest lots; of a lot that is split the same share of taint, rounded down."""
        if missing := held.cover(amount):
            held.lots.appendleft((missing, 0, {}))
        held.balance -= amount
        part, origins = 0, dict[int, int]()
        while amount:
            size, taint, sources = held.lots.popleft()
            if size > amount:
                rest = taint - taint * amount // size
                gone = split(sources, taint - rest, taint)
                left = {seed: value - gone.get(seed, 0) for seed, value in sources.items()}
                held.lots.appendleft((size - amount, rest, left))
                size, taint, sources = amount, taint - rest, gone
            amount -= size
            part += taint
            merge(origins, sources)
        if part < max(1, least):
            return 0, {}  # it stays: counted in `taint`, in no lot any more
        held.taint -= part
        return part, origins

    def keep(self, held: Holding, amount: int, taint: int, origins: Origins) -> None:
        """A new lot."""
        held.balance += amount
        held.taint += taint
        if amount:
            held.lots.append((amount, taint, origins))

    def tainted(self, held: Holding) -> int:
        """The tainted part."""
        return held.taint


def split(origins: Origins, part: int, whole: int) -> Origins:
    """`part` of `whole` by origin: rounded down, the rest to the largest that have it."""
    if not part:
        return {}
    if len(origins) == 1:
        return dict.fromkeys(origins, part)
    shares = {seed: value * part // whole for seed, value in origins.items()}
    rest = part - sum(shares.values())
    for seed in sorted(origins, key=lambda s: (-origins[s], s)) if rest else ():
        more = min(rest, max(0, origins[seed] - shares[seed])) if part <= whole else rest
        shares[seed] += more
        rest -= more
    return {seed: value for seed, value in shares.items() if value}


def merge(into: Origins, more: Origins) -> None:
    """Add up, and keep few origins apart."""
    for seed, value in more.items():
        into[seed] = into.get(seed, 0) + value
    if len(into) > ORIGINS:
        small = sorted((s for s in into if s != OTHERS), key=lambda s: (-into[s], s))[ORIGINS - 1 :]
        into[OTHERS] = into.get(OTHERS, 0) + sum(into.pop(seed) for seed in small)


@dataclass(frozen=True, slots=True)
class Rules:
    """Where taint begins and ends.

    Attributes:
        seeds: account numbers, with the epoch ms from which on all they send is tainted.
        transfers: by row, whether it is tainted whole whoever sends it.
        stops: by account, whether it absorbs what arrives.
        max_hops: taint that came so far stays.
        least: base units; a smaller tainted part stays, also with a seed.
        factor: what is left of a tainted part after a transfer; the rest is `decayed`.
    """

    seeds: Mapping[int, int]
    transfers: NDArray[np.bool_]
    stops: NDArray[np.bool_]
    max_hops: int
    least: int
    factor: Fraction


@dataclass(slots=True)
class Outcome:
    """Holdings by account number, and the sums of the run in base units."""

    holdings: dict[int, Holding] = field(default_factory=dict)
    injected: int = 0
    absorbed: int = 0
    decayed: int = 0


def reach(ledger: Ledger, rules: Rules) -> NDArray[np.bool_]:
    """Rows of transfers that matter: into or out of an account that taint may reach in time."""
    columns = (ledger.transfers[name].to_numpy() for name in ("source", "target", "ts"))
    source, target, ts = columns
    size = ledger.accounts.height
    late = np.int64(2**62)
    active = np.full(size, late)
    for seed, since in rules.seeds.items():
        active[seed] = since
    injects = rules.transfers | (ts >= active[source])
    arrival = np.full(size, late)
    passes = injects
    for _ in range(rules.max_hops):
        before = arrival.copy()
        np.minimum.at(arrival, target[passes], ts[passes])
        passes = injects | ((ts >= arrival[source]) & ~rules.stops[source])
        if np.array_equal(before, arrival):
            break
    live = (arrival < late) & ~rules.stops
    matter: NDArray[np.bool_] = (injects | live[source] | live[target]) & (source != target)
    return matter


class Receipt(NamedTuple):
    """A transfer on its way: what of it is tainted, by whom, how many transfers from a seed."""

    row: int
    target: int
    ts: int
    amount: int
    part: int
    hops: int
    origins: Origins


@dataclass(frozen=True, slots=True)
class Walk:
    """One pass under given rules."""

    rules: Rules
    method: Method
    outcome: Outcome = field(default_factory=Outcome)

    def send(self, source: int, ts: int, amount: int, *, marked: bool) -> tuple[int, int, Origins]:
        """Let `amount` leave: the tainted part, its transfers from a seed, its origins."""
        rules, outcome = self.rules, self.outcome
        since = rules.seeds.get(source)
        if since is not None and ts >= since:
            part = amount if amount >= rules.least else 0
            outcome.injected += part
            return part, 1, {source: part} if part else {}
        held = outcome.holdings.setdefault(source, Holding())
        part, origins = 0, dict[int, int]()
        if not rules.stops[source]:  # what a stop sends is its own
            blocked = held.hops >= rules.max_hops
            part, origins = self.method.spend(held, amount, amount + 1 if blocked else rules.least)
        if marked and amount >= rules.least:
            outcome.injected += amount - part
            merge(origins, {source: amount - part})
            return amount, 1, origins
        return part, held.hops + 1, origins

    def receive(self, sent: Receipt) -> None:
        """Let a transfer arrive."""
        held = self.outcome.holdings.setdefault(sent.target, Holding())
        part, origins = sent.part, sent.origins
        if part and self.rules.factor != 1:
            part = int(part * self.rules.factor)
            self.outcome.decayed += sent.part - part
            origins = split(origins, part, sent.part)
        since = self.rules.seeds.get(sent.target)
        if self.rules.stops[sent.target] or (since is not None and sent.ts >= since):
            self.outcome.absorbed += part
            held.absorbed += part
        else:
            self.method.keep(held, sent.amount, part, origins)
        if not part:
            return
        held.received += part
        held.first = held.first if held.hops else sent.ts
        held.hops = min(held.hops or sent.hops, sent.hops)
        merge(held.origins, origins)
        # Of equal parts the earlier row stays.
        entry = (part, -sent.row)
        if len(held.parts) < EVIDENCE:
            heappush(held.parts, entry)
        else:
            heappushpop(held.parts, entry)


def follow(ledger: Ledger, rules: Rules, method: Method) -> Outcome:
    """Walk the transfers in time order; rows without `amount_base` carry nothing.

    Raises:
        ArithmeticError: taint was made or lost: a defect of this module.
    """
    rows = (
        ledger.transfers.with_row_index("row")
        .with_columns(marked=pl.Series(rules.transfers))
        .filter(pl.Series(reach(ledger, rules)), pl.col("amount_base").is_not_null())
        .sort("ts", "ledger", ~pl.col("unordered"), "ord", "id")
    )
    walk, waiting, block = Walk(rules, method), list[Receipt](), None
    columns = ("row", "source", "target", "ts", "ledger", "amount_base", "unordered", "marked")
    for row, source, target, ts, number, text, unordered, marked in zip(
        *(rows[name].to_list() for name in columns), strict=True
    ):
        if block != (ts, number):
            for sent in waiting:
                walk.receive(sent)
            waiting.clear()
            block = (ts, number)
        amount = int(text)
        sent = Receipt(row, target, ts, amount, *walk.send(source, ts, amount, marked=marked))
        if unordered:
            waiting.append(sent)
        else:
            walk.receive(sent)
    for sent in waiting:
        walk.receive(sent)
    outcome = walk.outcome
    there = sum(held.taint for held in outcome.holdings.values())
    if method.conserves and there + outcome.absorbed + outcome.decayed != outcome.injected:
        raise ArithmeticError("Taint was made or lost on the way.")
    return outcome
