"""Time for Elliptic++'s edges from address to address, which do not name their transaction.

It is found through the other two lists: a transaction that the first address feeds and that pays
the second. Where a pair met more than once, its rows take the meetings in the order of time, so
that the order of rows in the file does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from loader.chains import elliptic
from loader.chains.elliptic import KIND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loader.reading.sources import Source

_PAIR = ["from", "to"]
_LISTS = {
    "senders": (("input_address", "txId"), ("account", KIND), {"from": "from", "to": "node"}),
    "receivers": (("txId", "output_address"), (KIND, "account"), {"from": "node", "to": "to"}),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """How many rows of a file named each pair so far, for pairs that met more than once."""

    counts: pl.DataFrame

    @classmethod
    def nothing(cls) -> Seen:
        """Before the first row."""
        columns = {"from": pl.String, "to": pl.String, "before": pl.Int64}
        return cls(pl.DataFrame(schema=columns))


def meetings(files: Mapping[str, Sequence[Source]], known: pl.DataFrame) -> pl.DataFrame:
    """The steps at which pairs of addresses met: `from`, `to`, `steps` (ascending).

    Args:
        files: with the lists of senders and receivers.
        known: steps of transactions.
    """
    sides = []
    for part, (names, kinds, ours) in _LISTS.items():
        frames = [
            frame.filter(pl.col("flaw").is_null()).select(
                pl.col(end).alias(name) for end, name in ours.items()
            )
            for source in files[part]
            for frame in elliptic.edges(source, names, kinds)
        ]
        sides.append(pl.concat(frames).unique() if frames else _no_side(ours))
    senders, receivers = sides
    return (
        senders.join(known, on="node")
        .join(receivers, on="node")
        .group_by(_PAIR)
        .agg(steps=pl.col("step").sort())
    )


def timed(frame: pl.DataFrame, met: pl.DataFrame, seen: Seen) -> tuple[pl.DataFrame, Seen]:
    """Add the step of each edge, null where the pair never met.

    Args:
        frame: edges of one piece of a file.
        met: as above.
        seen: in the pieces before.
    """
    place = pl.int_range(pl.len(), dtype=pl.Int64).over(_PAIR)
    frame = (
        frame.join(met, on=_PAIR, how="left", maintain_order="left")
        .join(seen.counts, on=_PAIR, how="left", maintain_order="left")
        .with_columns(turn=place + pl.col("before").fill_null(0))
    )
    # A row more than meetings can only repeat the last one.
    turn = pl.min_horizontal(pl.col("turn"), pl.col("steps").list.len().cast(pl.Int64) - 1)
    frame = frame.with_columns(step=pl.col("steps").list.get(turn, null_on_oob=True))
    often = frame.filter(pl.col("steps").list.len() > 1)
    fresh = often.group_by(_PAIR).agg(before=pl.col("turn").max() + 1)
    counts = pl.concat([fresh, seen.counts]).unique(_PAIR, keep="first")
    return frame, Seen(counts)


def _no_side(ours: Mapping[str, str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(ours.values(), pl.String))
