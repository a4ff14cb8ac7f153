"""What a source format is: it recognises its files and turns their rows into parcels of frames.

A format never talks to the database and never decides whether a row is new: `loader.staging` orders
its transfers and `loader.stream` writes them. What several formats need stands in modules beside
this one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from core import schema
from core.registry import OpenFolder
from loader import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from loader.reading.sources import Source
    from loader.report import LoadOptions

ROWS = pl.Schema(
    {
        "row": pl.Int64(),
        "line": pl.Int64(),
        "reject": pl.String(),
        "skip": pl.String(),
        "text": pl.String(),
    }
)
"""Rows of a parcel: `row` counts from 0 inside the parcel; a row is rejected for a reason, skipped
for a reason, or has transfers; `text` is the raw record, needed where it is rejected."""

STAGED = pl.Schema(
    {
        "row": pl.Int64(),
        **schema.TRANSFERS,
        "source_kind": pl.String(),
        "target_kind": pl.String(),
        "twin": pl.String(),
    }
)
"""Transfers of a parcel: those of `core.schema`, their row (null for a fee), the kinds of accounts
that are not plain ones, and the id of the other description of the same money, if there is one.
`id` is null in keyless formats. Further columns are extras, as text or integers; `blocks.COLUMN` is
none of them."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A part of one source, in bounded memory: its rows and what they became.

    Attributes:
        labels: in the schema of `loader.label_files`; they go to side files.
        blocks: the blocks that rows or side files name, also those in which nothing moved, in
            the schema of `loader.blocks`.
    """

    source: Source
    rows: pl.DataFrame
    transfers: pl.DataFrame
    accounts: pl.DataFrame | None = None
    assets: pl.DataFrame | None = None
    blocks: pl.DataFrame | None = None
    labels: pl.DataFrame | None = None


@dataclass(slots=True)
class Context:
    """What a format is given for one load, and where it leaves what is no row.

    Attributes:
        network: of the accounts that are loaded.
        folder: temporary, for side files too large for memory.
        warnings: counts by name; they change no outcome.
        fees_base: the sum of the fees, null where the source tells none.
        chain_id: of the EVM chain, null where the source tells none.
    """

    network: str
    options: LoadOptions
    folder: Path
    warnings: Counter[str] = field(default_factory=Counter)
    fees_base: int | None = None
    chain_id: int | None = None


LONGEST_KEY = 1_024
"""Characters of an id or address; an index of the database holds no key beyond eight kilobytes."""
LONGEST_TEXT = 65_536
"""Characters of any other property."""


def settle(
    source: Source,
    judged: pl.DataFrame,
    extras: Sequence[str] = (),
    *,
    assets: pl.DataFrame | None = None,
    block: str | None = None,
) -> Parcel:
    """The parcel of a frame in which every row has its verdict and, at most, one transfer.

    Args:
        source: the file the rows come from.
        judged: `line`, `text`, `reject`, `skip` and the columns of `STAGED` that are known.
        extras: further columns that become properties.
        assets: of the transfers.
        block: column of the hash of the row's block, where the chain can reorganise.
    """
    judged = _bounded(judged, extras).with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
    named = None
    if block is not None:
        named = blocks.told(judged.filter(pl.col("reject").is_null()), block)
        judged = judged.with_columns(blocks.normal(pl.col(block)).alias(blocks.COLUMN))
        extras = [*extras, blocks.COLUMN]
    moved = judged.filter(pl.col("reject").is_null() & pl.col("skip").is_null())
    return Parcel(
        source, judged.select(ROWS.names()), stage(moved, extras), assets=assets, blocks=named
    )


def _bounded(judged: pl.DataFrame, extras: Sequence[str]) -> pl.DataFrame:
    """Reject rows with texts that no ledger has and no index holds."""
    long = pl.when(too_long(judged, extras)).then(pl.lit("bad_value"))
    return judged.with_columns(reject=pl.coalesce("reject", long))


def too_long(frame: pl.DataFrame, extras: Sequence[str] = ()) -> pl.Expr:
    """Whether a transfer's key or property is longer than those of any ledger.

    Args:
        frame: with some of the columns of `STAGED`.
        extras: further columns that become properties.
    """
    limits = {
        **dict.fromkeys(("id", "source", "target", "asset", "kind", "tx_id"), LONGEST_KEY),
        **dict.fromkeys(extras, LONGEST_TEXT),
    }
    long = [
        pl.col(name).str.len_chars() > limit
        for name, limit in limits.items()
        if frame.schema.get(name) == pl.String
    ]
    return pl.any_horizontal(pl.lit(value=False), *long)


def only_blocks(source: Source, named: pl.DataFrame) -> Parcel:
    """A parcel of a side file that names blocks and has no rows."""
    rows, transfers = pl.DataFrame(schema=ROWS), pl.DataFrame(schema=STAGED)
    return Parcel(source, rows, transfers, blocks=named)


def stage(transfers: pl.DataFrame, extras: Sequence[str] = ()) -> pl.DataFrame:
    """The columns of `STAGED` and the extras, those not given as nulls."""
    return transfers.select(
        *[
            pl.col(name) if name in transfers.columns else pl.lit(None, kind).alias(name)
            for name, kind in STAGED.items()
        ],
        *extras,
    ).cast(STAGED)


def assets_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in the schema of assets, columns not given as nulls."""
    return frame.select(
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in schema.ASSETS.items()
    )


class Format(ABC):
    """One kind of source; subclasses live in `loader/formats`, one a file."""

    summary: str
    """One sentence for lists of formats."""
    network: str
    """The network of a load that names none."""
    has_fee_edges: bool = False
    """Whether `--fees edges` makes transfers of its fees."""

    @abstractmethod
    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """The part that a file plays, such as `transactions`, judged by its content; else null."""

    @abstractmethod
    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Read the recognised files; everything that can be refused is refused before a parcel.

        Raises:
            FormatError: a file that is needed is not there.
        """

    def choices(self, options: LoadOptions) -> LoadOptions:
        """The choices of a load, as far as a file that it names makes them."""
        return options

    def default_network(self, options: LoadOptions) -> str:
        """The network to load into: the one asked for, else the format's."""
        return options.network or self.network

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """What a file lacks to be recognised, for the message when none was."""
        del source, options
        return "its content is not of this format"


FORMATS: OpenFolder[Format] = OpenFolder("loader.formats", "FORMAT", Format, "format")  # type: ignore[type-abstract]
"""Every format by name."""
