"""What each typology must be, written from its definition and not from its source file.

A check is given the legs of one pattern in time order (`source`, `target`, `asset`, `amount`, `ts`)
and the accounts of each role.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import mean, pstdev
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR = 3_600_000
DAY = 24 * HOUR


class Hop(NamedTuple):
    source: str
    target: str
    amount: float
    ts: int


Roles = dict[str, list[str]]


def out_of(hops: list[Hop], account: str) -> list[Hop]:
    return [hop for hop in hops if hop.source == account]


def into(hops: list[Hop], account: str) -> list[Hop]:
    return [hop for hop in hops if hop.target == account]


def total(hops: list[Hop]) -> float:
    return sum(hop.amount for hop in hops)


def in_band(after: float, before: float, low: float = 0.8) -> bool:
    return low <= after / before <= 1.0 + 1e-9


def ring(hops: list[Hop], roles: Roles) -> bool:
    members = [account for accounts in roles.values() for account in accounts]
    around = all(a.target == b.source for a, b in zip(hops, [*hops[1:], hops[0]], strict=True))
    return around and {h.source for h in hops} == set(members) and len(hops) == len(members)


def path(hops: list[Hop], _: Roles) -> bool:
    linked = all(a.target == b.source for a, b in pairwise(hops))
    return linked and len({h.source for h in hops} | {hops[-1].target}) == len(hops) + 1


def in_order(hops: list[Hop], _: Roles) -> bool:
    return all(a.ts < b.ts for a, b in pairwise(hops))


def conserving(hops: list[Hop], _: Roles) -> bool:
    return all(in_band(b.amount, a.amount) for a, b in pairwise(hops))


def dwell(hops: list[Hop], _: Roles) -> bool:
    gaps = [b.ts - a.ts for a, b in pairwise(hops)]
    return 3 <= len(hops) <= 8 and max(gaps) <= DAY


def retained(hops: list[Hop], _: Roles) -> bool:
    return in_band(hops[-1].amount, hops[0].amount)


def fan_in(hops: list[Hop], roles: Roles) -> bool:
    center = roles["center"][0]
    got, sent = into(hops, center), out_of(hops, center)
    return (
        len({hop.source for hop in got}) >= 5
        and got[-1].ts < sent[0].ts
        and in_band(total(sent), total(got))
        and hops[-1].ts - hops[0].ts <= 14 * DAY
    )


def fan_out(hops: list[Hop], roles: Roles) -> bool:
    center = roles["center"][0]
    got, sent = into(hops, center), out_of(hops, center)
    return (
        len({hop.target for hop in sent}) >= 5
        and got[-1].ts < sent[0].ts
        and in_band(total(sent), total(got))
    )


def two_hops(hops: list[Hop], roles: Roles) -> bool:
    branches = []
    for middle in roles["intermediary"]:
        (got,), (sent,) = into(hops, middle), out_of(hops, middle)
        ends = got.source == roles["source"][0] and sent.target == roles["collector"][0]
        branches.append(ends and got.ts < sent.ts and in_band(sent.amount, got.amount))
    return len(branches) >= 3 and all(branches)


def gather_scatter(hops: list[Hop], roles: Roles) -> bool:
    center = roles["center"][0]
    got, sent = into(hops, center), out_of(hops, center)
    return (
        len({h.source for h in got}) >= 3
        and len({h.target for h in sent}) >= 3
        and got[-1].ts < sent[0].ts
        and in_band(total(sent), total(got))
    )


def bipartite(hops: list[Hop], roles: Roles) -> bool:
    left, right = set(roles["source"]), set(roles["destination"])
    pairs = {(h.source, h.target) for h in hops}
    return (
        min(len(left), len(right)) >= 3
        and all(a in left and b in right for a, b in pairs)
        and len(pairs) >= 0.6 * len(left) * len(right)
    )


def stack(hops: list[Hop], roles: Roles) -> bool:
    middle = set(roles["intermediary"])
    first = [h for h in hops if h.target in middle]
    second = [h for h in hops if h.source in middle]
    layers = {"source": roles["source"], "destination": roles["intermediary"]}
    onward = {"source": roles["intermediary"], "destination": roles["destination"]}
    return (
        bipartite(first, layers)
        and bipartite(second, onward)
        and first[-1].ts < second[0].ts
        and in_band(total(second), total(first))
    )


def split_merge(hops: list[Hop], roles: Roles) -> bool:
    start, end = roles["source"][0], roles["merge_point"][0]
    leaving, arriving = out_of(hops, start), into(hops, end)
    for first in leaving:
        hop = first
        while hop.target != end:
            (following,) = out_of(hops, hop.target)
            if following.ts <= hop.ts:
                return False
            hop = following
    return (
        len(leaving) >= 2
        and in_band(total(arriving), total(leaving))
        and leaving[-1].ts - leaving[0].ts <= DAY
        and arriving[-1].ts - arriving[0].ts <= DAY
    )


def peel_chain(hops: list[Hop], roles: Roles) -> bool:
    holders = [roles["origin"][0], *roles["chain"]]
    steps = 0
    held: float | None = None
    for holder, following in pairwise(holders):
        large = [h for h in out_of(hops, holder) if h.target == following]
        small = [h for h in out_of(hops, holder) if h.target in roles["peel_target"]]
        if len(large) != 1 or not small:
            return False
        if held is not None:
            peeled = total(small) / held
            if not 0.8 <= large[0].amount / held <= 0.995 or not 0.005 <= peeled <= 0.2:
                return False
            if max(h.ts for h in (*large, *small)) - into(hops, holder)[0].ts > DAY:
                return False
        held, steps = large[0].amount, steps + 1
    return 5 <= steps <= 20


def returns(hops: list[Hop], roles: Roles) -> bool:
    good = []
    for spoke in roles["spoke"]:
        (got,), (sent,) = into(hops, spoke), out_of(hops, spoke)
        good.append(0 < sent.ts - got.ts <= 3 * DAY and in_band(sent.amount, got.amount))
    return len(good) >= 5 and all(good)


def smurfing(hops: list[Hop], roles: Roles) -> bool:
    amounts = [hop.amount for hop in hops]
    return (
        {hop.target for hop in hops} == set(roles["collector"])
        and len({hop.source for hop in hops}) >= 5
        and hops[-1].ts - hops[0].ts <= DAY
        and pstdev(amounts) / mean(amounts) < 0.2
    )


def structuring(hops: list[Hop], roles: Roles) -> bool:
    amounts = [hop.amount for hop in hops]
    # All within 0.80 to 0.99 of one threshold.
    return (
        {hop.source for hop in hops} == set(roles["structurer"])
        and len(hops) >= 5
        and max(amounts) / min(amounts) <= 0.99 / 0.80
        and 1 - pstdev(amounts) / mean(amounts) >= 0.8
    )


def burst(hops: list[Hop], roles: Roles) -> bool:
    actor = roles["actor"][0]
    mine = [h for h in hops if actor in {h.source, h.target}]
    return len(mine) == len(hops) >= 10 and hops[-1].ts - hops[0].ts < HOUR


def wash_loop(hops: list[Hop], roles: Roles) -> bool:
    members = [*roles["origin"], *roles["member"]]
    rounds = len(hops) / len(members)
    middle = sorted(h.amount for h in hops)[len(hops) // 2]
    balanced = all(
        abs(total(into(hops, m)) - total(out_of(hops, m)))
        <= 0.05 * (total(into(hops, m)) + total(out_of(hops, m)))
        for m in members
    )
    return (
        rounds >= 3
        and rounds == int(rounds)
        and all(a.target == b.source for a, b in pairwise(hops))
        and in_order(hops, roles)
        and all(abs(h.amount - middle) <= 0.06 * middle for h in hops)
        and balanced
        and hops[-1].ts - hops[0].ts <= 7 * DAY
    )


def sybil_cluster(hops: list[Hop], roles: Roles) -> bool:
    controller = roles["controller"][0]
    funding = []
    for member in roles["member"]:
        mine = [h for h in hops if member in {h.source, h.target}]
        sides = [h.source == controller for h in mine]
        if len(mine) < 2 or sides != [i % 2 == 0 for i in range(len(mine))]:
            return False
        funding.append(mine[0])
    amounts = [h.amount for h in funding]
    times = [h.ts for h in funding]
    return (
        len(funding) >= 5
        and max(times) - min(times) <= DAY
        and pstdev(amounts) / mean(amounts) <= 0.25
    )


def one_payer(hops: list[Hop], _: Roles) -> bool:
    return len({h.source for h in hops}) == 1 and len({h.target for h in hops}) >= 3


def one_payee(hops: list[Hop], _: Roles) -> bool:
    return len({h.target for h in hops}) == 1 and len({h.source for h in hops}) >= 2


def batches(hops: list[Hop], roles: Roles) -> bool:
    """Between two payments to all stands much more time than inside one."""
    size = max(len(accounts) for accounts in roles.values())
    parts = [hops[i : i + size] for i in range(0, len(hops), size)]
    inside = max(part[-1].ts - part[0].ts for part in parts)
    between = min(b[0].ts - a[-1].ts for a, b in pairwise(parts))
    return len(parts) >= 2 and inside < between


def within_an_hour(hops: list[Hop], _: Roles) -> bool:
    return hops[-1].ts - hops[0].ts <= HOUR


def same_amount(hops: list[Hop], _: Roles) -> bool:
    return len({h.amount for h in hops}) == 1


def refund(hops: list[Hop], _: Roles) -> bool:
    paid, back = hops
    same = (paid.source, paid.target, paid.amount) == (back.target, back.source, back.amount)
    return same and paid.ts < back.ts


def market_making(hops: list[Hop], roles: Roles) -> bool:
    maker = roles["maker"][0]
    return (
        all(maker in {h.source, h.target} for h in hops)
        and len(out_of(hops, maker)) >= 3
        and len(into(hops, maker)) >= 3
    )


def sweep(hops: list[Hop], roles: Roles) -> bool:
    good = []
    for deposit in roles["deposit"]:
        (got,), (sent,) = into(hops, deposit), out_of(hops, deposit)
        good.append(got.amount == sent.amount and got.ts < sent.ts)
        good.append(sent.target == roles["exchange"][0])
    return all(good)


CHECKS: dict[str, Callable[[list[Hop], Roles], bool]] = {
    check.__name__: check
    for check in (
        ring, path, in_order, conserving, dwell, retained, fan_in, fan_out, two_hops,
        gather_scatter, bipartite, stack, split_merge, peel_chain, returns, smurfing, structuring,
        burst, wash_loop, sybil_cluster, one_payer, one_payee, batches, within_an_hour, same_amount,
        refund, market_making, sweep,
    )
}  # fmt: skip
