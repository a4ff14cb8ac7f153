"""Runs the rules of `cypher/rules` on the accounts' properties: one rule per file.

A rule is a query over the properties that a feature family stored. It gets `network` and its
thresholds: a parameter `<property>_q99` is the 0.99 quantile of that property over the accounts
that are no infrastructure, `<property>_q99_positive` the same of values above zero only. An
undefined threshold is null, and nothing reaches it. The summary is the text shown for an account
that meets the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from core.errors import ContractError
from cypher import catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.graph import Graph

_ABOVE_ZERO, _ALL = "_q99_positive", "_q99"
HITS = pl.Schema({"rule": pl.String, "account": pl.String, "evidence": pl.String})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules found.

    Attributes:
        thresholds: by parameter; None where no account counts.
        hits: `rule`, `account` and, as text, the account's values that the rule looked at.
    """

    thresholds: Mapping[str, float | None]
    hits: pl.DataFrame


def names() -> tuple[str, ...]:
    """Names of all rules."""
    return catalog.names("rules")


def description(name: str) -> str:
    """What is said of an account that meets a rule."""
    return catalog.load(f"rules/{name}").summary


def apply(graph: Graph, network: str) -> Verdict:
    """Find the accounts of a network that meet each rule."""
    thresholds: dict[str, float | None] = {}
    pages = [pl.DataFrame(schema=HITS)]
    for name in names():
        query = catalog.load(f"rules/{name}")
        own = [p.name for p in query.parameters if p.name != "network"]
        for parameter in own:
            if parameter not in thresholds:
                thresholds[parameter] = _threshold(graph, network, parameter, query.path)
        given = {parameter: thresholds[parameter] for parameter in own}
        found = graph.read(f"rules/{name}", network=network, **given)
        values = [
            pl.format("{} {}", pl.lit(column), pl.col(column))
            for column in found.columns
            if column != "account"
        ]
        evidence = pl.concat_str(values, separator=", ", ignore_nulls=True).alias("evidence")
        pages.append(found.select(pl.lit(name).alias("rule"), "account", evidence))
    return Verdict(thresholds, pl.concat(pages))


def limits(name: str, thresholds: Mapping[str, float | None]) -> str:
    """A rule's thresholds as text."""
    own = [p.name for p in catalog.load(f"rules/{name}").parameters if p.name in thresholds]
    told = {name: thresholds[name] for name in own}
    return ", ".join(f"{k} {'undefined' if v is None else v}" for k, v in told.items())


def _threshold(graph: Graph, network: str, parameter: str, path: str) -> float | None:
    for suffix, positive in ((_ABOVE_ZERO, True), (_ALL, False)):
        if parameter.endswith(suffix):
            key = parameter.removesuffix(suffix)
            found = graph.read(
                "lookups/rule_threshold", network=network, key=key, positive=positive
            )
            value = found["threshold"][0]
            return None if value is None else float(value)
    raise ContractError(path, f"the parameter '{parameter}' is no threshold")
