"""The mapping file: what the columns of somebody's own table mean, checked before any reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from core.errors import MappingError
from core.schema import Flag
from loader import verdicts
from loader.reading.yaml_text import UniqueKeyLoader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Choice = TypeVar("Choice", bound=str)
Unit = Literal["whole", "base", "hex_base"]
FileKind = Literal["csv", "jsonl", "parquet"]

_KEYS = frozenset(
    {
        "network", "format", "delimiter", "encoding", "has_header", "from", "to", "amount", "asset",
        "time", "ledger", "order", "id", "success", "labels", "flags", "keep", "on_error", "kind",
    }
)  # fmt: skip
MAX_DECIMALS = 77
"""10^77 is the last power of ten below 2^256."""
_ORDER_PARTS = 3
_REQUIRED = ("network", "from", "to", "amount", "asset", "time")
_RESERVED = frozenset(
    {
        "id", "asset", "amount_base", "amount", "timestamp", "ts", "ledger", "ord", "kind", "flags",
        "tx_id", "source", "target", "row", "line", "file", "unit", "verdict", "twin",
        "source_kind", "target_kind", "text", "reject", "skip", "negative", "inexact", "sender",
        "receiver", "ragged", "block_of_transfer", "block_renewed",
    }
)  # fmt: skip
FIELD = re.compile(r"\{([^{}]*)\}")
"""A column inside a template."""


@dataclass(frozen=True, slots=True)
class Value:
    """Where a value comes from: a column (another when it is empty), a template or a constant."""

    column: str | None = None
    fallback: str | None = None
    template: str | None = None
    constant: str | None = None

    def columns(self) -> list[str]:
        """The columns it needs."""
        named = [name for name in (self.column, self.fallback) if name is not None]
        return [*named, *FIELD.findall(self.template or "")]


@dataclass(frozen=True, slots=True)
class Label:
    """A column that says what is known of a row afterwards; it never becomes a property."""

    column: str
    target: str
    positive: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A checked mapping file.

    Attributes:
        source: the account that sends; `target` the one that receives.
        unit: of the amount's text: whole units, base units, or base units in hexadecimal.
        time_format: `epoch_s`, `epoch_ms`, `iso8601` or a strptime pattern.
        time_zone: of times that name none.
        order: columns of tx_index, event_index and leg_index, as far as there are any.
        key: columns, or a template, of the transfer id; empty where transfers have no key.
        symbol: column of the asset's symbol, in tables that are known without a mapping.
    """

    path: Path
    network: str
    file_kind: FileKind
    delimiter: str
    encoding: str
    has_header: bool
    source: Value
    target: Value
    amount: str
    unit: Unit
    decimals: int
    asset: Value
    time: str
    time_format: str
    time_zone: str
    ledger: str | None
    order: tuple[str, ...]
    key: tuple[str, ...]
    key_template: str | None
    success: tuple[str, tuple[str, ...]] | None
    labels: tuple[Label, ...]
    flags: tuple[str, ...]
    keep: tuple[str, ...]
    kind: str
    stop_on_error: bool
    symbol: str | None = None

    def columns(self) -> list[str]:
        """Every column that the mapping names, once."""
        named = [
            *self.source.columns(), *self.target.columns(), *self.asset.columns(),
            self.amount, self.time, *self.order, *self.key,
            *FIELD.findall(self.key_template or ""), *self.keep,
            *(label.column for label in self.labels),
        ]  # fmt: skip
        if self.ledger is not None:
            named.append(self.ledger)
        if self.success is not None:
            named.append(self.success[0])
        if self.symbol is not None:
            named.append(self.symbol)
        return list(dict.fromkeys(named))


