"""What a label-pack format is: it recognises its files and turns them into one frame of labels.

A format says what its files say and no more: defaults, networks, ids and the graph are
`loader.tagging`'s. A file that breaks its format is refused as a whole, with the line.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import polars as pl

from core.errors import FormatError, ParameterError
from core.registry import OpenFolder
from core.times import parse_instant, to_epoch_ms
from loader.reading import table

if TYPE_CHECKING:
    from loader.reading.sources import Source

PACK = pl.Schema(
    {
        "line": pl.Int64(),
        "address": pl.String(),
        "network": pl.String(),
        "ticker": pl.String(),
        "label": pl.String(),
        "category": pl.String(),
        "subcategory": pl.String(),
        "risk_level": pl.String(),
        "trust_level": pl.String(),
        "confidence": pl.Float64(),
        "source": pl.String(),
        "known_from": pl.Int64(),
        "valid_from": pl.Int64(),
        "expires_at": pl.Int64(),
        "evidence_url": pl.String(),
        "kind": pl.String(),
        "case_lost": pl.Boolean(),
    }
)
"""Labels as formats emit them, one row each; null is what the file does not say. `line` counts
entries where a file has no lines of its own, `ticker` names an asset, `kind` an account's kind
that the file vouches for; `case_lost` marks addresses that are spoilt. Times are epoch ms."""

CATEGORIES = (
    *("infrastructure", "exchange", "mixer", "scam", "dark_market", "sanctioned", "defi"),
    *("contract", "eoa", "institutional", "staking", "validator", "unknown"),
)
RISK_LEVELS = ("low", "medium", "high", "critical")
TRUST_LEVELS = ("unverified", "community", "verified", "official", "blacklisted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Values of a tag that its file does not state; `known_from` is epoch milliseconds."""

    label: str | None = None
    category: str | None = None
    subcategory: str | None = None
    risk_level: str | None = None
    trust_level: str | None = None
    confidence: float | None = None
    source: str | None = None
    known_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOptions:
    """The choices of one `tag` command.

    Attributes:
        network: overrides the networks that files and shapes of addresses tell.
        create_missing: make accounts of addresses that have none.
        defaults: take the place of the format's own defaults, not of what a file says.
        batch_rows: tags of one transaction.
    """

    network: str | None = None
    create_missing: bool = False
    defaults: Defaults = field(default_factory=Defaults)
    batch_rows: int = 10_000


class TagFormat(ABC):
    """One kind of label pack; subclasses live in `loader/tags`, one a file."""

    summary: str
    """One sentence for lists of formats."""
    defaults: Defaults = Defaults()
    """What every label of this format is, unless its file or the command says otherwise."""

    @abstractmethod
    def recognise(self, source: Source) -> bool:
        """Whether a file is of this format, judged by its content."""

    @abstractmethod
    def read(self, source: Source) -> pl.DataFrame:
        """The labels of a recognised file, with those columns of `PACK` that it knows.

        Raises:
            FormatError: the file breaks its format; the line is named.
        """


TAG_FORMATS: OpenFolder[TagFormat] = OpenFolder("loader.tags", "TAGS", TagFormat, "label format")  # type: ignore[type-abstract]
"""Every label-pack format by name."""


def complete(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of `PACK`, those not given as nulls; text is trimmed and empty text is null."""
    given = frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in PACK.items()
    )
    trimmed = pl.col(pl.String).str.strip_chars()
    return given.with_columns(pl.when(trimmed != "").then(trimmed).name.keep())


def check(name: str, source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    """The completed frame of a file, if every value is one that a tag may have.

    Raises:
        FormatError: one is not; the line is named.
    """
    frame = complete(frame)
    closed = {"category": CATEGORIES, "risk_level": RISK_LEVELS, "trust_level": TRUST_LEVELS}
    faults = {
        "address": pl.col("address").is_null(),
        **{column: ~pl.col(column).is_in(list(values)) for column, values in closed.items()},
        "confidence": ~pl.col("confidence").is_between(0, 1),
    }
    for column, fault in faults.items():
        if (bad := frame.filter(fault)).height:
            line, value = bad.select("line", column).row(0)
            said = "is missing" if value is None else f"may not be '{value}'"
            allowed = f"; known: {', '.join(closed[column])}" if column in closed else ""
            refuse(name, source, line, f"{column} {said}{allowed}")
    return frame


def refuse(name: str, source: Source, line: int | None, reason: str) -> NoReturn:
    """Raise the FormatError of a file, with the line where there is one."""
    raise FormatError(name, source.name, reason if line is None else f"line {line}: {reason}")


def read_table(name: str, source: Source) -> pl.DataFrame:
    """A CSV with header as text columns of its names, and `line`.

    Raises:
        FormatError: a line is ragged, or no row follows the header.
    """
    names = table.header(source)
    if len(set(names)) < len(names):
        refuse(name, source, 1, "a column name occurs twice")
    parts = list(table.records(source, len(names)))
    if not parts:
        refuse(name, source, None, "it has a header and no row")
    frame = pl.concat(parts)
    if (ragged := frame.filter("ragged")).height:
        reason = f"not {len(names)} cells of UTF-8 text as in the header"
        refuse(name, source, ragged["line"][0], reason)
    cells = {str(place): column for place, column in enumerate(names)}
    return frame.drop("text", "ragged").rename({"line": "#", **cells}).rename({"#": "line"})


def read_json(name: str, source: Source) -> Any:
    """The content of a JSON file.

    Raises:
        FormatError: it is not JSON in UTF-8.
    """
    try:
        return json.loads(source.path.read_bytes().decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        refuse_from(name, source, error.lineno, error.msg, error)
    except (UnicodeDecodeError, RecursionError) as error:
        refuse_from(name, source, None, f"it is not JSON in UTF-8: {error}", error)


def refuse_from(
    name: str, source: Source, line: int | None, reason: str, cause: BaseException
) -> NoReturn:
    """Raise the FormatError of a file that could not be parsed."""
    try:
        refuse(name, source, line, reason)
    except FormatError as error:
        raise error from cause


def instants(name: str, source: Source, lines: pl.Series, texts: pl.Series) -> pl.Series:
    """Epoch milliseconds of ISO 8601 dates or times; empty text is null.

    Raises:
        FormatError: a text is no such time.
    """
    meaning: dict[str, int] = {}
    clean = texts.str.strip_chars()
    for line, text in zip(lines, clean, strict=True):
        if text and text not in meaning:
            try:
                meaning[text] = to_epoch_ms(parse_instant(text))
            except ParameterError as error:
                reason = f"{texts.name} '{text}' is not an ISO 8601 time"
                refuse_from(name, source, line, reason, error)
    return clean.replace_strict(meaning, default=None, return_dtype=pl.Int64)


def numbers(name: str, source: Source, lines: pl.Series, texts: pl.Series) -> pl.Series:
    """Numbers from text; empty text is null.

    Raises:
        FormatError: a text is no number.
    """
    clean = texts.str.strip_chars()
    values = clean.cast(pl.Float64, strict=False)
    bad = (values.is_null() | values.is_nan()) & (clean != "")
    if bad.any():
        place = bad.arg_true()[0]
        refuse(name, source, lines[place], f"{texts.name} '{texts[place]}' is not a number")
    return values
