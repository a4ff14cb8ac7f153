"""The ledger that patterns are planted into: its table as a CSV, and what the columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import yaml

from core.errors import InputError
from loader import mapping
from loader.format import FORMATS
from loader.reading import json_copy, json_lines, parquet_copy, table
from loader.reading.sources import open_sources
from loader.report import LoadOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loader.reading.sources import Source

_MILLISECONDS_FROM = 10**11
"""Epoch numbers from here on are milliseconds: in seconds they would be in the year 5138."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Names of the columns of a table without a mapping, as AstroML's injector takes them."""

    source: str = "source_account"
    destination: str = "destination_account"
    amount: str = "amount"
    timestamp: str = "created_at"
    network: str = "stellar"


def as_csv(mapping_text: str, folder: Path) -> Path:
    """The mapping of the CSV that a file of another kind was copied into."""
    path = folder / "copy.yaml"
    content = {**yaml.safe_load(mapping_text), "format": "csv"}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Copy:
    """A table of another kind, of which a CSV was made.

    Attributes:
        kind: of the file, as a mapping names it.
        suffix: of its name.
        write_back: makes a file of this kind of a CSV.
    """

    kind: str
    suffix: str
    write_back: Callable[[Path, Path], None]


def _copies(found: Sequence[Source], folder: Path) -> tuple[list[Source], dict[str, Copy]]:
    """The files as CSV, and how to write those back that were none, by name."""
    sources: list[Source] = []
    copies: dict[str, Copy] = {}
    parts = [one for one in found if parquet_copy.is_parquet(one)]
    if parts:
        whole, types = parquet_copy.to_csv(parts, folder / "copy.csv")
        sources.append(whole)
        copies[whole.name] = Copy(
            "parquet", ".parquet", lambda path, out: parquet_copy.from_csv(path, types, out)
        )
    for number, one in enumerate(one for one in found if one not in parts):
        if not json_lines.looks_like(one):
            sources.append(one)
            continue
        made, shape = json_copy.to_csv(one, folder / f"copy_{number}.csv")
        sources.append(made)
        copies[made.name] = Copy("jsonl", ".jsonl", partial(json_copy.from_csv, shape=shape))
    return sources, copies


def find(
    source: Path, meaning: Path | Fields | None, folder: Path
) -> tuple[Source, str, Copy | None]:
    """The table of the input, the text of its mapping, and how to write it where it is no CSV."""
    beside = source / "mapping.yaml"
    if meaning is None and source.is_dir() and beside.is_file():
        meaning = beside
    found, _ = open_sources([source], folder)
    if not isinstance(meaning, Path):
        sources, copies = _copies(found, folder)
        if len(sources) != 1:
            raise InputError(f"{source} has no mapping.yaml.", "Give one with --mapping FILE.")
        copy = copies.get(sources[0].name)
        text = _explained(sources[0], meaning or Fields())
        return sources[0], text if copy is None else f"format: {copy.kind}\n{text}", copy
    checked = mapping.read(meaning)
    text = meaning.read_text(encoding="utf-8")
    sources, copies = _copies(found, folder)
    plain = LoadOptions(mapping=as_csv(text, folder) if copies else checked.path)
    form = FORMATS.get("csv")
    tables = [one for one in sources if form.recognise(one, plain)]
    if len(tables) != 1:
        reason = form.why_not(sources[0], plain) if not tables else f"{len(tables)} files fit it"
        raise InputError(f"{source} must hold one table of the mapping: {reason}.")
    return tables[0], text, copies.get(tables[0].name)


def _explained(source: Source, fields: Fields) -> str:
    """A mapping of AstroML's kind of table; what has a usual name is taken for what it says."""
    cells = table.header(source)
    for name in (fields.source, fields.destination, fields.amount, fields.timestamp):
        if name not in cells:
            raise InputError(
                f"{source.name} has no column '{name}'.", "Name it, or give a mapping file."
            )
    first = next(table.records(source, len(cells)), pl.DataFrame())
    time = first[str(cells.index(fields.timestamp))][0] if first.height else ""
    kind = "iso8601"
    if time and time.strip().isdigit():
        kind = "epoch_ms" if int(time) >= _MILLISECONDS_FROM else "epoch_s"
    content: dict[str, object] = {
        "network": fields.network,
        "from": {"column": fields.source},
        "to": {"column": fields.destination},
        "amount": {"column": fields.amount, "unit": "whole", "decimals": 7},
        "asset": {"constant": f"{fields.network}:native"},
        "time": {"column": fields.timestamp, "format": kind},
    }
    key = next((name for name in ("id", "transaction_hash", "hash") if name in cells), None)
    if key is not None:
        content["id"] = {"columns": [key]}
    if asset := next((name for name in ("asset", "asset_code") if name in cells), None):
        content["asset"] = {"column": asset, "template": f"{fields.network}:{{{asset}}}"}
    if ledger := next((name for name in ("ledger", "ledger_sequence") if name in cells), None):
        content["ledger"] = {"column": ledger}
    return yaml.safe_dump(content, sort_keys=False)
