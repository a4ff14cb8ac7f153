"""Sums that come back to where they began, in whole columns."""

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

_KIND = rings.Kind(2, 6, other="intermediary", per_cycle=5, largest_first=True, returns=True)


def _match(reading: Reading, bound: Mapping[str, object]) -> pl.DataFrame:
    least, most = (cast("int", bound[name]) for name in ("min_length", "max_length"))
    if not _KIND.least <= least <= most <= _KIND.most:
        raise ParameterError(
            "motifs/round_trip", "min_length", "and max_length go from 2 to 6, in order"
        )
    kind = replace(_KIND, least=least, most=most)
    return rings.match(reading, bound, name="round_trip", kind=kind)


KERNEL = Kernel(_match)
