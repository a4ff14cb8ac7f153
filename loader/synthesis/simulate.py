"""Simulates a ledger of ordinary traffic, written chunk by chunk so that memory stays bounded.

Activity follows a power law, amounts are log-normal per asset, traffic has the rhythm of days and
weeks and sudden bursts; most pay the same few counterparties again, some use exchanges, whose
deposit accounts are swept. Nothing is planted here: that is `loader.synthesis.inject`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import ParameterError
from loader import tokens
from loader.synthesis import outputs
from loader.synthesis.outputs import DECIMALS, Output, OutputFormat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Floats = NDArray[np.float64]

START = 1_704_067_200  # 2024-01-01T00:00:00Z
ASSETS = ("XLM", "USDC:GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN")
_NATIVE = ("XLM", outputs.NATIVE)

_CHUNK_ROWS = 250_000
_ACTIVITY_EXPONENT = 2.1
_HEAD = 8  # softens the power law, so that no ordinary account has a tenth of all traffic
_FRIENDS = 4
_FOUNDERS = 0.6  # the others join over time
_KINDS = {"friend": 0.70, "deposit": 0.78, "sweep": 0.81, "withdrawal": 0.88}  # the rest: anyone
_DEPOSIT_SHARE = 0.05  # of accounts that belong to an exchange
_KEEN = 0.1  # of transfers are sent by accounts that joined lately
_SELF, _FAILED = 0.004, 0.012
_HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 9, 8, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1], float)
_WEEKDAYS = np.array([10, 10, 10, 10, 11, 5, 4], float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to simulate.

    Attributes:
        transfers: rows of the ledger; twenty an account where none are asked for.
        start: epoch seconds of the first ledger.
        assets: codes, `CODE` or `CODE:issuer`, the most used first.
        hubs: how many of the accounts are exchanges.
    """

    accounts: int = 1_000
    ledgers: int = 5_000
    ledger_seconds: int = 5
    start: int = START
    assets: tuple[str, ...] = ASSETS
    seed: int = 42
    hubs: int = 5
    transfers: int | None = None
    network: str = "simulated"
    format: OutputFormat = "csv"

    @property
    def rows(self) -> int:
        """Rows to write, failed operations included."""
        return self.accounts * 20 if self.transfers is None else self.transfers

    def check(self) -> None:
        """Refuse what no ledger can be.

        Raises:
            ParameterError: it names the option.
        """
        for name, value, least in (
            ("accounts", self.accounts, self.hubs + 10),
            ("ledgers", self.ledgers, 1),
            ("ledger-seconds", self.ledger_seconds, 1),
            ("hubs", self.hubs, 0),
            ("seed", self.seed, 0),
            ("assets", len(self.assets), 1),
            ("transfers", self.rows, self.accounts),
        ):
            if value < least:
                remedy = "Every account needs a transfer." if name == "transfers" else None
                raise ParameterError("simulate", name, f"must be at least {least}", remedy)
        outputs.check_assets(self.format, self.assets)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written.

    Attributes:
        rows: of the ledger; `transfers` of them succeeded, `failed` did not.
        accounts: that take part in transfers.
        sha256: of the files, by name.
    """

    transfers: int
    rows: int
    failed: int
    accounts: int
    files: list[Path]
    sha256: dict[str, str]


def simulate(out: Path, simulation: Simulation | None = None) -> Simulated:
    """Write a ledger into a folder, a table with its mapping.yaml.

    Raises:
        ParameterError: an option is out of range.
    """
    simulation = simulation or Simulation()
    simulation.check()
    output = Output(out, simulation.format, simulation.network)
    rows = failed = 0
    for frame in chunks(simulation):
        rows += frame.height
        failed += int((frame["successful"] == "false").sum())
        output.add(frame)
    hashes = output.finish()
    return Simulated(rows - failed, rows, failed, simulation.accounts, output.files, hashes)


def chunks(simulation: Simulation) -> Iterator[pl.DataFrame]:
    """The rows in ledger order, whole ledgers a chunk; each chunk has a generator of its own."""
    town = _Town.found(simulation)
    bounds = np.searchsorted(
        np.cumsum(town.counts), np.arange(0, simulation.rows, _CHUNK_ROWS), side="left"
    )
    edges = [0, *np.unique(bounds[1:]).tolist(), simulation.ledgers]
    for number, (low, high) in enumerate(pairwise(edges)):
        rng = np.random.default_rng([simulation.seed, 1, number])
        frame = _rows(rng, simulation, town, low, high)
        if frame.height:
            yield frame


@dataclass(slots=True)
class _Town:
    """The accounts and how they behave, drawn once.

    Attributes:
        counts: rows of every ledger.
        born: ledger of the one transfer that every account is sure to have, ascending from
            `founders` on; founders are there from the start.
        mass: cumulated weights of activity, in the order of accounts.
        deposits: accounts that belong to exchanges, and to which.
    """

    counts: Integers
    born: Integers
    founders: int
    mass: Floats
    friends: NDArray[np.int32]
    deposits: Integers
    exchange: Integers
    names: pl.Series = field(repr=False)

    @classmethod
    def found(cls, simulation: Simulation) -> _Town:
        rng = np.random.default_rng([simulation.seed, 0])
        accounts = simulation.accounts
        rhythm = _rhythm(rng, simulation)
        founders = max(simulation.hubs + 10, int(_FOUNDERS * accounts))
        born = rng.choice(simulation.ledgers, accounts, p=rhythm)
        born[founders:] = np.sort(born[founders:])
        counts = rng.multinomial(simulation.rows - accounts, rhythm)
        counts += np.bincount(born, minlength=simulation.ledgers)
        ranks = rng.permutation(accounts) + _HEAD
        mass = np.cumsum(ranks ** (-1 / (_ACTIVITY_EXPONENT - 1)))
        # Whoever joins knows those who are there already.
        known = np.maximum(np.arange(accounts) + 1, founders)
        friends = np.searchsorted(
            mass, rng.random((accounts, _FRIENDS)) * mass[known - 1][:, None]
        ).astype(np.int32)
        taken = int(_DEPOSIT_SHARE * accounts) if simulation.hubs else 0
        deposits = simulation.hubs + rng.choice(founders - simulation.hubs, taken, replace=False)
        exchange = rng.integers(0, max(1, simulation.hubs), taken)
        names = tokens.scattered(np.arange(accounts), simulation.seed)
        return cls(counts, born, founders, mass, friends, deposits, exchange, names)


def _rhythm(rng: np.random.Generator, simulation: Simulation) -> Floats:
    """The share of traffic of every ledger: hour, weekday, unsteady hours and sudden bursts."""
    time = simulation.start + np.arange(simulation.ledgers) * simulation.ledger_seconds
    weight = _HOURS[time // 3_600 % 24] * _WEEKDAYS[(time // 86_400 + 3) % 7]
    block = (time - time[0]) // 900
    unrest = rng.lognormal(0, 0.35, int(block[-1]) + 1)
    unrest[rng.random(len(unrest)) < 0.01] *= 4  # noqa: PLR2004 - one quarter of an hour in a hundred
    weight *= unrest[block]
    return np.asarray(weight / weight.sum())


@dataclass(slots=True)
class _Traffic:
    """Columns of a chunk in the making.

    Attributes:
        sure: rows that must succeed, because an account has no other.
        swept: of a sweep the row of a deposit that it takes along, else -1.
    """

    ledger: Integers
    source: Integers
    target: Integers
    sure: NDArray[np.bool_]
    swept: Integers
    paid_in: NDArray[np.bool_]


def _rows(
    rng: np.random.Generator, simulation: Simulation, town: _Town, low: int, high: int
) -> pl.DataFrame:
    """The rows of ledgers `low` to `high`."""
    counts = town.counts[low:high]
    traffic = _traffic(rng, simulation, town, np.repeat(np.arange(low, high), counts))
    count = len(traffic.ledger)
    asset, units = _amounts(rng, simulation, traffic)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    # Transactions of other kinds stand between the transfers of a ledger.
    gaps = np.cumsum(rng.integers(1, 7, count))
    codes = pl.Series(["native" if code in _NATIVE else code for code in simulation.assets])
    failed = (rng.random(count) < _FAILED) & ~traffic.sure
    return pl.DataFrame(
        {
            "hash": tokens.hexadecimal(rng.integers(0, 2**64, count, dtype=np.uint64), 16),
            "ledger": traffic.ledger + 1,
            "time": simulation.start + traffic.ledger * simulation.ledger_seconds,
            "position": gaps - gaps[first] if count else gaps,
            "sender": town.names.gather(traffic.source),
            "receiver": town.names.gather(traffic.target),
            "asset": codes.gather(asset),
            "amount": units,
            "successful": ~failed,
        }
    ).with_columns(
        pl.format(
            "{}.{}",
            pl.col("amount") // 10**DECIMALS,
            (pl.col("amount") % 10**DECIMALS).cast(pl.String).str.zfill(DECIMALS),
        ).alias("amount"),
        pl.col("successful").cast(pl.String),
    )


def _traffic(
    rng: np.random.Generator, simulation: Simulation, town: _Town, ledger: Integers
) -> _Traffic:
    """Who pays whom in every row."""
    count, hubs = len(ledger), simulation.hubs
    joined = np.searchsorted(town.born[town.founders :], ledger, side="left")
    alive = town.mass[town.founders + joined - 1]

    def anyone() -> Integers:
        return np.searchsorted(town.mass, rng.random(count) * alive).astype(np.int64)

    source, stranger = anyone(), anyone()
    # Whoever is new is keen: many accounts do most of what they do in their first days.
    keen = (rng.random(count) < _KEEN) & (joined > 0)
    recent = np.minimum(rng.exponential(2, count).astype(np.int64), joined - 1)
    source = np.where(keen, town.founders + joined - 1 - recent, source)
    friend = town.friends[source, rng.integers(0, _FRIENDS, count)].astype(np.int64)
    kind = rng.random(count)
    target = np.where(kind < _KINDS["friend"], friend, stranger)
    traffic = _Traffic(
        ledger, source, target, np.zeros(count, bool), np.full(count, -1), np.zeros(count, bool)
    )
    if hubs and len(town.deposits):
        _use_exchanges(rng, town, traffic, kind, hubs)
    itself = rng.random(count) < _SELF
    same = (traffic.source == traffic.target) & ~itself
    traffic.target[same] = (traffic.source[same] + 1) % town.founders
    traffic.target[itself] = traffic.source[itself]
    traffic.swept[itself] = -1
    _let_be_born(rng, town, traffic)
    return traffic


def _use_exchanges(
    rng: np.random.Generator, town: _Town, traffic: _Traffic, kind: Floats, hubs: int
) -> None:
    """Payments to deposit accounts, sweeps of them, and withdrawals."""
    count = len(kind)
    paid_in = (kind >= _KINDS["friend"]) & (kind < _KINDS["deposit"])
    number = rng.integers(0, len(town.deposits), count)
    traffic.target[paid_in] = town.deposits[number[paid_in]]
    traffic.paid_in = paid_in
    rows, before = np.flatnonzero(paid_in), np.cumsum(paid_in)
    sweep = (kind >= _KINDS["deposit"]) & (kind < _KINDS["sweep"]) & (before > 0)
    chosen = rows[(rng.random(count) * before).astype(np.int64)[sweep]]
    traffic.source[sweep] = traffic.target[chosen]
    traffic.target[sweep] = town.exchange[number[chosen]]
    traffic.swept[sweep] = chosen
    withdrawal = (kind >= _KINDS["sweep"]) & (kind < _KINDS["withdrawal"])
    traffic.source[withdrawal] = rng.integers(0, hubs, int(withdrawal.sum()))


def _let_be_born(rng: np.random.Generator, town: _Town, traffic: _Traffic) -> None:
    """Give every account the one transfer it is sure to have: the first rows of its ledger."""
    if not len(traffic.ledger):
        return
    first, last = traffic.ledger[0], traffic.ledger[-1]
    accounts = np.flatnonzero((town.born >= first) & (town.born <= last))
    accounts = accounts[np.argsort(town.born[accounts], kind="stable")]
    born = town.born[accounts]
    row = np.searchsorted(traffic.ledger, born) + np.arange(len(born)) - np.searchsorted(born, born)
    known = np.searchsorted(town.mass, rng.random(len(row)) * town.mass[town.founders - 1])
    known = np.where(known == accounts, (known + 1) % town.founders, known)
    founder = accounts < town.founders
    traffic.source[row] = np.where(founder, accounts, known)
    traffic.target[row] = np.where(founder, known, accounts)
    traffic.sure[row] = True
    traffic.swept[row], traffic.paid_in[row] = -1, False


def _amounts(
    rng: np.random.Generator, simulation: Simulation, traffic: _Traffic
) -> tuple[NDArray[np.int64], Integers]:
    """Asset and amount in units of 10^-7 of every row; people like round sums."""
    count = len(traffic.ledger)
    share = 1 / (1 + np.arange(len(simulation.assets)))
    asset = rng.choice(len(simulation.assets), count, p=share / share.sum())
    level = np.random.default_rng([simulation.seed, 2]).normal(4.5, 0.8, len(simulation.assets))
    whole = np.minimum(rng.lognormal(level[asset], 1.5), 1e10)
    habit = rng.random(count)
    digits = np.where(habit < 0.25, 0, np.where(habit < 0.75, 2, DECIMALS))  # noqa: PLR2004
    step = 10 ** (DECIMALS - digits)
    units = np.maximum(np.round(whole * 10**DECIMALS / step), 1).astype(np.int64) * step
    return _swept(traffic, asset, units)


def _swept(traffic: _Traffic, asset: Integers, units: Integers) -> tuple[Integers, Integers]:
    """A sweep takes all that was paid in since the last one, or what the row had without it."""
    sweep = np.flatnonzero(traffic.swept >= 0)
    asset[sweep] = asset[traffic.swept[sweep]]
    used = np.flatnonzero(traffic.paid_in | (traffic.swept >= 0))
    account = np.where(traffic.paid_in[used], traffic.target[used], traffic.source[used])
    used = used[np.lexsort((used, asset[used], account))]
    account = np.where(traffic.paid_in[used], traffic.target[used], traffic.source[used])
    is_sweep = traffic.swept[used] >= 0
    total = np.cumsum(np.where(is_sweep, 0, units[used]))
    at = np.flatnonzero(is_sweep)
    if not len(at):
        return asset, units
    begin = np.concatenate(
        [[0], np.flatnonzero((np.diff(account) != 0) | (np.diff(asset[used]) != 0)) + 1]
    )
    group = np.searchsorted(begin, at, side="right") - 1
    base = np.where(begin[group] > 0, total[begin[group] - 1], 0)
    same = np.concatenate([[False], group[1:] == group[:-1]])
    earlier = np.where(same, np.concatenate([[0], total[at][:-1]]), base)
    due = total[at] - earlier
    units[used[at]] = np.where(due > 0, due, units[used[at]])
    return asset, units
