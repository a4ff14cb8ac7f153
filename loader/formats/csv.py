"""Anybody's own table, CSV or JSON lines, with a mapping file that says what columns mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from core.errors import MappingError, UsageError
from core.schema import Flag
from loader import known_tables, label_files, mapping, verdicts
from loader.format import Format, Parcel, assets_frame, settle
from loader.reading import json_lines, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context
    from loader.reading.sources import Source
    from loader.report import LoadOptions

ORDER_SHIFT = (2**32, 2**12, 1)
ORDER_LIMIT = (2**20, 2**20, None)


class Csv(Format):
    """A table whose mapping file takes the place of a fixed header."""

    summary = "Your own CSV or JSON lines, explained by a mapping file."
    network = ""

    def choices(self, options: LoadOptions) -> LoadOptions:
        """A mapping may say that no row is to be rejected."""
        return mapped_choices(options, "csv")

    def default_network(self, options: LoadOptions) -> str:
        """The mapping's, unless one is asked for."""
        return options.network or read_mapping(options, "csv").network

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """A file is a table when it has the columns that the mapping names."""
        meaning = read_mapping(options, "csv")
        return "rows" if not _missing(source, meaning) else None

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """The first column that it would need."""
        meaning = read_mapping(options, "csv")
        return lacks(_missing(source, meaning)[0], meaning, options)

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """One file after the other."""
        meaning = read_mapping(context.options, "csv")
        for source in files["rows"]:
            for records in _records(source, meaning):
                yield parcel(source, records, meaning, context.network)


FORMAT = Csv()


def read_mapping(options: LoadOptions, name: str) -> mapping.Mapping:
    """The mapping file of a load.

    Raises:
        UsageError: none is given, which the format of that name needs.
    """
    if options.mapping is not None:
        return mapping.read(options.mapping)
    if options.network is None:
        raise UsageError(
            f"The format '{name}' needs a mapping file.",
            "Give one with --mapping FILE; 'ledgergraph mapping suggest' proposes one. Tables of "
            "chainswarm's transfers need none, but --network: they do not name their network.",
        )
    return known_tables.chainswarm(options.network)


def mapped_choices(options: LoadOptions, name: str) -> LoadOptions:
    """The choices of a load that its mapping, if it has one, restricts."""
    if options.mapping is None or not read_mapping(options, name).stop_on_error:
        return options
    return replace(options, max_rejects=0)


def lacks(column: str, meaning: mapping.Mapping, options: LoadOptions) -> str:
    """What is missing in a file without a column."""
    if options.mapping is not None:
        return f"it has no column '{column}', which the mapping {meaning.path} names"
    return (
        f"it has no column '{column}' as chainswarm's transfers have; explain what it is with "
        "--mapping"
    )


def _missing(source: Source, meaning: mapping.Mapping) -> list[str]:
    if meaning.file_kind == "jsonl":
        return [] if json_lines.looks_like(source) else meaning.columns()
    cells = table.header(source, _dialect(meaning))
    return [column for column in meaning.columns() if place_of(column, cells, meaning) is None]


def place_of(column: str, cells: Sequence[str], meaning: mapping.Mapping) -> int | None:
    """Where a column stands: by its name, which must be there once, else by its number."""
    if meaning.has_header and column in cells:
        if cells.count(column) > 1:
            raise MappingError(
                meaning.path, f"the column '{column}' occurs twice; name it by its 0-based number"
            )
        return cells.index(column)
    if column.isascii() and column.isdigit() and int(column) < len(cells):
        return int(column)
    return None


def _dialect(meaning: mapping.Mapping) -> table.Dialect:
    return table.Dialect(meaning.delimiter, meaning.encoding, meaning.has_header)


def _records(source: Source, meaning: mapping.Mapping) -> Iterator[pl.DataFrame]:
    """Records with the mapping's columns under `in:<column>`, trimmed."""
    columns = meaning.columns()
    if meaning.file_kind == "jsonl":
        fields = pl.Struct(dict.fromkeys(columns, pl.String))
        for frame in json_lines.records(source, fields):
            yield frame.select(
                "line", "text", ragged=pl.col("malformed"),
                **{within(name): pl.col(name).str.strip_chars() for name in columns},
            )  # fmt: skip
        return
    cells = table.header(source, _dialect(meaning))
    places = {column: place_of(column, cells, meaning) for column in columns}
    for frame in table.records(source, len(cells), _dialect(meaning)):
        yield frame.select(
            "line",
            "text",
            "ragged",
            **{
                within(name): pl.col(str(place)).str.strip_chars() for name, place in places.items()
            },
        )


