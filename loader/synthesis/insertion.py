"""Writes planted transfers into a copy of a table, as rows that nothing tells from the others.

A row begins as a copy of the clean row that it follows; ends, amount, asset, key and order become
its own, in the style of the column. Rows that were there keep their text, unless their order or a
counting key has to make room.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import InputError
from loader.dead_letter import DeadLetter
from loader.format import FORMATS, Context
from loader.reading import table
from loader.reading.sources import Source
from loader.report import LoadOptions
from loader.staging import Staging
from loader.synthesis import styles

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from loader.mapping import Mapping, Value
    from loader.synthesis.clean_ledger import CleanLedger
    from loader.synthesis.planting import Planting

    Integers = NDArray[np.int64]

_TRIES = 5
_TX_SHIFT = 2**32


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV, what its columns mean, and where each stands."""

    source: Source
    meaning: Mapping
    cells: list[str]

    @classmethod
    def open(cls, source: Source, meaning: Mapping) -> Table:
        """Find the columns.

        Raises:
            InputError: the mapping is of a kind that cannot be written back.
        """
        remedy = "Make a table with plain columns of the file first."
        if meaning.file_kind != "csv":
            raise InputError("Patterns can only be planted into a CSV.", remedy)
        for value in (meaning.source, meaning.target):
            if value.column is None or value.template is not None:
                raise InputError("An account that is put together cannot be planted.", remedy)
        dialect = table.Dialect(meaning.delimiter, meaning.encoding, meaning.has_header)
        return cls(source, meaning, table.header(source, dialect))

    @property
    def dialect(self) -> table.Dialect:
        """How the file is written."""
        return table.Dialect(self.meaning.delimiter, self.meaning.encoding, self.meaning.has_header)

    def place(self, column: str) -> str:
        """The name of a mapping's column in frames of cells."""
        if self.meaning.has_header and column in self.cells:
            return str(self.cells.index(column))
        return column

    @property
    def keys(self) -> list[str]:
        """Places of columns that only the key needs."""
        from loader.mapping import FIELD  # noqa: PLC0415 - TYPE_CHECKING holds the module's types

        meaning = self.meaning
        named = [*meaning.key, *FIELD.findall(meaning.key_template or "")]
        others = {*_columns(meaning.source), *_columns(meaning.target), *_columns(meaning.asset)}
        others |= {meaning.amount, meaning.time, meaning.ledger or "", *meaning.order}
        return [self.place(column) for column in dict.fromkeys(named) if column not in others]

    def texts(self, cells: pl.DataFrame) -> pl.Series:
        """Rows of cells as lines of the file."""
        special = rf'["\r\n\{self.meaning.delimiter}]'
        quoted = [
            pl.when(pl.col(str(i)).str.contains(special))
            .then(pl.format('"{}"', pl.col(str(i)).str.replace_all('"', '""', literal=True)))
            .otherwise(pl.col(str(i)))
            for i in range(len(self.cells))
        ]
        joined = pl.concat_str(quoted, separator=self.meaning.delimiter)
        return cells.select(text=joined)["text"]


def _columns(value: Value) -> list[str]:
    return value.columns()


@dataclass(slots=True)
class Room:
    """Where planted rows go in the file, and who has to move.

    Attributes:
        after: line of the file after which each row stands; `rank` orders those of one line.
        order: value of the first order column of each row; null where there is none.
        moved: new values of that column by line of a clean row.
    """

    after: Integers
    rank: Integers
    order: list[int] | None
    moved: dict[int, int]


def make_room(
    ledger: CleanLedger, planting: Planting, meaning: Mapping, rng: np.random.Generator
) -> Room:
    """Find a place inside its ledger for every planted row."""
    model = np.array(planting.model, dtype=np.int64)
    if not meaning.order:
        return Room(ledger.line[model], rng.permutation(len(model)), None, {})
    number = ledger.ord // _TX_SHIFT
    same = np.diff(ledger.moment) == 0
    steps = np.diff(number)[same]
    steps = steps[steps > 0]
    steps = steps if len(steps) else np.array([1])
    after, order = np.zeros(len(model), np.int64), [0] * len(model)
    moved: dict[int, int] = {}
    moments = ledger.moment[model]
    for moment in np.unique(moments):
        rows = np.arange(ledger.moment_start[moment], ledger.moment_start[moment + 1])
        planted = np.flatnonzero(moments == moment)
        clean = (number[rows], ledger.line[rows])
        _fit_in(clean, planted, (after, order, moved), rng, steps)
    return Room(after, np.array(order), order, moved)