def read(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingError: it is not there, not YAML, or says what no mapping can say.
    """
    if path.exists() and not path.is_file():
        raise MappingError(path, "it is not a file")
    try:
        # As safe as SafeLoader, from which it is made.
        content = yaml.load(path.read_text(encoding="utf-8"), UniqueKeyLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(path, getattr(error, "strerror", None) or str(error)) from error
    except yaml.YAMLError as error:
        raise MappingError(path, f"it is not YAML: {' '.join(str(error).split())}") from error
    return _Reader(path).mapping(content)


class _Reader:
    """Turns the YAML of one file into a Mapping, naming the file in every complaint."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, reason: str) -> MappingError:
        return MappingError(self.path, reason)

    def mapping(self, content: object) -> Mapping:
        top = self.table(content, "the file", _KEYS)
        for key in _REQUIRED:
            if key not in top:
                raise self.fail(f"'{key}' is missing")
        amount = self.table(top["amount"], "amount", {"column", "unit", "decimals"})
        time = self.table(top["time"], "time", {"column", "format", "timezone"})
        keys, key_template = self.identity(top.get("id"))
        mapping = Mapping(
            path=self.path,
            network=self.network(top["network"]),
            file_kind=self.choice(top.get("format", "csv"), "format", ("csv", "jsonl", "parquet")),
            delimiter=self.delimiter(top.get("delimiter", ",")),
            encoding=self.encoding(top.get("encoding", "utf-8")),
            has_header=self.truth(top.get("has_header", True), "has_header"),
            source=self.value(top["from"], "from"),
            target=self.value(top["to"], "to"),
            amount=self.column(amount.get("column"), "amount.column"),
            unit=self.choice(
                amount.get("unit", "whole"), "amount.unit", ("whole", "base", "hex_base")
            ),
            decimals=self.decimals(amount.get("decimals", 0)),
            asset=self.value(top["asset"], "asset"),
            time=self.column(time.get("column"), "time.column"),
            time_format=self.time_format(time.get("format", "iso8601")),
            time_zone=self.zone(time.get("timezone", "UTC")),
            ledger=self.single(top.get("ledger"), "ledger"),
            order=self.order(top.get("order", [])),
            key=keys,
            key_template=key_template,
            success=self.success(top.get("success")),
            labels=tuple(self.labels(top.get("labels", []))),
            flags=self.flags(top.get("flags", [])),
            keep=self.columns(top.get("keep", []), "keep"),
            kind=self.text(top.get("kind", "transfer"), "kind"),
            stop_on_error=self.choice(top.get("on_error", "reject"), "on_error", ("reject", "stop"))
            == "stop",
        )
        self.check(mapping)
        return mapping

    def check(self, mapping: Mapping) -> None:
        labels = {label.column for label in mapping.labels}
        for column in mapping.keep:
            if column in labels:
                raise self.fail(f"'{column}' is a label and cannot be kept on the transfer")
            if column in _RESERVED:
                raise self.fail(f"a kept column cannot be called '{column}'")
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column):
                raise self.fail(f"'{column}' cannot be the name of a property")

    def table(
        self, value: object, where: str, keys: frozenset[str] | set[str]
    ) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self.fail(f"{where} must be a table of keys")
        for key in value:
            if key not in keys:
                raise self.fail(
                    f"{where} has the unknown key '{key}'; known: {', '.join(sorted(keys))}"
                )
        return {str(key): entry for key, entry in value.items()}

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.fail(f"'{where}' must be text")
        return value.strip()

    def truth(self, value: object, where: str) -> bool:
        if not isinstance(value, bool):
            raise self.fail(f"'{where}' must be true or false")
        return value

    def column(self, value: object, where: str) -> str:
        """A header name or a 0-based number."""
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            raise self.fail(f"'{where}' must name a column or give its number")
        return str(value)

    def columns(self, value: object, where: str) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self.fail(f"'{where}' must be a list of columns")
        return tuple(self.column(entry, where) for entry in value)

    def single(self, value: object, where: str) -> str | None:
        if value is None:
            return None
        return self.column(self.table(value, where, {"column"}).get("column"), f"{where}.column")

    def value(self, value: object, where: str) -> Value:
        parts = self.table(value, where, {"column", "else", "template", "constant"})
        column = self.column(parts["column"], f"{where}.column") if "column" in parts else None
        fallback = self.column(parts["else"], f"{where}.else") if "else" in parts else None
        template = (
            self.template(parts["template"], f"{where}.template") if "template" in parts else None
        )
        constant = (
            self.text(parts["constant"], f"{where}.constant") if "constant" in parts else None
        )
        if column is None and template is None and constant is None:
            raise self.fail(f"'{where}' needs a column, a template or a constant")
        if fallback is not None and column is None:
            raise self.fail(f"'{where}.else' needs '{where}.column'")
        return Value(column, fallback, template, constant)

    def template(self, value: object, where: str) -> str:
        """Text with the names of columns in braces."""
        text = self.text(value, where)
        if any(brace in FIELD.sub("", text) for brace in "{}"):
            raise self.fail(f"'{where}' has a brace without its other half: {text}")
        if any(not name.strip() for name in FIELD.findall(text)):
            raise self.fail(f"'{where}' has braces without a column in them: {text}")
        return text

    def time_format(self, value: object) -> str:
        name = self.text(value, "time.format")
        if not verdicts.is_time_format(name):
            raise self.fail(
                f"'{name}' is no time.format: epoch_s, epoch_ms, iso8601, or a strptime pattern "
                "with at least a year such as '%d.%m.%Y %H:%M'"
            )
        return name

    def choice(self, value: object, where: str, known: tuple[Choice, ...]) -> Choice:
        for entry in known:
            if value == entry:
                return entry
        raise self.fail(f"'{where}' must be one of {', '.join(known)}")

    def network(self, value: object) -> str:
        name = self.text(value, "network")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            raise self.fail(f"'{name}' cannot be a network: letters, digits, - and _ only")
        return name

    def decimals(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_DECIMALS:
            raise self.fail(f"'amount.decimals' must be a whole number from 0 to {MAX_DECIMALS}")
        return value

    def delimiter(self, value: object) -> str:
        if not isinstance(value, str) or len(value) != 1 or value in '"\r\n':
            raise self.fail("'delimiter' must be one character")
        return value

    def encoding(self, value: object) -> str:
        name = self.text(value, "encoding")
        try:
            "".encode(name)
        except LookupError as error:
            raise self.fail(f"'{name}' is no known encoding") from error
        return name

    def zone(self, value: object) -> str:
        name = self.text(value, "time.timezone")
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise self.fail(f"'{name}' is no known time zone") from error
        return name

    def order(self, value: object) -> tuple[str, ...]:
        columns = self.columns(value, "order")
        if len(columns) > _ORDER_PARTS:
            raise self.fail("'order' has at most three columns: tx_index, event_index, leg_index")
        return columns

    def identity(self, value: object) -> tuple[tuple[str, ...], str | None]:
        if value is None:
            return (), None
        parts = self.table(value, "id", {"columns", "template"})
        if len(parts) != 1:
            raise self.fail("'id' needs either columns or a template")
        if "template" in parts:
            template = self.template(parts["template"], "id.template")
            if not FIELD.search(template):
                raise self.fail("'id.template' names no column, so that all ids would be the same")
            return (), template
        columns = self.columns(parts["columns"], "id.columns")
        if not columns:
            raise self.fail("'id.columns' is empty")
        return columns, None

    def success(self, value: object) -> tuple[str, tuple[str, ...]] | None:
        if value is None:
            return None
        parts = self.table(value, "success", {"column", "equals"})
        column = self.column(parts.get("column"), "success.column")
        return column, self.texts(parts.get("equals"), "success.equals")

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        entries = value if isinstance(value, list) else [value]
        if not entries or any(
            entry is None or isinstance(entry, (dict, list)) for entry in entries
        ):
            raise self.fail(f"'{where}' must be a list of values")
        return tuple(
            str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in entries
        )

    def labels(self, value: object) -> Iterator[Label]:
        if not isinstance(value, list):
            raise self.fail("'labels' must be a list")
        for entry in value:
            parts = self.table(entry, "labels", {"column", "target", "positive"})
            yield Label(
                self.column(parts.get("column"), "labels.column"),
                self.choice(parts.get("target", "from"), "labels.target", ("from", "to", "edge")),
                self.texts(parts.get("positive", ["1"]), "labels.positive"),
            )

    def flags(self, value: object) -> tuple[str, ...]:
        names = self.texts(value, "flags") if value else ()
        for name in names:
            if name not in set(Flag):
                raise self.fail(f"'{name}' is no flag; known: {', '.join(Flag)}")
        return names
