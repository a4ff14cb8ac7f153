"""Cycles of three to six accounts, static and in time, in whole columns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from core.errors import ParameterError
from cypher.motifs import Kernel
from cypher.searches import rings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from cypher.reading import Reading

_KIND = rings.Kind(3, 6, per_cycle=5, largest_first=True)


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    least, most = (cast("int", bound[name]) for name in ("min_length", "max_length"))
    if not _KIND.least <= least <= most <= _KIND.most:
        raise ParameterError(
            "motifs/cycle", "min_length", "and max_length go from 3 to 6, in order"
        )
    return rings.match(reading, bound, name="cycle", kind=replace(_KIND, least=least, most=most))


KERNEL = Kernel(_match, reads_flow=True)
