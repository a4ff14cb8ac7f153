"""JSON lines of flat objects as the CSV of their texts and back, so that text may be planted.

Every line must be an object of the first line's keys, in its order; numbers keep their digits.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from core.errors import InputError
from loader.reading import text
from loader.reading.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

Kind = Literal["text", "plain"]

_VALUE = r'("(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null)'
_PIECE_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class Shape:
    """How the objects are written.

    Attributes:
        kinds: `text` of keys whose values stand in quotes, `plain` of numbers and truths.
        empty: what stands where a value is empty, `null` or two quotes, by key.
        comma: between members; `colon` between a key and its value.
    """

    kinds: dict[str, Kind]
    empty: dict[str, str]
    comma: str
    colon: str


def to_csv(source: Source, path: Path) -> tuple[Source, Shape]:
    """Write JSON lines as a CSV.

    Raises:
        InputError: a line is no such object, or a key has values of two kinds.
    """
    keys: list[str] = []
    seen = pl.DataFrame()
    comma, colon = ",", ":"
    for frame in text.lines(source):
        if not keys:
            line = frame["text"][0]
            keys = _keys(source, line)
            colon = ": " if re.match(r'\s*\{\s*"(?:[^"\\]|\\.)*": ', line) else ":"
            comma = ", " if colon == ": " else ","
        tokens = _tokens(source, frame, keys)
        seen = pl.concat([seen, _seen(tokens)]).unique()
        with path.open("ab") as file:
            begun = file.tell() > 0
            _texts(tokens).write_csv(file, include_header=not begun)
    kinds, empty = _kinds(source, keys, seen)
    return Source(source.name, path, source.sha256), Shape(kinds, empty, comma, colon)


def from_csv(path: Path, out: Path, shape: Shape) -> None:
    """Write a CSV of texts as JSON lines of this shape."""
    members: list[pl.Expr] = []
    for place, (key, kind) in enumerate(shape.kinds.items()):
        value = pl.col(key)
        if kind == "text":
            value = pl.struct(x=value).struct.json_encode().str.slice(5).str.strip_suffix("}")
        given = pl.when(pl.col(key).is_null()).then(pl.lit(shape.empty[key])).otherwise(value)
        start = "{" if place == 0 else shape.comma
        members += [pl.lit(f"{start}{json.dumps(key)}{shape.colon}"), given]
    line = pl.concat_str([*members, pl.lit("}\n")]).alias("line")
    rows = pl.scan_csv(path, infer_schema=False).select(line)
    with out.open("wb") as file:
        for piece in rows.collect_batches(chunk_size=_PIECE_ROWS, maintain_order=True):
            file.write(piece["line"].str.join("").item().encode())


def _keys(source: Source, line: str) -> list[str]:
    try:
        pairs: list[tuple[str, object]] = json.loads(line, object_pairs_hook=list)
    except ValueError:
        pairs = []
    keys = [pair[0] for pair in pairs if isinstance(pair, tuple)]
    if not keys or len(set(keys)) < len(keys):
        raise InputError(f"The first line of {source.name} is no JSON object of different keys.")
    return keys


def _tokens(source: Source, frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The values as they are written, by key."""
    members = [rf"\s*{re.escape(json.dumps(key, ensure_ascii=False))}\s*:\s*{_VALUE}\s*"
               for key in keys]  # fmt: skip
    groups = frame["text"].str.extract_groups(rf"^\s*\{{{','.join(members)}\}}\s*$")
    tokens = groups.struct.unnest()
    wrong = frame.filter(tokens.to_series(0).is_null() | frame["undecodable"])
    if wrong.height:
        raise InputError(
            f"{source.name}, line {wrong['line'][0]}: it is no flat object of the keys of the "
            "first line, in their order.",
            "Make a table with plain columns of the file first.",
        )
    return tokens.rename(dict(zip(tokens.columns, keys, strict=True)))


def _seen(tokens: pl.DataFrame) -> pl.DataFrame:
    """The kinds of values by key: quoted, two quotes, `null`, or plain."""
    quoted = pl.col("value").str.starts_with('"')
    return (
        tokens.unpivot(variable_name="key")
        .select(
            "key",
            kind=pl.when(pl.col("value").is_in(['""', "null"]))
            .then("value")
            .when(quoted)
            .then(pl.lit("text"))
            .otherwise(pl.lit("plain")),
        )
        .unique()
    )


def _kinds(
    source: Source, keys: list[str], seen: pl.DataFrame
) -> tuple[dict[str, Kind], dict[str, str]]:
    kinds: dict[str, Kind] = {}
    empty: dict[str, str] = {}
    for key in keys:
        found = set(seen.filter(key=key)["kind"])
        if found >= {"text", "plain"} or found >= {'""', "plain"} or found >= {'""', "null"}:
            raise InputError(
                f"The values of '{key}' in {source.name} are of several kinds.",
                "Write all of them as text or all as numbers; nothing as null or as two quotes.",
            )
        kinds[key] = "plain" if "plain" in found else "text"
        empty[key] = '""' if '""' in found else "null"
    return kinds, empty


def _texts(tokens: pl.DataFrame) -> pl.DataFrame:
    """The values without quotes and escapes, empty where there is nothing."""
    found = tokens.with_columns(pl.all().replace({"null": None, '""': None}))
    texts = {}
    for name in tokens.columns:
        token = pl.col(name)
        escaped = pl.when(token.str.contains("\\", literal=True)).then(token)
        bare = token.str.strip_prefix('"').str.strip_suffix('"')
        texts[name] = pl.coalesce(escaped.str.json_decode(pl.String), bare)
    return found.select(**texts)
