"""What the Ethereum formats share: rows in either notation, shapes of values, time, the coin."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

import polars as pl

from core import amounts
from loader import verdicts
from loader.format import assets_frame
from loader.reading import json_lines, table
from loader.reading.side_table import SideTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from loader.reading.sources import Source

ZERO_ADDRESS = "0x" + 40 * "0"
DECIMALS = 18
MAX_VALUE = str(2**256 - 1)
INDEX_LIMIT = 2**20
MISSING_BLOCK = "missing_block"
_LAST_SECOND = 253_402_300_799
_RECOGNITION_LINES = 100


def names(source: Source) -> set[str]:
    """Keys of the first line that is a JSON object, else the cells of a table's header."""
    for line in source.head().removeprefix(b"\xef\xbb\xbf").splitlines()[:_RECOGNITION_LINES]:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            return set(found)
    return set(table.header(source))


def part_of(source: Source, parts: Mapping[str, set[str]]) -> str | None:
    """The first of the parts whose names the file has all."""
    present = names(source)
    return next((part for part, needed in parts.items() if needed <= present), None)


def records(
    source: Source,
    columns: Sequence[str],
    lists: Sequence[str] = (),
    objects: Mapping[str, pl.Struct] = MappingProxyType({}),
) -> Iterator[pl.DataFrame]:
    """The records of a file of JSON lines or of a table.

    Args:
        source: the file.
        columns: wanted as trimmed text, null where blank.
        lists: wanted as lists of text; in a table, with commas between the items.
        objects: lists of objects by column; in a table, JSON objects with commas between.

    Yields:
        Frames of `line`, `text`, `malformed` and the columns.
    """
    clean = [pl.col(name).str.strip_chars().replace("", None) for name in columns]
    nested = {name: pl.List(fields) for name, fields in objects.items()}
    if is_json(source):
        fields = {**dict.fromkeys(columns, pl.String()),
                  **dict.fromkeys(lists, pl.List(pl.String())), **nested}  # fmt: skip
        for frame in json_lines.records(source, pl.Struct(fields)):
            yield frame.with_columns(*clean)
        return
    for cells in _cells(source, [*columns, *lists, *objects]):
        frame = cells.with_columns(*clean, *[_split(name) for name in lists])
        yield _decoded(frame, nested) if nested else frame


def _split(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars()
    none = pl.lit([], pl.List(pl.String))
    return pl.when(text == "").then(none).otherwise(text.str.split(",")).alias(name)


def _decoded(frame: pl.DataFrame, nested: Mapping[str, pl.List]) -> pl.DataFrame:
    """Read the cells that hold JSON objects; what is none spoils its record."""
    parts: list[pl.Expr] = []
    for name in nested:
        inside = pl.col(name).fill_null("").str.strip_chars("[] ")
        parts += [pl.lit("," if parts else ""), pl.lit(f'"{name}":['), inside, pl.lit("]")]
    texts = pl.concat_str(pl.lit("{"), *parts, pl.lit("}"))
    decoded = json_lines.decode(
        frame.select("line", text=texts, undecodable="malformed"), pl.Struct(nested)
    )
    return frame.with_columns(
        pl.col("malformed") | decoded["malformed"], *[decoded[name] for name in nested]
    )


def is_json(source: Source) -> bool:
    """Whether a file holds lines of JSON rather than a table."""
    head = source.head().removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"{") or not table.header(source)


def _cells(source: Source, wanted: Sequence[str]) -> Iterator[pl.DataFrame]:
    header = table.header(source)
    for frame in table.records(source, len(header)):
        yield frame.select(
            "line",
            "text",
            *[
                pl.col(str(header.index(name))).alias(name)
                if name in header
                else pl.lit(None, pl.String).alias(name)
                for name in wanted
            ],
            malformed="ragged",
        )


