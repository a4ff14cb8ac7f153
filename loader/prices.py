"""Price tables into the graph: tables of `asset`, `date`, `price` and `source`, CSV or Parquet.

A price is US dollars for one whole unit on a UTC day. Everything is read and checked first: a row
is loaded, duplicate, replaced, unmatched or rejected, and the five add up to the rows read. One
source says one price of an asset on a day; another one is an error, in the files and against the
graph. Of several sources the highest precedence counts, then the first in the alphabet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import uuid4

import polars as pl

from core.errors import FormatError, RejectedRowsError
from loader.dead_letter import DeadLetter
from loader.reading import parquet_copy, table
from loader.reading.sources import open_sources

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph
    from loader.reading.sources import Source

COLUMNS = ("asset", "date", "price", "source")
BATCH = 10_000
_KEY = ("asset", "date", "source")
_REJECTED = pl.col("reject").is_not_null()
_WRITTEN = ("loaded", "replaced", "duplicate")
_NAME = "prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOptions:
    """The choices of one `prices` command.

    Attributes:
        source: who says so, where a file does not; its name by default.
        precedence: of these prices over those of other sources.
        replace: take the files' price where the graph has another one of the same source.
        max_rejects: more rejected rows than this stop the command before it writes.
        dead_letter_dir: where the file of rejected rows goes; the working directory by default.
    """

    source: str | None = None
    precedence: int = 0
    replace: bool = False
    max_rejects: int = 0
    dead_letter_dir: Path | None = None


@dataclass(slots=True)
class PriceReport:
    """What became of the rows read.

    Attributes:
        duplicate: rows that say what the graph or an earlier row says.
        replaced: rows whose price took another one's place.
        unmatched: rows by reason: `no_asset` (the graph has none of that id) or `us_dollar` (a
            dollar is always worth 1).
        rejected: rows by reason.
        assets: how many have got a price.
        first, last: days with one, ISO.
        dead_letter: file of the rejected rows, None where there are none.
    """

    read: int = 0
    loaded: int = 0
    duplicate: int = 0
    replaced: int = 0
    unmatched: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    assets: int = 0
    first: str | None = None
    last: str | None = None
    dead_letter: Path | None = None
    seconds: float = 0.0


def load(graph: Graph, paths: Sequence[Path], options: PriceOptions | None = None) -> PriceReport:
    """Put the prices of `paths` into the graph.

    Raises:
        InputError: a path or file is not usable; nothing was written.
        RejectedRowsError: more rows are rejected than allowed; nothing was written.
    """
    begun, options, report = time.monotonic(), options or PriceOptions(), PriceReport()
    graph = graph.on_behalf_of(_NAME)
    letters = DeadLetter(options.dead_letter_dir or Path.cwd(), f"prices-{uuid4().hex[:8]}")
    rows = _compared(graph, _checked(_read(paths, options)), replace=options.replace)
    bad = rows.filter(_REJECTED).sort("file", "line")
    for (name,), part in bad.group_by("file", maintain_order=True):
        letters.add(str(name), part)
    if letters.rejected > options.max_rejects:
        raise RejectedRowsError(
            letters.rejected, options.max_rejects, letters.first, letters.path, 0
        )
    counts: dict[str, int] = dict(rows["outcome"].drop_nulls().value_counts().iter_rows())
    report.read, report.rejected = rows.height, dict(sorted(letters.reasons.items()))
    report.loaded, report.duplicate = counts.get("loaded", 0), counts.get("duplicate", 0)
    report.replaced = counts.get("replaced", 0)
    reasons = ("no_asset", "us_dollar")
    report.unmatched = {reason: counts[reason] for reason in reasons if reason in counts}
    report.dead_letter = letters.path if letters.rejected else None
    # Duplicates too: they may have got another precedence.
    written = rows.filter(pl.col("outcome").is_in(_WRITTEN))
    kept = written.unique(_KEY, keep="first", maintain_order=True)
    for part in kept.select(*_KEY, "network", "price").iter_slices(BATCH):
        graph.write("writes/prices_merge", prices=part.rows(), precedence=options.precedence)
    report.assets = kept["asset"].n_unique()
    report.first, report.last = kept.select(pl.min("date"), last=pl.max("date")).row(0)
    report.seconds = time.monotonic() - begun
    return report


def _read(paths: Sequence[Path], options: PriceOptions) -> pl.DataFrame:
    """All rows as text: `file`, `line`, `text`, `ragged` and the columns, `source` filled in."""
    frames = []
    with TemporaryDirectory(prefix="ledgergraph-prices-") as temporary:
        sources, _ = open_sources([Path(path) for path in paths], Path(temporary))
        for place, source in enumerate(sources):
            frames.append(_rows(source, Path(temporary) / f"table_{place}.csv", options))
    return pl.concat(frames)


def _rows(source: Source, copy: Path, options: PriceOptions) -> pl.DataFrame:
    above = 0
    if parquet_copy.is_parquet(source):
        # The copy's header is no row of the table.
        (source, _), above = parquet_copy.to_csv([source], copy), 1
    names = table.header(source)
    wanted = set(COLUMNS[:3]) <= set(names) <= set(COLUMNS)
    if not wanted or len(set(names)) < len(names):
        reason = f"its columns are {', '.join(names) or 'none'}, and not {', '.join(COLUMNS)}"
        raise FormatError(_NAME, source.name, f"{reason} (source may be left out)")
    parts = list(table.records(source, len(names)))
    if not parts:
        raise FormatError(_NAME, source.name, "it has a header and no row")
    cells = {name: pl.col(str(place)).str.strip_chars() for place, name in enumerate(names)}
    said = cells.pop("source", pl.lit(None, pl.String))
    default = options.source or PurePath(source.name.rpartition("!")[2]).name
    return pl.concat(parts).select(
        "text",
        "ragged",
        file=pl.lit(source.name),
        line=pl.col("line") - above,
        source=pl.when(said != "").then(said).otherwise(pl.lit(default)),
        **cells,
    )


def _checked(rows: pl.DataFrame) -> pl.DataFrame:
    """The price as a number, and in `reject` why a row cannot be used."""
    date, price, key = pl.col("date"), pl.col("price"), [pl.col(name) for name in _KEY]
    # A table of pandas has days as times at midnight.
    whole = date.str.contains(r"^\d{4}-\d\d-\d\d([T ]00:00(:00(\.0+)?)?Z?)?$")
    day = date.str.head(10)
    number = price.cast(pl.Float64, strict=False)
    reasons = {
        "it has not as many cells of UTF-8 text as the header": pl.col("ragged"),
        "asset is missing": pl.col("asset") == "",
        "date is not a day as in 2024-01-31": ~whole
        | day.str.to_date("%Y-%m-%d", strict=False).is_null(),
        "price is not a number": number.is_null() | number.is_nan(),
        "price is infinite": number.is_infinite(),
        "price is negative": number < 0,
    }
    fault = pl.coalesce(pl.when(bad).then(pl.lit(reason)) for reason, bad in reasons.items())
    parsed = rows.with_columns(reject=fault, price=number, date=day)
    several = pl.col("price").filter(~_REJECTED).n_unique().over(key) > 1
    return parsed.with_columns(
        reject=pl.when(~_REJECTED & several)
        .then(pl.lit("another row has another price of the same asset, day and source"))
        .otherwise("reject")
    )


def _compared(graph: Graph, rows: pl.DataFrame, *, replace: bool) -> pl.DataFrame:
    """Each row's `network` and `outcome`, by what the graph has."""
    bad, good = (rows.filter(told) for told in (_REJECTED, ~_REJECTED))
    known = graph.read("lookups/assets_known", assets=good["asset"].unique().sort())
    before = graph.read("lookups/prices_known", assets=known["asset"])
    joined = good.join(known, on="asset", how="left", maintain_order="left").join(
        before, on=list(_KEY), how="left", maintain_order="left"
    )
    first = pl.struct(_KEY).is_first_distinct()
    outcome = (
        pl.when(pl.col("network").is_null()).then(pl.lit("no_asset"))
        .when("dollar").then(pl.lit("us_dollar"))
        .when(pl.col("known") == pl.col("price")).then(pl.lit("duplicate"))
        .when(pl.col("known").is_not_null() & (not replace)).then(pl.lit("altered"))
        .when(~first).then(pl.lit("duplicate"))
        .when(pl.col("known").is_not_null()).then(pl.lit("replaced"))
        .otherwise(pl.lit("loaded"))
    )  # fmt: skip
    told = joined.with_columns(outcome=outcome)
    altered = pl.format(
        "altered: the graph has the price {} of the same asset, day and source", "known"
    )
    reject = pl.when(pl.col("outcome") == "altered").then(altered)
    return pl.concat([bad, told.with_columns(reject=reject)], how="diagonal")
