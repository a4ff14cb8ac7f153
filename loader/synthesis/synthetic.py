"""Makes ledgers: ordinary traffic with heavy tails and rhythm, planted patterns, look-alikes.

Everything is drawn from one seeded generator in whole columns, so the same options give the same
bytes. Planted transfers lie inside the ledger's time range, between accounts that have ordinary
traffic too, and nothing in a row tells them apart: the truth is in files of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

DAY_SECONDS = 86_400
START = 1_704_067_200  # 2024-01-01T00:00:00Z, a Monday

_ACTIVITY_EXPONENT = 2.1
_REPEAT_SHARE = 0.7
_FRIENDS = 4
_HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 9, 8, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1], float)
_WEEKDAYS = np.array([10, 10, 10, 10, 11, 5, 4], float)

_MAPPING = """\
# What the columns of transfers.csv mean; see spec of the csv format in README.
network: {network}
format: csv
from: {{column: sender}}
to: {{column: receiver}}
amount: {{column: amount, unit: whole, decimals: 2}}
asset: {{constant: "{network}:EUR"}}
time: {{column: time, format: epoch_s}}
order: [position]
id: {{columns: [reference]}}
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to make; `rings`, `fan_ins` and `fan_outs` are planted, the rest are look-alikes."""

    network: str = "demo"
    accounts: int = 2_000
    transfers: int = 20_000
    days: int = 90
    hubs: int = 5
    rings: int = 14
    fan_ins: int = 10
    fan_outs: int = 10
    payrolls: int = 4
    refunds: int = 60
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Made:
    """Where the ledger is; `labels` tells for every account whether a planted pattern needs it."""

    transfers_file: Path
    mapping: Path
    labels: Path
    planted: Path
    transfers: int
    accounts: int
    patterns: int


@dataclass(slots=True)
class _Legs:
    """Columns of transfers in the making; amounts in cents."""

    source: Integers
    target: Integers
    cents: Integers
    time: Integers


def generate(out: Path, recipe: Recipe | None = None) -> Made:
    """Write transfers.csv, mapping.yaml, labels.csv and planted.json into a folder."""
    recipe = recipe or Recipe()
    rng = np.random.default_rng(recipe.seed)
    patterns = _plant(rng, recipe)
    similar = [*_payrolls(rng, recipe), *_refunds(rng, recipe)]
    special = [legs for _, _, legs in patterns] + similar
    ordinary = _ordinary(rng, recipe, recipe.transfers - sum(len(legs.time) for legs in special))
    frame = _ledger(rng, recipe, [ordinary, *special])
    out.mkdir(parents=True, exist_ok=True)
    made = Made(
        out / "transfers.csv",
        out / "mapping.yaml",
        out / "labels.csv",
        out / "planted.json",
        len(frame),
        recipe.accounts,
        len(patterns),
    )
    frame.write_csv(made.transfers_file)
    made.mapping.write_text(_MAPPING.format(network=recipe.network), encoding="utf-8")
    _write_truth(made, recipe, patterns)
    return made


def _write_truth(made: Made, recipe: Recipe, patterns: list[tuple[str, Integers, _Legs]]) -> None:
    guilty = np.zeros(recipe.accounts, dtype=np.int64)
    for _, members, _ in patterns:
        guilty[members] = 1
    names = _names(np.arange(recipe.accounts))
    pl.DataFrame({"id": names, "label": guilty}).write_csv(made.labels)
    planted = [
        {
            "pattern": f"{kind}-{number}",
            "type": kind,
            "accounts": [f"{recipe.network}:{name}" for name in _names(members)],
            "start": int(legs.time.min()),
            "end": int(legs.time.max()),
        }
        for number, (kind, members, legs) in enumerate(patterns)
    ]
    made.planted.write_text(json.dumps(planted, indent=1) + "\n", encoding="utf-8")


def _names(index: Integers) -> pl.Series:
    # Scattered numbers: neighbours in the index must not be neighbours in the alphabet.
    codes = (index * 7_919 + 104_729) % 1_000_003
    return pl.Series("account", codes, dtype=pl.Int64).cast(pl.String).str.zfill(7)


def _times(rng: np.random.Generator, recipe: Recipe, count: int) -> Integers:
    days = np.arange(recipe.days)
    weights = _WEEKDAYS[days % 7]
    day = rng.choice(days, count, p=weights / weights.sum())
    hour = rng.choice(24, count, p=_HOURS / _HOURS.sum())
    return START + day * DAY_SECONDS + hour * 3_600 + rng.integers(0, 3_600, count)


def _cents(rng: np.random.Generator, count: int) -> Integers:
    return np.maximum(1, np.round(rng.lognormal(9.2, 1.3, count))).astype(np.int64)


def _ordinary(rng: np.random.Generator, recipe: Recipe, count: int) -> _Legs:
    """Power-law senders, favourite counterparties, and hubs that many deal with."""
    ranks = rng.permutation(recipe.accounts) + 1
    weights = ranks ** (-1 / (_ACTIVITY_EXPONENT - 1))
    weights /= weights.sum()
    # Everyone sends once, so that every account exists.
    source = np.concatenate(
        [
            np.arange(recipe.accounts),
            rng.choice(recipe.accounts, count - recipe.accounts, p=weights),
        ]
    )
    friends = rng.choice(recipe.accounts, (recipe.accounts, _FRIENDS), p=weights)
    favourite = friends[source, rng.integers(0, _FRIENDS, count)]
    anyone = rng.choice(recipe.accounts, count, p=weights)
    hub = rng.integers(0, recipe.hubs, count)
    kind = rng.random(count)
    target = np.where(kind < _REPEAT_SHARE, favourite, np.where(kind < 0.9, anyone, hub))  # noqa: PLR2004
    away = rng.random(count) < 0.97  # noqa: PLR2004 - a few transfers to oneself are normal
    target = np.where((target == source) & away, (target + 1) % recipe.accounts, target)
    return _Legs(source, target, _cents(rng, count), _times(rng, recipe, count))


def _members(rng: np.random.Generator, recipe: Recipe, count: int) -> Integers:
    return rng.choice(np.arange(recipe.hubs, recipe.accounts), count, replace=False)


def _start(rng: np.random.Generator, recipe: Recipe, span_days: int) -> int:
    last = START + (recipe.days - span_days) * DAY_SECONDS
    return int(np.clip(_times(rng, recipe, 1)[0], START, last))


def _plant(rng: np.random.Generator, recipe: Recipe) -> list[tuple[str, Integers, _Legs]]:
    rings = [("cycle", *_ring(rng, recipe)) for _ in range(recipe.rings)]
    fan_ins = [("fan_in", *_fan(rng, recipe, inward=True)) for _ in range(recipe.fan_ins)]
    fan_outs = [("fan_out", *_fan(rng, recipe, inward=False)) for _ in range(recipe.fan_outs)]
    return [*rings, *fan_ins, *fan_outs]


def _ring(rng: np.random.Generator, recipe: Recipe) -> tuple[Integers, _Legs]:
    """A sum that travels round three to five accounts, a little less at every hop."""
    length, rounds = int(rng.integers(3, 6)), int(rng.integers(1, 4))
    members = _members(rng, recipe, length)
    hops = length * rounds
    source = members[np.arange(hops) % length]
    target = members[(np.arange(hops) + 1) % length]
    kept = np.cumprod(rng.uniform(0.93, 1.0, hops))
    cents = np.round(rng.lognormal(11.5, 0.6) * kept).astype(np.int64)
    time = _start(rng, recipe, 14) + np.cumsum(rng.integers(1_800, 30_000, hops))
    return members, _Legs(source, target, cents, time)


def _fan(rng: np.random.Generator, recipe: Recipe, *, inward: bool) -> tuple[Integers, _Legs]:
    """Many pay one who passes it on, or one is paid and pays many; the centre keeps little."""
    others = int(rng.integers(8, 16))
    picked = _members(rng, recipe, others + 2)
    centre, partner, ends = picked[0], picked[1], picked[2:]
    parts = np.round(rng.lognormal(9.8, 0.25, others)).astype(np.int64)
    total = np.array([int(parts.sum() * rng.uniform(0.93, 0.99))])
    begin = _start(rng, recipe, 10)
    many = begin + np.sort(rng.integers(0, 4 * DAY_SECONDS, others))
    one = np.array([many.max() if inward else begin]) + (1 if inward else -1) * rng.integers(
        3_600, DAY_SECONDS, 1
    )
    if inward:
        source, target = np.append(ends, centre), np.append(np.full(others, centre), partner)
        cents, time = np.append(parts, total), np.append(many, one)
    else:
        source, target = np.append(partner, np.full(others, centre)), np.append(centre, ends)
        cents, time = np.append(parts.sum(keepdims=True), parts), np.append(one, many)
    return picked[:1], _Legs(source, target, cents, np.maximum(time, START))


def _payrolls(rng: np.random.Generator, recipe: Recipe) -> list[_Legs]:
    """Benign: the same payees, once a month, by one payer."""
    result = []
    for _ in range(recipe.payrolls):
        picked = _members(rng, recipe, 21)
        months = np.arange(max(1, recipe.days // 30))
        time = START + (months * 30 + 25) * DAY_SECONDS + 9 * 3_600
        time = np.repeat(time, 20) + np.tile(np.arange(20) * 3, len(months))
        cents = np.tile(np.round(rng.normal(250_000, 30_000, 20)).astype(np.int64), len(months))
        legs = _Legs(np.full(len(time), picked[0]), np.tile(picked[1:], len(months)), cents, time)
        inside = time < START + recipe.days * DAY_SECONDS
        result.append(_Legs(*(c[inside] for c in (legs.source, legs.target, cents, time))))
    return result


def _refunds(rng: np.random.Generator, recipe: Recipe) -> list[_Legs]:
    """Benign: a payment that comes back in full a few days later."""
    source = _members(rng, recipe, recipe.refunds)
    target = rng.integers(0, recipe.hubs, recipe.refunds)
    cents = _cents(rng, recipe.refunds)
    paid = np.minimum(_times(rng, recipe, recipe.refunds), START + (recipe.days - 6) * DAY_SECONDS)
    back = paid + rng.integers(DAY_SECONDS, 5 * DAY_SECONDS, recipe.refunds)
    return [_Legs(source, target, cents, paid), _Legs(target, source, cents, back)]


def _ledger(rng: np.random.Generator, recipe: Recipe, parts: list[_Legs]) -> pl.DataFrame:
    """One table in time order, with a reference per row that says nothing of its origin."""
    time = np.concatenate([part.time for part in parts])
    last = START + recipe.days * DAY_SECONDS - 1
    order = np.lexsort((rng.random(len(time)), np.clip(time, START, last)))
    cents = np.concatenate([part.cents for part in parts])[order]
    frame = pl.DataFrame(
        {
            "reference": np.arange(len(time)) + 1,
            "sender": _names(np.concatenate([part.source for part in parts])[order]),
            "receiver": _names(np.concatenate([part.target for part in parts])[order]),
            "cents": cents,
            "time": np.clip(time, START, last)[order],
        }
    )
    return frame.select(
        pl.format("r{}", pl.col("reference").cast(pl.String).str.zfill(8)).alias("reference"),
        "sender",
        "receiver",
        pl.format(
            "{}.{}", pl.col("cents") // 100, (pl.col("cents") % 100).cast(pl.String).str.zfill(2)
        ).alias("amount"),
        "time",
        pl.int_range(pl.len()).over("time").alias("position"),
    )
