"""What kernels of path motifs share: networks, hubs, and which transfer is later than which."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from cypher import ledger as ledgers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray

    from cypher.graph import Graph
    from cypher.ledger import Ledger


def networks(graph: Graph, bound: Mapping[str, object]) -> list[str]:
    """The network asked for, or all that were loaded."""
    if bound.get("network") is not None:
        return [str(bound["network"])]
    return graph.read("lookups/projection_networks")["network"].to_list()


def read(graph: Graph, network: str, bound: Mapping[str, object], *, base: bool = False) -> Ledger:
    """A network's transfers of the range and asset asked for."""
    return ledgers.read(
        graph,
        network,
        asset=cast("str | None", bound.get("asset")),
        since=cast("datetime | None", bound.get("since")),
        until=cast("datetime | None", bound.get("until")),
        base=base,
    )


def hubs(ledger: Ledger, hub_degree: int | None) -> NDArray[np.bool_]:
    """By account: infrastructure, pseudo accounts, and more than `hub_degree` counterparties."""
    stops = ledger.accounts.select(pl.col("infra") | pl.col("pseudo")).to_series().to_numpy()
    if hub_degree is None:
        return stops
    ends = ledger.transfers.select("source", "target").filter(pl.col("source") != pl.col("target"))
    degree = (
        pl.concat([ends, ends.select(source="target", target="source")])
        .unique()
        .group_by("source")
        .len()
        .filter(pl.col("len") > hub_degree)
    )
    stops = stops.copy()
    stops[degree["source"].to_numpy()] = True
    return stops