def is_address(name: str) -> pl.Expr:
    """Whether a column in lower case is an address."""
    return pl.col(name).str.contains(r"^0x[0-9a-f]{40}$")


def is_hash(name: str) -> pl.Expr:
    """Whether a column in lower case is a hash of 32 bytes."""
    return pl.col(name).str.contains(r"^0x[0-9a-f]{64}$")


def lower(*columns: str) -> list[pl.Expr]:
    """The columns in lower case, the only form that ids know."""
    return [pl.col(name).str.to_lowercase() for name in columns]


def with_value(frame: pl.DataFrame, column: str, decimals: int = 0) -> pl.DataFrame:
    """Add `amount_base`, null where the text is no number up to 2^256 - 1, and its verdicts."""
    frame = frame.hstack(amounts.to_base(frame, column, decimals))
    length = pl.col("amount_base").str.len_bytes()
    fits = (length < len(MAX_VALUE)) | (
        (length == len(MAX_VALUE)) & (pl.col("amount_base") <= MAX_VALUE)
    )
    return frame.with_columns(amount_base=pl.when(fits).then("amount_base"))


def index(column: str, limit: int = INDEX_LIMIT) -> pl.Expr:
    """A place counted from 0, null where it is none or too large to be put in order."""
    number = verdicts.integer(pl.col(column))
    return pl.when(number.is_between(0, limit - 1)).then(number)


def order(tx_index: pl.Expr, event_index: pl.Expr) -> pl.Expr:
    """The position inside the block."""
    return tx_index * 2**32 + event_index * 2**12


def seconds(column: str) -> pl.Expr:
    """Epoch milliseconds of epoch seconds, null where they are none of the years up to 9999."""
    number = verdicts.integer(pl.col(column))
    return pl.when(number.is_between(0, _LAST_SECOND)).then(number * 1000)


class Clock:
    """The times of blocks, for rows that do not carry their own."""

    def __init__(self, folder: Path) -> None:
        schema = pl.Schema({"ledger": pl.Int64(), "ts": pl.Int64()})
        self.blocks = SideTable(folder, "blocks", "ledger", schema)
        self.rows = SideTable(folder, "block_times", "ledger", schema)

    def learn(self, blocks: pl.DataFrame) -> None:
        """Take the times of blocks from a frame of `ledger` and `ts`."""
        self.blocks.add(_times(blocks))

    def overhear(self, rows: pl.DataFrame) -> None:
        """Take the times that rows carry; all of these come before whoever asks for them."""
        self.rows.add(_times(rows))

    def ledgers(self) -> pl.Series:
        """The blocks given as such, each once."""
        return self.blocks.scan().select(pl.col("ledger").unique()).collect()["ledger"]

    def tell(self, frame: pl.DataFrame, *, overheard: bool = False) -> pl.DataFrame:
        """Fill `ts` where it is null and the block is known, with one time and no other."""
        late = frame.filter(pl.col("ts").is_null())["ledger"].drop_nulls()
        if not late.len():
            return frame
        tables = [self.blocks, *([self.rows] if overheard else [])]
        known = pl.concat([table.matching(late) for table in tables])
        known = known.group_by("ledger").agg(pl.col("ts").unique().alias("told"))
        known = known.filter(pl.col("told").list.len() == 1)
        return (
            frame.join(known, on="ledger", how="left", maintain_order="left")
            .with_columns(ts=pl.coalesce("ts", pl.col("told").list.first()))
            .drop("told")
        )


def _times(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("ledger", "ts").drop_nulls().unique(maintain_order=True)


def coin(network: str) -> pl.DataFrame:
    """The asset of native transfers."""
    return assets_frame(
        pl.DataFrame(
            {"id": [f"{network}:native"], "network": [network], "decimals": [DECIMALS],
             "symbol": ["ETH" if network == "ethereum" else None], "asset_class": ["native"]},
            schema_overrides={"symbol": pl.String},
        )
    )  # fmt: skip
