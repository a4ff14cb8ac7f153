"""Runs the motifs of `cypher/motifs`: one pattern per file, the same columns from all.

Where Cypher is too slow for a motif, `cypher/kernels` has a module of its name that defines
`KERNEL`, a columnar pass that returns the same rows; the query stays the contract and, in tests,
the oracle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import ParameterError
from core.registry import OpenFolder
from cypher import catalog, flows, prices
from cypher.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl

    from cypher.graph import Graph


@dataclass(frozen=True, slots=True)
class Kernel:
    """A columnar pass in the place of a motif's query.

    Attributes:
        match: gets a reading, by which motifs share a ledger, and the bound parameters; returns
            the columns that the query's header promises, in
            the query's order of rows.
        variants: those it stands for, the query answers the others; empty is every one.
        reads_flow: whether its static variant needs a fresh FLOW; no other reads it.
    """

    match: Callable[[Reading, Mapping[str, object]], pl.DataFrame]
    variants: tuple[str, ...] = ()
    reads_flow: bool = False


KERNELS = OpenFolder("cypher.kernels", "KERNEL", Kernel, "kernel")

_CHOICE = re.compile(r"\$(variant|mode|side)\b\s*(?:=|IN)\s*(\[[^\]]*\]|'\w+')")


def names() -> tuple[str, ...]:
    """Names of all motifs."""
    return catalog.names("motifs")


def describe(name: str) -> catalog.Query:
    """A motif's contract: summary, parameters with types and defaults, columns."""
    return catalog.load(f"motifs/{name}")


def bind(
    name: str, parameters: Mapping[str, object] | None = None, limit: int | None = None
) -> dict[str, object]:
    """Check a motif's parameters, given as values or as text.

    Raises:
        UnknownNameError: there is no such motif.
        ParameterError: a parameter is unknown or not of its type or range.
    """
    given = dict(parameters or {})
    if limit is not None:
        given["limit"] = limit
    query = describe(name)
    bound = query.bind(given)
    for key, value in bound.items():
        if isinstance(value, int | float) and value < 0:
            raise ParameterError(query.path, key, f"is negative: {value}")
    if bound.get("limit") == 0:
        raise ParameterError(query.path, "limit", "must be at least 1")
    for key in ("variant", "mode", "side"):
        known = choices(name, key)
        if known and bound.get(key) not in known:
            raise ParameterError(query.path, key, f"must be one of {', '.join(known)}")
    return bound


def choices(name: str, parameter: str) -> tuple[str, ...]:
    """The words that a motif's query compares a parameter with; none where it has no such one."""
    found = (words for key, words in _CHOICE.findall(describe(name).text) if key == parameter)
    return tuple(dict.fromkeys(word for words in found for word in re.findall(r"\w+", words)))


def variants(name: str) -> tuple[str, ...]:
    """The variants that a motif's query knows; none where it has no such parameter."""
    return choices(name, "variant")


def reads_flow(name: str, bound: Mapping[str, object]) -> bool:
    """Whether a motif with these bound parameters needs a fresh FLOW."""
    if kernel := _kernel(name, bound):
        return kernel.reads_flow and bound.get("variant") == "static"
    return ":FLOW" in describe(name).text


def _kernel(name: str, bound: Mapping[str, object]) -> Kernel | None:
    if name not in KERNELS.names():
        return None
    kernel = KERNELS.get(name)
    return kernel if not kernel.variants or bound.get("variant") in kernel.variants else None


def match(
    graph: Graph,
    name: str,
    parameters: Mapping[str, object] | None = None,
    limit: int | None = None,
    reading: Reading | None = None,
) -> pl.DataFrame:
    """Instances of a motif, in a fixed order; `truncated` tells that a limit left some out.

    A motif with thresholds in US dollars gets the graph's prices, unless it is given others.

    Args:
        graph: the database.
        name: of the motif.
        parameters: given as values or as text.
        limit: most instances.
        reading: shared with other motifs of the same piece of work.

    Raises:
        StateError: the motif reads FLOW and FLOW is behind TRANSFER.
    """
    bound = bind(name, parameters, limit)
    if reads_flow(name, bound):
        network = bound.get("network")
        flows.require_fresh(graph, str(network) if network is not None else None)
    if "prices" in bound and bound["prices"] is None:
        bound["prices"] = prices.table(graph, bound)
    if kernel := _kernel(name, bound):
        return kernel.match(reading or Reading(graph), bound)
    return graph.read(f"motifs/{name}", **bound)
