"""FairOnChain's features (fairon_v1) as numbers; `cypher.measures.fairon` has them exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.amounts import to_amount
from cypher.features import Family
from cypher.measures import fairon

if TYPE_CHECKING:
    from cypher.features import Scope
    from cypher.graph import Graph

PREFIX = "fairon_"
_FLOATS = {*fairon.AMOUNTS, "egonet_density", "rel"}


def rounded(projection: fairon.Projection) -> pl.DataFrame:
    """The features with amounts as doubles in whole units, null where decimals are not known."""
    places = pl.lit(projection.decimals, pl.Int64)
    amounts = [to_amount(pl.col(name), places).alias(name) for name in fairon.AMOUNTS]
    named = [pl.col(name).alias(PREFIX + name) for name in (*fairon.COLUMNS, "rel")]
    return projection.accounts.with_columns(amounts).select("account", *named).sort("account")


def _read(graph: Graph, scope: Scope) -> pl.DataFrame:
    return rounded(fairon.read(graph, scope))


FAMILY = Family(
    summary="FairOnChain's degrees, counts, amounts, loops and egonets of one native asset.",
    columns={
        PREFIX + name: pl.Float64() if name in _FLOATS else pl.Int64()
        for name in (*fairon.COLUMNS, "rel")
    },
    read=_read,
    defaults=fairon.DEFAULTS,
)
