"""What kernels of path motifs share: networks, their ledgers and stop lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cypher import hubs
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


def stops(ledger: Ledger, bound: Mapping[str, object]) -> NDArray[np.bool_]:
    """Accounts that no path goes through, by row of `ledger.accounts`."""
    return hubs.stop_list(
        ledger,
        cast("int | None", bound.get("hub_degree")),
        cast("float | None", bound.get("hub_percentile")),
    )
