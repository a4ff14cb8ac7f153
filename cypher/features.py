"""Reads families of account features, for the job that stores them and for exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core.errors import NotFoundError, ParameterError
from cypher import catalog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cypher.graph import Graph

CLOCK_SUFFIX = "_ts"
"""Ends the name of a column that is a point in time (epoch ms): never an input of a model as it
is, only as an age."""


def families() -> tuple[str, ...]:
    """Names of all feature families."""
    return catalog.names("features")


def clocks(frame: pl.DataFrame) -> list[str]:
    """Columns that are points in time."""
    return [name for name in frame.columns if name.endswith(CLOCK_SUFFIX)]


def read_features(
    graph: Graph,
    names: Sequence[str] | None = None,
    *,
    network: str | None = None,
    asset: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """Features of every account with a transfer in `[since, until)`, sorted by account id.

    Args:
        graph: the database.
        names: the families; None takes all. Their columns stand side by side.
        network: None where the graph has only one.
        asset: None takes every asset; then amounts are null where the range has several.
        since: first instant that counts.
        until: first instant that no longer counts; nothing at or after it changes a value.

    Raises:
        UnknownNameError: there is no such family.
        ParameterError: no network is named and the graph has several.
    """
    asked = tuple(dict.fromkeys(families() if names is None else names))
    scope = {"network": network or only_network(graph), "asset": asset}
    frames = [graph.read(f"features/{name}", **scope, since=since, until=until) for name in asked]
    joined = pl.DataFrame(schema={"account": pl.String})
    for frame in frames:
        joined = joined.join(frame, on="account", how="full", coalesce=True)
    return joined.sort("account")


def networks(graph: Graph) -> list[str]:
    """The networks that the graph holds."""
    return graph.read("lookups/projection_networks")["network"].to_list()


def only_network(graph: Graph) -> str:
    """The graph's network, where it has one.

    Raises:
        NotFoundError: nothing is loaded.
        ParameterError: the graph has several, and none was named.
    """
    found = networks(graph)
    if not found:
        raise NotFoundError("network", "*", "Load a ledger first.")
    if len(found) > 1:
        choice = f"Name one of {', '.join(found)}."
        raise ParameterError("features", "network", "is missing", choice)
    return found[0]