def within(column: str) -> str:
    """Where a column of the mapping stands in a frame of records."""
    return f"in:{column}"


def parcel(source: Source, records: pl.DataFrame, meaning: mapping.Mapping, network: str) -> Parcel:
    """The parcel of records.

    Args:
        source: the file.
        records: `line`, `text`, `ragged`, and each column of the mapping as trimmed text under
            `within(column)`, empty where there is nothing.
        meaning: what the columns are.
        network: of the accounts.
    """
    frame = records.with_columns(
        sender=_address(meaning.source, meaning),
        receiver=_address(meaning.target, meaning),
        asset=_value(meaning.asset),
        **_instant(meaning),
    )
    frame = _renamed_network(frame, meaning, network)
    frame = frame.with_columns(ledger=_ledger(meaning), ord=_order(meaning))
    frame = _with_amount(frame, meaning)
    frame = frame.with_columns(
        reject=_reject(meaning),
        skip=verdicts.first_reason(
            (verdicts.FAILED, _failed(meaning)), (verdicts.ZERO, pl.col("amount_base") == "0")
        ),
        source=verdicts.account_id(network, pl.col("sender")),
        target=verdicts.account_id(network, pl.col("receiver")),
        kind=pl.lit(meaning.kind),
        **{name: pl.col(within(name)).replace("", None) for name in meaning.keep},
    )
    frame = frame.with_columns(
        id=_key(meaning, network),
        flags=verdicts.flags(
            *[(flag, pl.lit(value=True)) for flag in meaning.flags],
            (Flag.SELF, pl.col("source") == pl.col("target")),
            (
                Flag.ORDER_UNKNOWN,
                pl.lit(not meaning.order and "order_unknown" not in meaning.flags),
            ),
            (Flag.AMOUNT_INEXACT, pl.col("inexact")),
        ),
    )
    settled = settle(source, frame, meaning.keep, assets=_assets(frame, meaning, network))
    return replace(settled, labels=_labels(frame, meaning))


def _labels(frame: pl.DataFrame, meaning: mapping.Mapping) -> pl.DataFrame | None:
    """1 where a label's column says so, 0 where it says something else, none where it is empty."""
    if not meaning.labels:
        return None
    return pl.concat(
        label_files.of_rows(
            frame,
            label.column,
            label.target,
            pl.when(pl.col(within(label.column)) != "").then(
                pl.col(within(label.column)).is_in(list(label.positive))
            ),
        )
        for label in meaning.labels
    )


def _value(value: mapping.Value) -> pl.Expr:
    """The text of a value, null where what it needs is empty."""
    if value.template is not None:
        parts: list[pl.Expr] = []
        for place, part in enumerate(mapping.FIELD.split(value.template)):
            parts.append(pl.col(within(part)).replace("", None) if place % 2 else pl.lit(part))
        filled = pl.concat_str(*parts)
        if value.column is None:
            return filled
        return pl.when(pl.col(within(value.column)) != "").then(filled)
    if value.column is None:
        return pl.lit(value.constant)
    text = pl.col(within(value.column)).replace("", None)
    if value.fallback is None:
        return text
    other = pl.col(within(value.fallback))
    return pl.coalesce(text, pl.when(~other.is_in(["", "NULL"])).then(other))


def _address(value: mapping.Value, meaning: mapping.Mapping) -> pl.Expr:
    del meaning
    return verdicts.normal_address(_value(value))


def _renamed_network(frame: pl.DataFrame, meaning: mapping.Mapping, network: str) -> pl.DataFrame:
    """Asset ids carry the mapping's network; under another one they follow it."""
    if network == meaning.network:
        return frame
    return frame.with_columns(
        asset=pl.when(pl.col("asset").str.starts_with(f"{meaning.network}:"))
        .then(
            pl.concat_str(
                pl.lit(f"{network}:"), pl.col("asset").str.strip_prefix(f"{meaning.network}:")
            )
        )
        .otherwise("asset")
    )


def _instant(meaning: mapping.Mapping) -> dict[str, pl.Expr]:
    text = pl.col(within(meaning.time))
    return {"ts": verdicts.instant_ms(text, meaning.time_format, meaning.time_zone)}


