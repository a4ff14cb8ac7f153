"""Proposes a mapping file for somebody's table: by the names of its columns and what they hold.

Nothing is loaded. Every line of the proposal says why, and what a person should check; what could
not be told is marked `FILL IN`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from loader.reading.sources import open_sources
from loader.suggest_values import amount, asset, instant, success
from loader.synthesis.profile import NOTHING, profile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loader.synthesis.profile import Column, Profile

_ADDRESSES = {"address": "ethereum", "stellar": "stellar", "bitcoin": "bitcoin"}

_NAMES: dict[str, tuple[str, ...]] = {
    "from": ("from", "from address", "sender", "source", "src", "payer", "originator", "debtor",
             "orig acct", "orig", "name orig", "from account", "source account", "input address",
             "remitter", "absender", "spender", "from id", "sender id"),
    "to": ("to", "to address", "receiver", "recipient", "target", "dst", "dest", "destination",
           "payee", "beneficiary", "creditor", "bene acct", "bene", "name dest", "to account",
           "output address", "counterparty", "to id", "receiver id"),
    "amount": ("amount", "value", "amt", "quantity", "sum", "base amt", "amount base", "wei",
               "value wei", "betrag", "amount paid", "total", "qty"),
    "time": ("timestamp", "time stamp", "time", "date", "datetime", "ts", "block timestamp",
             "created at", "closed at", "tran timestamp", "booking date", "value date", "datum",
             "created", "block time", "unix timestamp", "date time", "date time utc"),
    "asset": ("asset", "currency", "token", "symbol", "coin", "ccy", "asset code", "cur",
              "token symbol", "token address", "asset symbol", "waehrung", "payment currency"),
    "id": ("tx hash", "txhash", "hash", "transaction hash", "txid", "tx id", "id",
           "transaction id", "tran id", "reference", "operation id", "txn id", "uuid"),
    "ledger": ("block height", "block number", "block", "blockno", "height", "ledger",
               "ledger sequence", "slot", "blocknumber"),
    "success": ("is error", "status", "success", "successful", "failed", "receipt status",
                "transaction successful", "state", "tx receipt status"),
    "label": ("label", "fraud", "is fraud", "is sar", "illicit", "is laundering", "laundering",
              "phishing", "is phishing", "class", "suspicious", "flagged"),
    "created": ("contract address", "created contract", "receipt contract address"),
}  # fmt: skip
"""Headers by what they mean, the likeliest first; words as they are cut from the header."""
_PLACES = (
    ("transaction index", "tx index", "position"),
    ("log index", "event index", "trace index"),
    ("leg index", "edge index"),
)

_FITS: dict[str, Callable[[Column], bool]] = {
    "amount": lambda column: column.shape in (
        "integer", "decimal", "hexadecimal", "grouped", "hash"),
    "time": lambda column: column.is_clock or column.shape in ("integer", "decimal"),
    "ledger": lambda column: column.shape == "integer",
    "success": lambda column: column.values.n_unique() <= 10,  # noqa: PLR2004
    "label": lambda column: column.values.n_unique() <= 10,  # noqa: PLR2004
}  # fmt: skip
"""What the values of a column must look like for it to mean that."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping file to look through.

    Attributes:
        text: the YAML, with comments.
        missing: keys that a person has to fill in before it can be used.
    """

    text: str
    missing: tuple[str, ...]


def suggest(path: Path) -> Proposal:
    """Propose a mapping for the first table at `path`.

    Raises:
        InputError: there is none.
    """
    with TemporaryDirectory(prefix="ledgergraph-suggest-") as temporary:
        sources, _ = open_sources([path], Path(temporary))
        found = profile(sources[0])
        return _Writer(sources[0].name, found).proposal()


class _Writer:
    """Puts a proposal together, line by line."""

    def __init__(self, name: str, found: Profile) -> None:
        self.found = found
        self.name = name
        self.roles = _roles(found.columns)
        self.network = _network(name, found.columns, self.roles)
        self.lines: list[str] = []
        self.missing: list[str] = []

    def proposal(self) -> Proposal:
        self.note(f"Proposed for {Path(self.name).name} from its first {self.found.rows:,} rows; "
                  "nothing was loaded.")  # fmt: skip
        self.note("Check every line, fill in what is marked, then: "
                  f"ledgergraph load {'parquet' if self.found.kind == 'parquet' else 'csv'} "
                  "--mapping THIS FILE")  # fmt: skip
        self.add("network", self.network[0], self.network[1])
        self.written()
        self.ends()
        self.money()
        self.moment()
        self.identity()
        self.outcome()
        self.rest()
        return Proposal("\n".join(self.lines) + "\n", tuple(self.missing))

    def note(self, text: str) -> None:
        self.lines.append(f"# {text}")

    def add(self, key: str, value: object, why: str) -> None:
        if isinstance(value, dict) and None in value.values():
            # The mapping is refused until somebody has written what stands as null here.
            self.missing.append(key)
            why = f"FILL IN what is null: {why}"
        flow = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
        self.lines += [
            f"# {key}: {why}",
            f"{key}: {flow.removesuffix(chr(10) + '...' + chr(10)).strip()}",
        ]

    def written(self) -> None:
        """How the file is written, as far as that is not the usual way."""
        dialect = self.found.dialect
        if self.found.kind != "csv":
            self.add("format", self.found.kind, "told by the content")
            return
        if dialect.delimiter != ",":
            self.add(
                "delimiter", dialect.delimiter, "it cuts most lines into equal numbers of cells"
            )
        if dialect.encoding != "utf-8":
            self.add("encoding", dialect.encoding,
                     "it is not UTF-8; check letters such as é")  # fmt: skip
        if not dialect.has_header:
            self.add("has_header", False,  # noqa: FBT003
                     "the first line holds values; columns go by their number")  # fmt: skip
        if self.found.ragged:
            self.note(f"{self.found.ragged} of the records have another number of cells; "
                      "they will be rejected (bad_row)")  # fmt: skip

    def ends(self) -> None:
        for role in ("from", "to"):
            column = self.roles.get(role)
            if column is None:
                self.add(role, {"column": None}, "no column looks like it")
                continue
            value: dict[str, object] = {"column": column.key}
            why = _why(column)
            created = self.roles.get("created")
            empty = int(column.values.is_in(list(NOTHING)).sum())
            if role == "to" and created is not None and empty:
                value["else"] = created.key
                why += (
                    f"; {empty} rows have none: a contract's creation, where '{created.key}' is one"
                )
            elif empty:
                why += f"; {empty} rows have none and will be rejected unless they move nothing"
            self.add(role, value, why)

    def money(self) -> None:
        column, chain = self.roles.get("amount"), self.network[0]
        if column is None:
            self.add("amount", {"column": None, "unit": "whole", "decimals": 2},
                     "no column looks like it")  # fmt: skip
        else:
            value, why = amount(column, chain)
            self.add("amount", value, f"{_why(column)}; {why}")
        value, why = asset(self.roles.get("asset"), chain)
        self.add("asset", value, why)

    def moment(self) -> None:
        column = self.roles.get("time")
        if column is None:
            self.add("time", {"column": None, "format": "iso8601"}, "no column looks like it")
        else:
            value, why = instant(column)
            self.add("time", value, f"{_why(column)}; {why}")
        if (ledger := self.roles.get("ledger")) is not None:
            self.add("ledger", {"column": ledger.key}, f"{_why(ledger)}; replay is checked by it")

    def identity(self) -> None:
        places = [_named(self.found.columns, names) for names in _PLACES]
        told = [column for column in places if column is not None and column.shape == "integer"]
        if places[0] is not None and told:
            self.add("order", [column.key for column in told],
                     "the places inside a ledger: transaction, event, leg")  # fmt: skip
        column = self.roles.get("id")
        if column is None:
            self.note("id: no column names a transfer, so equal rows of one file are numbered; "
                      "cut such files between ledgers only")  # fmt: skip
            return
        keys = [column.key, *(place.key for place in told if place is not places[0])]
        why = f"{_why(column)}"
        if len(keys) == 1 and (column.shape == "hash" or column.filled.is_duplicated().any()):
            keys += [
                self.roles[role].key for role in ("from", "to", "amount") if role in self.roles
            ]
            why += "; one transaction may hold several movements, so ends and amount belong to it"
        self.add("id", {"columns": keys}, f"{why}; check that no two different transfers share it")

    def outcome(self) -> None:
        if (column := self.roles.get("success")) is not None:
            value, why = success(column)
            if value is None:
                self.note(
                    f"success: '{column.key}' may tell it, but its values do not say how: {why}"
                )
            else:
                self.add("success", value, f"{_why(column)}; {why}")
        if (column := self.roles.get("label")) is not None:
            self.add("labels", [{"column": column.key, "target": "edge", "positive": ["1"]}],
                     f"{_why(column)}; what is known afterwards stays beside the graph, "
                     "check the positive values")  # fmt: skip

    def rest(self) -> None:
        told = yaml.safe_load("\n".join(self.lines))
        unused = [str(column.key) for column in self.found.columns
                  if str(column.key) not in _leaves(told)]  # fmt: skip
        if unused:
            self.note(f"Not used: {', '.join(unused)}. Plain facts may be kept: keep: [NAME]")


def _anything(column: Column) -> bool:
    return column.values.len() > 0


def _roles(columns: Sequence[Column]) -> dict[str, Column]:
    """Which column means what; none means two things."""
    roles: dict[str, Column] = {}
    for role, names in _NAMES.items():
        fits = _FITS.get(role, _anything)
        free = [column for column in columns if column not in roles.values() and fits(column)]
        if (column := _named(free, names)) is not None:
            roles[role] = column
    _by_content(columns, roles)
    return {role: column for role, column in roles.items() if column.shape or role != "label"}


def _named(columns: Sequence[Column], names: Sequence[str]) -> Column | None:
    """The column with the likeliest of the names; its words may also be written as one."""
    plain = {name.replace(" ", ""): place for place, name in reversed(list(enumerate(names)))}
    ranked = [(plain["".join(column.words)], column) for column in columns
              if "".join(column.words) in plain]  # fmt: skip
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def _by_content(columns: Sequence[Column], roles: dict[str, Column]) -> None:
    """Ends that no name tells: the first two columns of addresses; a time: a column of dates."""
    ends = [role for role in ("from", "to") if role not in roles]
    addresses = [column for column in columns
                 if column.shape in _ADDRESSES and column not in roles.values()]  # fmt: skip
    if len(ends) == 1 or len(addresses) >= len(ends):
        roles.update(zip(ends, addresses, strict=False))
    if "time" not in roles:
        clocks = [column for column in columns if column.is_clock]
        clocks += [column for column in columns if column not in roles.values() and _epoch(column)]
        roles.update(zip(("time",), clocks, strict=False))
    if "amount" not in roles:
        sums = [column for column in columns
                if column.shape == "decimal" and column not in roles.values()]  # fmt: skip
        if len(sums) == 1:
            roles["amount"] = sums[0]


def _epoch(column: Column) -> bool:
    return column.shape == "integer" and bool(
        column.filled.str.contains(r"^1[0-9]{9}(?:[0-9]{3})?$").all()
    )


def _network(name: str, columns: Sequence[Column], roles: dict[str, Column]) -> tuple[str, str]:
    ends = [roles[role] for role in ("from", "to") if role in roles] or list(columns)
    for column in ends:
        if column.shape in _ADDRESSES:
            chain = _ADDRESSES[column.shape]
            return (
                chain,
                f"the addresses look like those of {chain}; name the chain if it is another",
            )
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", Path(name).name.split(".")[0]).strip("_")
    return stem or "mynetwork", "the file's name; two ledgers whose account names differ need two"


def _why(column: Column) -> str:
    looks = (
        f"its values look like {column.shape}" if column.shape else "its values have no one shape"
    )
    return (
        f"column '{column.key}' by its name, {looks}"
        if column.words
        else f"column {column.key}: {looks}"
    )


def _leaves(value: object) -> set[str]:
    """Every text and number in a mapping."""
    if isinstance(value, dict):
        return set().union(*map(_leaves, value.values()))
    if isinstance(value, list):
        return set().union(*map(_leaves, value))
    return {str(value), *re.findall(r"\{([^{}]*)\}", str(value))}
