"""A Parquet file as the CSV of its texts and back, so that what works on text works on it too.

Types, and with them the exact values, come back from the texts: no value is rounded on the way.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PolarsError

from core.errors import InputError
from loader.reading.sources import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CLOCK = "%Y-%m-%dT%H:%M:%S%.6f"
_DAY = "%Y-%m-%d"
_PART = re.compile(r"-\d+(?=\.parquet$)")


def is_parquet(source: Source) -> bool:
    """Whether a file begins and ends as Parquet does."""
    with source.path.open("rb") as file:
        return file.read(4) == b"PAR1"


def to_csv(parts: Sequence[Source], path: Path) -> tuple[Source, pl.Schema]:
    """Write a table, which may lie in several files, as one CSV.

    Args:
        parts: the files, in their order.
        path: of the CSV.

    Returns:
        The CSV under the name of the table, and the types of its columns.

    Raises:
        InputError: a column is of a type that has no text, a file is broken, or they differ.
    """
    first = parts[0]
    try:
        scan = pl.scan_parquet([part.path for part in parts], glob=False)
        schema = scan.collect_schema()
        scan.select(_text(first, name, kind) for name, kind in schema.items()).sink_csv(
            path, null_value=""
        )
    except PolarsError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{first.name} is not one Parquet table: {reason}.") from error
    joined = sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    digest = joined if len(parts) > 1 else first.sha256
    return Source(_PART.sub("", first.name), path, digest), schema


def from_csv(path: Path, schema: pl.Schema, out: Path) -> None:
    """Write a CSV of texts as Parquet with these types."""
    texts = pl.scan_csv(path, infer_schema=False)
    texts.select(_typed(name, kind) for name, kind in schema.items()).sink_parquet(out)


def _text(source: Source, name: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(kind, pl.Datetime):
        local = value if kind.time_zone is None else value.dt.convert_time_zone("UTC")
        return local.dt.strftime(_CLOCK if kind.time_zone is None else f"{_CLOCK}Z")
    if isinstance(kind, pl.Date):
        return value.dt.strftime(_DAY)
    if kind.is_nested() or isinstance(kind, (pl.Binary, pl.Duration, pl.Time, pl.Object)):
        raise InputError(f"The column '{name}' of {source.name} is of type {kind}, not of text.")
    return value.cast(pl.String)


def _typed(name: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone is None:
            return value.str.to_datetime(_CLOCK, time_unit=kind.time_unit)
        moment = value.str.to_datetime(f"{_CLOCK}%#z", time_unit=kind.time_unit)
        return moment.dt.convert_time_zone(kind.time_zone)
    if isinstance(kind, pl.Date):
        return value.str.to_date(_DAY)
    if isinstance(kind, pl.Boolean):
        return value.replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
    return value.cast(kind)
