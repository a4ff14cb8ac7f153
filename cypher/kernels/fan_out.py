"""Fan-out in windows of time by columns; the static variant is the query's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cypher.motifs import Kernel
from cypher.searches import fan_rows
from cypher.searches.fan_table import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from cypher.reading import Reading

_SIDE = Side(
    name="fan_out",
    inward=False,
    least="min_destinations",
    fresh="new_destinations_only",
    leaf="destination",
    far="source",
    leaves="destinations",
    answers="fundings",
)


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    return fan_rows.match(reading, bound, _SIDE)


KERNEL = Kernel(_match, variants=("temporal", "conserving"))
