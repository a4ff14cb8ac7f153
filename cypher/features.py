"""Reads families of account features, for the job that stores them and for exports.

A family is a query of `cypher/features` or, where Cypher is not the language for the formulas, a
module of `cypher/families` that defines `FAMILY` and makes columnar passes over what queries
return. A module takes the place of a query of its name that is too slow; the query is its oracle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from core.errors import NotFoundError, UnknownNameError, UsageError
from core.registry import OpenFolder
from cypher import catalog
from cypher.family import Family, Features, Refreshed, Scope
from cypher.values import TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cypher.family import Change
    from cypher.graph import Graph


FAMILIES = OpenFolder("cypher.families", "FAMILY", Family, "feature family")
VERSION = "3"
"""Raised when the same graph would get other values."""

CLOCK_SUFFIX = "_ts"
"""Ends the name of a column that is a point in time (epoch ms): never an input of a model as it
is, only as an age."""


def families() -> tuple[str, ...]:
    """Names of all feature families."""
    return tuple(sorted({*catalog.names("features"), *FAMILIES.names()}))


def summary(name: str) -> str:
    """One sentence on a family."""
    if name in FAMILIES.names():
        return FAMILIES.get(name).summary
    return catalog.load(f"features/{name}").summary


def columns(name: str) -> dict[str, pl.DataType]:
    """A family's features and their types, without the account.

    Raises:
        UnknownNameError: there is no such family.
    """
    if name in FAMILIES.names():
        return dict(FAMILIES.get(name).columns)
    query = catalog.load(f"features/{name}")
    return {column: TYPES[kind] for column, kind in query.columns if column != "account"}


def defaults(name: str) -> Mapping[str, object]:
    """A family's own parameters with their defaults."""
    return FAMILIES.get(name).defaults if name in FAMILIES.names() else {}


def label_derived(name: str) -> bool:
    """Whether labels have a part in a family, which must then not meet a model (spec/ml.md 9)."""
    return name in FAMILIES.names() and FAMILIES.get(name).label_derived


def follows(name: str) -> bool:
    """Whether a family can be refreshed after new transfers.

    A query can where it has the parameter `accounts`. A value of it depends on the account's own
    transfers, its `is_infra` and whether several assets move, and on nothing else.
    """
    if name in FAMILIES.names():
        return True
    return any(one.name == "accounts" for one in catalog.load(f"features/{name}").parameters)


def refresh(graph: Graph, name: str, scope: Scope, change: Change) -> Refreshed | None:
    """The values of a family that a change gives, or None where all are to be computed."""
    if name in FAMILIES.names():
        return FAMILIES.get(name).refresh(graph, scope, change)
    found = compute(graph, name, replace(scope, accounts=change.accounts))
    return Refreshed(change.accounts, found.frame)


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
    parameters: Mapping[str, Mapping[str, object]] | None = None,
) -> pl.DataFrame:
    """Features of every account with a transfer in `[since, until)`, sorted by account id.

    Args:
        graph: the database.
        names: the families; None takes all that labels have no part in. Their columns stand side
            by side; those of a family that the network knows nothing of are null throughout.
        network: None where the graph has only one.
        asset: None takes every asset; then amounts are null where the range has several.
        since: first instant that counts.
        until: first instant that no longer counts; nothing at or after it changes a value.
        parameters: per family, values in the place of its defaults.

    Raises:
        UnknownNameError: there is no such family.
        UsageError: no network is named and the graph has several.
    """
    every = (name for name in families() if not label_derived(name))
    asked = tuple(dict.fromkeys(every if names is None else names))
    if unknown := [name for name in asked if name not in families()]:
        raise UnknownNameError("feature family", unknown[0], families())
    scope = Scope(network or only_network(graph), asset, since, until)
    given = parameters or {}
    joined = pl.DataFrame(schema={"account": pl.String})
    for name in asked:
        found = compute(graph, name, replace(scope, parameters=given.get(name, {})))
        joined = joined.join(found.frame, on="account", how="full", coalesce=True)
    return joined.sort("account")


def compute(graph: Graph, name: str, scope: Scope) -> Features:
    """The features of every account of a scope, or of those it names."""
    if name in FAMILIES.names():
        return FAMILIES.get(name).read(graph, scope)
    # A query without that parameter cannot be computed for some accounts only, and says so.
    some = {} if scope.accounts is None else {"accounts": scope.accounts}
    frame = graph.read(
        f"features/{name}",
        network=scope.network,
        asset=scope.asset,
        since=scope.since,
        until=scope.until,
        **some,
    )
    return Features(frame)


def networks(graph: Graph) -> list[str]:
    """The networks that the graph holds."""
    return graph.read("lookups/projection_networks")["network"].to_list()


def only_network(graph: Graph) -> str:
    """The graph's network, where it has one.

    Raises:
        NotFoundError: nothing is loaded.
        UsageError: the graph has several, and none was named.
    """
    found = networks(graph)
    if not found:
        raise NotFoundError("network", "*", "Load a ledger first.")
    if len(found) > 1:
        choice = f"Name one of {', '.join(found)}."
        raise UsageError(f"The graph has {len(found)} networks, and none is named.", choice)
    return found[0]