def _ledger(meaning: mapping.Mapping) -> pl.Expr:
    if meaning.ledger is None:
        return pl.col("ts").floordiv(1000)
    return verdicts.integer(pl.col(within(meaning.ledger)))


def _order(meaning: mapping.Mapping) -> pl.Expr:
    """tx_index, event_index and leg_index as one number, null where one is out of range."""
    total = pl.lit(0, pl.Int64)
    for column, shift, limit in zip(meaning.order, ORDER_SHIFT, ORDER_LIMIT, strict=False):
        number = verdicts.integer(pl.col(within(column)))
        kept = number.clip(0, 4095) if limit is None else pl.when(number < limit).then(number)
        total = total + pl.when(number >= 0).then(kept) * shift
    return total


def _with_amount(frame: pl.DataFrame, meaning: mapping.Mapping) -> pl.DataFrame:
    column = within(meaning.amount)
    if meaning.unit == "hex_base":
        frame = frame.with_columns(
            amounts.hex_to_base(frame[column]).alias("amount_base"),
            negative=pl.lit(value=False),
            inexact=pl.lit(value=False),
        )
    else:
        scale = meaning.decimals if meaning.unit == "whole" else 0
        frame = frame.hstack(amounts.to_base(frame, column, scale))
    return frame.with_columns(
        amount=amounts.to_amount(pl.col("amount_base"), pl.lit(meaning.decimals))
    )


def _reject(meaning: mapping.Mapping) -> pl.Expr:
    needed = [
        within(meaning.amount),
        within(meaning.time),
        *(within(c) for c in (*meaning.order, *meaning.key)),
    ]
    if meaning.ledger is not None:
        needed.append(within(meaning.ledger))
    if meaning.success is not None:
        needed.append(within(meaning.success[0]))
    spare = {within(c) for v in (meaning.source, meaning.target) for c in v.columns()}
    needed = [column for column in needed if column not in spare]
    return verdicts.first_reason(
        (verdicts.BAD_ROW, pl.col("ragged")),
        (verdicts.MISSING_FIELD, verdicts.blank(*needed, "sender", "receiver", "asset")),
        (verdicts.BAD_VALUE, pl.col("amount_base").is_null()),
        (verdicts.BAD_VALUE, pl.any_horizontal(pl.col("ts", "ledger", "ord").is_null())),
        (verdicts.BAD_VALUE, pl.col("ledger") < 0),
        (verdicts.NEGATIVE, pl.col("negative")),
    )


def _failed(meaning: mapping.Mapping) -> pl.Expr:
    if meaning.success is None:
        return pl.lit(value=False)
    column, good = meaning.success
    return ~pl.col(within(column)).is_in(list(good))


def _key(meaning: mapping.Mapping, network: str) -> pl.Expr:
    """The id; columns that feed an account or the amount enter in their normal form."""
    start = [pl.lit(network), pl.col("ledger").cast(pl.String)]
    normal = {meaning.amount: pl.col("amount_base")}
    for value, name in ((meaning.source, "sender"), (meaning.target, "receiver")):
        if value.column is not None:
            normal[value.column] = pl.col(name)
    if meaning.key:
        parts = [
            normal.get(column, verdicts.normal_address(pl.col(within(column))))
            for column in meaning.key
        ]
        return pl.concat_str(*start, verdicts.joined(parts), separator=":")
    if meaning.key_template is None:
        return pl.lit(None, pl.String)
    pieces = [
        verdicts.quote(normal.get(part, pl.col(within(part)))) if place % 2 else pl.lit(part)
        for place, part in enumerate(mapping.FIELD.split(meaning.key_template))
    ]
    return pl.concat_str(*start, pl.concat_str(*pieces), separator=":")


def _assets(frame: pl.DataFrame, meaning: mapping.Mapping, network: str) -> pl.DataFrame:
    if meaning.symbol is not None:
        return known_tables.chainswarm_assets(frame, within(meaning.symbol), network)
    code = pl.col("id").str.strip_prefix(f"{network}:")
    return assets_frame(
        frame.select(id="asset")
        .drop_nulls()
        .unique(maintain_order=True)
        .select(
            "id",
            network=pl.lit(network),
            symbol=code,
            decimals=pl.lit(meaning.decimals),
            asset_class=pl.when(code == "native")
            .then(pl.lit("native"))
            .otherwise(pl.lit("issued")),
        )
    )