def _fit_in(
    clean: tuple[Integers, Integers],
    planted: Integers,
    result: tuple[Integers, list[int], dict[int, int]],
    rng: np.random.Generator,
    steps: Integers,
) -> None:
    """Give the planted rows of one ledger free order numbers, or move the others up."""
    number, line = clean
    after, order, moved = result
    now = number.copy()
    mine: dict[int, int] = {}
    for row in planted:
        used = {*now.tolist(), *mine.values()}
        free = sorted(set(range(min(used), max(used))) - used)
        if free:
            mine[int(row)] = free[int(rng.integers(len(free)))]
            continue
        above = sorted(used)[int(rng.integers(len(used)))] if rng.random() < 0.5 else None  # noqa: PLR2004
        step = int(rng.choice(steps))
        if above is None:
            mine[int(row)] = max(used) + step
            continue
        now[now >= above] += step
        mine = {key: value + step if value >= above else value for key, value in mine.items()}
        mine[int(row)] = above
    for place in np.flatnonzero(now != number):
        moved[int(line[place])] = int(now[place])
    for row, value in mine.items():
        below = now < value
        after[row] = line[below][np.argmax(now[below])] if below.any() else line.min() - 1
        order[row] = value


class Insertion:
    """One writing of planted rows into a copy of a table.

    Args:
        opened: the table.
        ledger: its transfers.
        planting: what to write.
        rng: for names and keys.
        folder: temporary.
    """

    def __init__(
        self,
        opened: Table,
        ledger: CleanLedger,
        planting: Planting,
        rng: np.random.Generator,
        folder: Path,
    ) -> None:
        self.table, self.ledger, self.planting = opened, ledger, planting
        self.rng, self.folder = rng, folder
        self.room = make_room(ledger, planting, opened.meaning, rng)
        # From here on rows are in the order of the file.
        self.sorted = np.lexsort((self.room.rank, self.room.after))
        self.names = styles.accounts(ledger, planting, rng)

    def write(self, out: Path) -> pl.Series:
        """Write the table and return the ids that its planted rows have once they are loaded.

        Raises:
            InputError: no free keys can be found.
        """
        cells = self._cells()
        for _ in range(_TRIES):
            fresh = self._with_keys(cells)
            kept = self._copy(out, fresh)
            if kept is not None:
                return self._ids(kept)
        keys = ", ".join(self.table.meaning.key)
        raise InputError(f"No free values are left in the key ({keys}).")

    def _cells(self) -> pl.DataFrame:
        """The cells of the planted rows, keys excepted, in the order of the file."""
        opened, meaning, planting = self.table, self.table.meaning, self.planting
        order = self.sorted
        model = np.array(planting.model)[order]
        asset = np.array(planting.asset)[order]
        example = np.array(
            [np.argmax(self.ledger.asset == a) for a in range(len(self.ledger.assets))]
        )
        lines = pl.DataFrame({"line": self.ledger.line[model]})
        known = self._fetch(np.unique(self.ledger.line[np.concatenate([model, example])]))
        cells = lines.join(known, on="line", how="left", maintain_order="left")
        of_asset = pl.DataFrame({"line": self.ledger.line[example[asset]]}).join(
            known, on="line", how="left", maintain_order="left"
        )
        columns = {opened.place(c): of_asset[opened.place(c)] for c in meaning.asset.columns()}
        for value, ends in ((meaning.source, planting.source), (meaning.target, planting.target)):
            place = opened.place(value.columns()[0])
            columns[place] = self.names.gather(np.array(ends)[order])
        amount = opened.place(meaning.amount)
        columns[amount] = styles.amounts(self.ledger, planting, meaning, known[amount], self.rng)[
            order
        ]
        if self.room.order is not None:
            first = opened.place(meaning.order[0])
            columns[first] = pl.Series(np.array(self.room.order)[order]).cast(pl.String)
        return cells.with_columns(**columns)

    def _fetch(self, lines: Integers) -> pl.DataFrame:
        """The cells of some lines."""
        wanted = pl.Series(lines)
        width = len(self.table.cells)
        return pl.concat(
            frame.filter(pl.col("line").is_in(wanted.implode())).drop("text", "ragged")
            for frame in table.records(self.table.source, width, self.table.dialect)
        )

    def _with_keys(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Keys of their own: the next numbers where keys count rows, else tokens of their style."""
        after = self.room.after[self.sorted]
        ledger = self.ledger
        for place in self.table.keys:
            if ledger.key is not None and len(self.table.keys) == 1:
                by_line = np.argsort(ledger.line)
                line, key = ledger.line[by_line], ledger.key[by_line]
                at = np.clip(np.searchsorted(line, after, side="right") - 1, 0, None)
                number = key[at] + after - line[at] + 1 + np.arange(len(after))
                cells = cells.with_columns(_numbered(place, pl.Series(number)).alias(place))
            else:
                cells = cells.with_columns(styles.tokens(cells[place], self.rng).alias(place))
        return cells

    def _copy(self, out: Path, cells: pl.DataFrame) -> pl.DataFrame | None:
        """Write all rows; null when a key is taken, else the rows that decide about ids."""
        opened = self.table
        after = self.room.after[self.sorted]
        planted = pl.DataFrame(
            {
                "line": after,
                "rank": np.arange(len(after)) + 1,
                "text": opened.texts(cells),
            },
            schema={"line": pl.Int64, "rank": pl.Int64, "text": pl.String},
        )
        related = pl.Series(self._related(), dtype=pl.Int64)
        taken = cells.select(opened.keys) if opened.keys and self.ledger.key is None else None
        kept: list[pl.DataFrame] = []
        written = -1
        with out.open("wb") as file:
            if opened.dialect.has_header:
                file.write(opened.source.head().removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0])
                file.write(b"\n")
            for frame in table.records(opened.source, len(opened.cells), opened.dialect):
                if taken is not None and frame.join(taken, on=opened.keys, how="semi").height:
                    return None
                last = int(frame["line"][-1])
                own = planted.filter(pl.col("line").is_between(written + 1, last - 1))
                rows = self._moved(frame, after).select("line", "text", rank=pl.lit(0, pl.Int64))
                rows = pl.concat([rows, own.select("line", "text", "rank")]).sort("line", "rank")
                wanted = pl.col("line").is_in(related.implode()) | (pl.col("rank") > 0)
                kept.append(rows.filter(wanted))
                self._put(file, rows["text"])
                written = last - 1
            rest = planted.filter(pl.col("line") > written).select("line", "text", "rank")
            self._put(file, rest["text"])
            kept.append(rest)
        return pl.concat(kept)

    def _put(self, file: object, texts: pl.Series) -> None:
        if len(texts):
            joined = "\n".join(texts.to_list()) + "\n"
            file.write(joined.encode(self.table.dialect.encoding))  # type: ignore[attr-defined]

    def _moved(self, frame: pl.DataFrame, after: Integers) -> pl.DataFrame:
        """Rows whose order or counting key made room get a new text."""
        opened = self.table
        if self.ledger.key is not None and len(opened.keys) == 1:
            place = opened.keys[0]
            shift = pl.Series(np.searchsorted(after, frame["line"].to_numpy(), side="left"))
            digits = frame[place].str.extract(r"(\d+)$").cast(pl.Int64)
            frame = frame.with_columns(_numbered(place, digits + shift).alias(place))
            touched = pl.lit(value=True)
        else:
            touched = pl.col("line").is_in(
                pl.Series(list(self.room.moved)).cast(pl.Int64).implode()
            )
        if self.room.moved:
            order = opened.place(opened.meaning.order[0])
            new = pl.DataFrame(
                {"line": list(self.room.moved), "new": list(self.room.moved.values())},
                schema={"line": pl.Int64, "new": pl.String},
                strict=False,
            )
            frame = frame.join(new, on="line", how="left", maintain_order="left").with_columns(
                pl.coalesce("new", order).alias(order)
            )
        sound = touched & ~pl.col("ragged")
        return frame.with_columns(
            text=pl.when(sound).then(opened.texts(frame)).otherwise(pl.col("text"))
        )

    def _related(self) -> list[int]:
        """Clean rows that share a keyless id with a planted one, but for the number at its end."""
        meaning, ledger, planting = self.table.meaning, self.ledger, self.planting
        if meaning.key or meaning.key_template is not None:
            return []
        found: list[int] = []
        start = ledger.moment_start
        for model, source, target in zip(
            planting.model, planting.source, planting.target, strict=True
        ):
            moment = ledger.moment[model]
            rows = slice(int(start[moment]), int(start[moment + 1]))
            same = (ledger.source[rows] == source) & (ledger.target[rows] == target)
            found += ledger.line[rows][same].tolist()
        return found

    def _ids(self, kept: pl.DataFrame) -> pl.Series:
        """What the csv format makes of the planted rows, in the order of the planting."""
        opened = self.table
        path = self.folder / "planted.csv"
        kept = kept.with_row_index("row")
        with path.open("wb") as file:
            if opened.dialect.has_header:
                self._put(file, pl.Series([opened.meaning.delimiter.join(opened.cells)]))
            self._put(file, kept["text"])
        letters = DeadLetter(self.folder, "planted")
        staging = Staging(self.folder, opened.meaning.network, letters)
        options = LoadOptions(mapping=opened.meaning.path)
        context = Context(opened.meaning.network, options, self.folder, Counter())
        source = Source(path.name, path, "")
        for parcel in FORMATS.get("csv").read({"rows": [source]}, context):
            staging.add(parcel)
        if staging.transfers != kept.height:
            raise AssertionError(f"{kept.height} rows make {staging.transfers} transfers")
        ids = pl.concat([part.select("line", "id") for part in staging.partitions()])
        mine = kept.with_columns(line=pl.col("row").cast(pl.Int64) + 1 + opened.dialect.has_header)
        mine = mine.join(ids, on="line", how="left").filter(pl.col("rank") > 0).sort("rank")
        back = np.empty(len(self.sorted), np.int64)
        back[self.sorted] = np.arange(len(self.sorted))
        return mine["id"].gather(back)


def _numbered(place: str, number: pl.Series) -> pl.Expr:
    """A counting key with another number, as wide as it was."""
    parts = pl.col(place).str.extract_groups(r"^(\D*)(\d+)$").struct
    wide = pl.lit(number.cast(pl.String)).str.zfill(parts.field("2").str.len_chars())
    return pl.concat_str(parts.field("1"), wide)
