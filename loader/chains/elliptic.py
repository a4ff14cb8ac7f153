"""Graphs of Elliptic and Elliptic++: edges without amount whose time is a step, not a clock.

A transaction of the source is an account of kind `transaction` here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from core.schema import Flag
from core.times import to_epoch_ms
from loader import label_files, verdicts
from loader.format import Parcel, settle
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loader.format import Context
    from loader.reading.sources import Source

KIND = "transaction"
MISSING = "missing_transaction"
STEP_MS = 14 * 86_400_000
"""Steps lie about two weeks apart."""
BASE_DATE_MS = to_epoch_ms(datetime(2016, 1, 1, tzinfo=UTC))
"""The publishers name no dates; every time made of a step is flagged as approximate."""

STEPS = pl.Schema({"node": pl.String(), "step": pl.Int64()})
"""Steps of transactions."""

_TRANSACTION = r"^(?:[0-9]{1,20}|[0-9a-fA-F]{64})$"
_ADDRESS = r"^[0-9A-Za-z]{1,128}$"
_STEP = r"^[0-9]{1,6}$"


def steps(
    source: Source, places: Sequence[int], dialect: table.Dialect, context: Context
) -> Iterator[pl.DataFrame]:
    """The steps that a file of features tells, in the schema above.

    A row that cannot be read tells none: it is counted, and the edges that need it are rejected.

    Args:
        source: the file.
        places: of the columns of the transaction and its step.
        dialect: how the file is written.
        context: of the load.
    """
    for records in table.records(source, len(table.header(source, dialect)), dialect):
        node, step = (pl.col(str(place)).str.strip_chars() for place in places)
        told = ~pl.col("ragged") & node.str.contains(_TRANSACTION) & step.str.contains(_STEP)
        sound = records.filter(told)
        count_unused(records.height - sound.height, context)
        yield sound.select(node=node, step=step.cast(pl.Int64, strict=False))


def count_unused(rows: int, context: Context) -> None:
    """Warn of side rows that tell nothing."""
    if rows:
        context.warnings["unused_side_rows"] += rows


def accounts(nodes: pl.Series, network: str, kind: str) -> pl.DataFrame:
    """Accounts of nodes, each once."""
    return nodes.unique(maintain_order=True).to_frame("node").select(
        id=verdicts.account_id(network, pl.col("node")),
        network=pl.lit(network),
        address=pl.col("node"),
        kind=pl.lit(kind),
    )  # fmt: skip


def listed(source: Source, found: pl.DataFrame) -> Parcel:
    """A parcel of accounts without regard to their transfers; these rows move no value."""
    columns = {"line": pl.Int64, "text": pl.String, "reject": pl.String, "skip": pl.String}
    nothing = settle(source, pl.DataFrame(schema=columns))
    return Parcel(source, nothing.rows, nothing.transfers, found)


def classes(source: Source, names: Sequence[str], network: str) -> Iterator[Parcel]:
    """The classes of nodes as labels: 1 is illicit, 2 licit, all else says nothing.

    Args:
        source: the file.
        names: of the columns of the node and its class.
        network: of the nodes.
    """
    cells = table.header(source)
    node, told = (pl.col(str(cells.index(name))).str.strip_chars() for name in names)
    label = told.replace_strict({"1": 1, "2": 0}, default=None, return_dtype=pl.Int8)
    for records in table.records(source, len(cells)):
        sound = records.filter(~pl.col("ragged") & (node != ""))
        account = verdicts.account_id(network, node)
        labels = label_files.of_accounts(sound, names[1], account, label)
        yield replace(listed(source, accounts(pl.Series([], dtype=pl.String), network, KIND)),
                      labels=labels)  # fmt: skip


def edges(source: Source, names: Sequence[str], kinds: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The edges of a file: `line`, `text`, `from`, `to` and `flaw`, which is null in sound rows.

    Args:
        source: the file.
        names: of the columns of the two ends.
        kinds: of the ends, `transaction` or `account`.
    """
    cells = table.header(source)
    from_place, to_place = (str(cells.index(name)) for name in names)
    wrong = [
        ~pl.col(end).str.contains(_TRANSACTION if kind == KIND else _ADDRESS)
        for end, kind in zip(("from", "to"), kinds, strict=True)
    ]
    for records in table.records(source, len(cells)):
        frame = records.with_columns(
            pl.col(from_place).str.strip_chars().alias("from"),
            pl.col(to_place).str.strip_chars().alias("to"),
        )
        yield frame.with_columns(
            flaw=verdicts.first_reason(
                (verdicts.BAD_ROW, pl.col("ragged")),
                (verdicts.MISSING_FIELD, verdicts.blank("from", "to")),
                (verdicts.BAD_VALUE, pl.any_horizontal(wrong)),
            )
        )


def parcel(source: Source, frame: pl.DataFrame, kinds: Sequence[str], network: str) -> Parcel:
    """The parcel of edges with their `step`, which is null where no transaction tells it."""
    source_id, target_id = (verdicts.account_id(network, pl.col(end)) for end in ("from", "to"))
    source_kind, target_kind = (KIND if kind == KIND else None for kind in kinds)
    judged = frame.with_columns(
        reject=pl.coalesce(
            "flaw", verdicts.first_reason((MISSING, pl.col("step").is_null()))
        ),
        skip=pl.lit(None, pl.String),
        source=source_id,
        target=target_id,
        source_kind=pl.lit(source_kind, pl.String),
        target_kind=pl.lit(target_kind, pl.String),
        amount_base=pl.lit("0"),
        ledger="step",
        ord=pl.lit(0),
        ts=pl.col("step") * STEP_MS + BASE_DATE_MS,
        kind=pl.lit("transfer"),
        flags=verdicts.flags(
            (Flag.SELF, source_id == target_id),
            (Flag.AMOUNT_UNKNOWN, pl.lit(value=True)),
            (Flag.ORDER_UNKNOWN, pl.lit(value=True)),
            (Flag.TIME_APPROXIMATE, pl.lit(value=True)),
        ),
    )  # fmt: skip
    return settle(source, judged)


def later_step(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add the step of edges between transactions: the later one, when the second spends.

    Args:
        frame: edges.
        known: in the schema above, each node once.
    """
    for end in ("from", "to"):
        frame = frame.join(
            known.rename({"node": end, "step": f"step_{end}"}),
            on=end, how="left", maintain_order="left",
        )  # fmt: skip
    both = pl.col("step_from").is_not_null() & pl.col("step_to").is_not_null()
    return frame.with_columns(step=pl.when(both).then(pl.max_horizontal("step_from", "step_to")))
