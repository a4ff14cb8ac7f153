"""Anybody's own Parquet file, explained by the same mapping file as a CSV; AstroML's without one.

Values become the text that a CSV of them would hold, exactly: the rest is `csv`'s way. Only floats
are rounded, as the mapping's decimals say.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PanicException, PolarsError

from core.errors import MappingError, UnreadableError
from loader import backfill
from loader.format import Format
from loader.formats.csv import lacks, mapped_choices, parcel, place_of, read_mapping, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader import mapping
    from loader.format import Context, Parcel
    from loader.reading.sources import Source
    from loader.report import LoadOptions

PIECE_ROWS = 200_000
_MAGIC = b"PAR1"
# A damaged file makes the reader panic now and then; that is an answer too.
_BROKEN = (PolarsError, PanicException, OSError)
_CLOCK = "%Y-%m-%dT%H:%M:%S%.6f"


class Parquet(Format):
    """A typed table; integers, decimals and text are exact."""

    summary = "Your own Parquet files, explained by a mapping file; AstroML's backfill without one."
    network = backfill.NETWORK

    def choices(self, options: LoadOptions) -> LoadOptions:
        """A mapping may say that no row is to be rejected."""
        return mapped_choices(options, "parquet")

    def default_network(self, options: LoadOptions) -> str:
        """The mapping's, unless one is asked for; without a mapping that of a backfill."""
        if options.network is None and options.mapping is None:
            return self.network
        return options.network or read_mapping(options, "parquet").network

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """A file is a table when it has the columns that the mapping names, or known ones."""
        columns = _schema(source)
        if columns is None:
            return None
        if options.mapping is None and set(backfill.COLUMNS) <= set(columns.names()):
            return "backfill"
        if options.mapping is None and options.network is None:
            return None
        return None if _missing(columns, read_mapping(options, "parquet")) else "rows"

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What is wrong with the file, or the first column that it would need."""
        columns = _schema(source)
        if columns is None:
            return "it is no Parquet file, or one that is broken"
        if options.mapping is None and options.network is None:
            return (
                "it is no backfill of AstroML; explain its columns with --mapping, or name its "
                "--network if it holds chainswarm's transfers"
            )
        meaning = read_mapping(options, "parquet")
        return lacks(_missing(columns, meaning)[0], meaning, options)

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """One file after the other, a piece of rows at a time."""
        backfills = [
            (source, texts(source, list(backfill.COLUMNS))) for source in files.get("backfill", ())
        ]
        if "rows" not in files:
            return self._operations(backfills, context.network)
        meaning = read_mapping(context.options, "parquet")
        tables = [(source, _columns(source, meaning)) for source in files["rows"]]
        rows = self._parcels(tables, meaning, context.network)
        return itertools.chain(self._operations(backfills, context.network), rows)

    def _parcels(
        self,
        tables: Sequence[tuple[Source, Mapping[str, pl.Expr]]],
        meaning: mapping.Mapping,
        network: str,
    ) -> Iterator[Parcel]:
        for source, columns in tables:
            for records in _records(source, columns):
                yield parcel(source, records, meaning, network)

    def _operations(
        self, tables: Sequence[tuple[Source, Mapping[str, pl.Expr]]], network: str
    ) -> Iterator[Parcel]:
        for source, columns in tables:
            for records in _records(source, columns):
                named = {within(name): name for name in backfill.COLUMNS}
                yield backfill.parcel(source, records.rename(named), network)


FORMAT = Parquet()


def _schema(source: Source) -> pl.Schema | None:
    """The columns of a file; null where it is no Parquet or cannot be read."""
    try:
        with source.path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return None
        return pl.scan_parquet(source.path, glob=False).collect_schema()
    except _BROKEN:
        return None


def _missing(columns: pl.Schema, meaning: mapping.Mapping) -> list[str]:
    names = columns.names()
    return [name for name in meaning.columns() if place_of(name, names, meaning) is None]


def _columns(source: Source, meaning: mapping.Mapping) -> dict[str, pl.Expr]:
    """The text of each column of the mapping.

    Raises:
        MappingError: a column is of a type that has no text, or a time is no text or number.
    """
    schema = _schema(source)
    if schema is None:
        raise UnreadableError(source.name, "it is no Parquet file, or one that is broken")
    names = schema.names()
    found: dict[str, pl.Expr] = {}
    for column in meaning.columns():
        place = place_of(column, names, meaning)
        name = names[place] if place is not None else column
        kind = schema[name]
        text = _text(pl.col(name), kind)
        if text is None:
            reason = f"the column '{column}' of {source.name} is of type {kind}, which has no text"
            raise MappingError(meaning.path, reason)
        clock = kind.base_type() in (pl.Datetime, pl.Date)
        if column == meaning.time and clock and meaning.time_format != "iso8601":
            reason = f"the column '{column}' of {source.name} holds {kind}; its format is iso8601"
            raise MappingError(meaning.path, reason)
        found[column] = text
    return found


def texts(source: Source, columns: Sequence[str]) -> dict[str, pl.Expr]:
    """The text of columns by their names.

    Raises:
        UnreadableError: one is of a type that has no text.
    """
    schema, found = _schema(source) or pl.Schema(), {}
    for name in columns:
        text = _text(pl.col(name), schema[name])
        if text is None:
            reason = f"its column '{name}' is of type {schema[name]}, which has no text"
            raise UnreadableError(source.name, reason)
        found[name] = text
    return found


def _text(value: pl.Expr, kind: pl.DataType) -> pl.Expr | None:
    """Values as a CSV would hold them; null for types that it could not."""
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        return value.dt.convert_time_zone("UTC").dt.strftime(f"{_CLOCK}Z")
    if isinstance(kind, (pl.Datetime, pl.Date)):
        return value.dt.strftime(_CLOCK if isinstance(kind, pl.Datetime) else "%Y-%m-%d")
    if kind.is_float():
        # Whole numbers are floats where a column of integers once had gaps.
        return value.cast(pl.String).str.replace(r"^(-?\d+)\.0$", "${1}")
    if isinstance(kind, pl.Binary):
        return value
    if kind.is_nested() or isinstance(kind, (pl.Duration, pl.Time, pl.Object)):
        return None
    return value.cast(pl.String)


def _records(source: Source, columns: Mapping[str, pl.Expr]) -> Iterator[pl.DataFrame]:
    scan = pl.scan_parquet(source.path, glob=False)
    try:
        total = scan.select(pl.len()).collect().item()
        for start in range(0, total, PIECE_ROWS):
            piece = scan.slice(start, PIECE_ROWS).select(**columns).collect()
            yield _decoded(piece, start)
    except _BROKEN as error:
        # Nothing was written yet, so a file that breaks half-way is refused as a whole.
        reason = f"its pages are broken ({' '.join(str(error).split())[:200]})"
        raise UnreadableError(source.name, reason) from error


def _decoded(piece: pl.DataFrame, start: int) -> pl.DataFrame:
    """Add what every table has; bytes that are no text make a row ragged."""
    names = piece.columns
    binary = [name for name, kind in piece.schema.items() if kind == pl.Binary]
    told = {name: piece[name].is_not_null() for name in binary}
    piece = piece.with_columns(_utf8(piece[name]) for name in binary)
    lost = [told[name] & piece[name].is_null() for name in binary]
    ragged = functools.reduce(lambda a, b: a | b, lost, pl.repeat(False, piece.height, eager=True))  # noqa: FBT003
    return piece.select(
        line=pl.int_range(start + 1, start + 1 + pl.len(), dtype=pl.Int64),
        text=pl.struct(names).struct.json_encode(),
        ragged=ragged,
        **{within(name): pl.col(name).fill_null("").str.strip_chars() for name in names},
    )


def _utf8(values: pl.Series) -> pl.Series:
    """Bytes as text, null where they are none."""
    try:
        return values.cast(pl.String)
    except PolarsError:
        # One bad value spoils a cast of all, so the piece is decoded value by value.
        decoded = [None if value is None else _or_null(value) for value in values]
        return pl.Series(values.name, decoded, dtype=pl.String)


def _or_null(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
