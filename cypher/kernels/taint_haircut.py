"""Taint by haircut, over any number of hops: sequential, in exact integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cypher.motifs import Kernel
from cypher.searches import taint, taint_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from cypher.reading import Reading


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    return taint_rows.match(reading, "taint_haircut", bound, taint.Haircut())


KERNEL = Kernel(_match)
