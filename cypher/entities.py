"""Entities: accounts that one party controls, as components of links that each keep their reason.

A link is `(:Account)-[:SAME_ENTITY {rule, evidence, confidence, times, state}]->(:Account)` from
the smaller id to the larger. Its state is `found`, or what a person made of it: `cut` links never
count again, `accepted` ones always do. A found link counts by itself where it is `automatic`:
from a confidence on that the job is told, AUTOMATIC by default.
`Account.entity` is a copy: `<network>:entity:<hash of the smallest member>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from core.errors import NotFoundError
from cypher import evidence

if TYPE_CHECKING:
    from cypher.graph import Graph

AUTOMATIC = 0.9
"""The confidence from which a link needs no person to count; that of co-spending."""

BATCH = 5_000


class LinkState(StrEnum):
    """What is held of a link."""

    FOUND = "found"
    ACCEPTED = "accepted"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what about the links of two accounts, and why."""

    state: LinkState
    analyst: str
    reason: str | None = None


def store_links(
    graph: Graph, network: str, links: pl.DataFrame, run: str, automatic: float = AUTOMATIC
) -> int:
    """Write links (`source`, `target`, `rule`, `confidence`, `evidence`, `times`) of a run.

    Links that earlier runs found and this one did not are removed, unless a person decided on them.

    Returns:
        The number of links removed.
    """
    columns = ("source", "target", "rule", "confidence", "evidence", "times")
    for part in links.select(columns).iter_slices(BATCH):
        rows = [list(row) for row in part.rows()]
        graph.write("writes/entity_links_store", links=rows, run=run, automatic=automatic)
    removed = 0
    while gone := int(
        graph.write("writes/entity_links_sweep", network=network, run=run)["removed"].sum()
    ):
        removed += gone
    return removed


def settle(graph: Graph, network: str) -> pl.DataFrame:
    """Bring `Account.entity` in line with the links that count.

    Returns:
        `account` and `entity` of all members.
    """
    links = graph.read("exports/entity_links", network=network)
    members = components(links)
    before = graph.read("exports/entity_members", network=network)
    changed = members.join(before, on=["account", "entity"], how="anti")
    gone = before.join(members, on="account", how="anti").with_columns(
        entity=pl.lit(None, pl.String)
    )
    for part in pl.concat([changed, gone]).iter_slices(BATCH):
        graph.write("writes/entities_set", accounts=part["account"], entities=part["entity"])
    return members


def components(links: pl.DataFrame) -> pl.DataFrame:
    """`account` and `entity` of everybody in a link (`source`, `target`)."""
    accounts = pl.concat([links["source"], links["target"]]).unique().sort()
    place = {account: number for number, account in enumerate(accounts)}
    ends = [links[end].replace_strict(place, return_dtype=pl.Int64) for end in ("source", "target")]
    size = accounts.len()
    if not size:
        return pl.DataFrame(schema={"account": pl.String, "entity": pl.String})
    ones = np.ones(links.height, dtype=np.int8)
    matrix = coo_array((ones, tuple(end.to_numpy() for end in ends)), shape=(size, size))
    _, label = connected_components(matrix, directed=False)
    frame = pl.DataFrame({"account": accounts, "label": label})
    smallest = pl.col("account").min().over("label")
    return frame.select("account", entity=smallest.map_elements(entity_id, return_dtype=pl.String))


def entity_id(smallest: str) -> str:
    """The id of the entity whose smallest account id this is."""
    return f"{smallest.partition(':')[0]}:entity:{evidence.short_hash(smallest)}"


def decide(graph: Graph, source: str, target: str, decision: Decision) -> list[str]:
    """Cut or accept the links between two accounts and settle their network's entities.

    Returns:
        The rules of the links.

    Raises:
        NotFoundError: nothing links the two.
    """
    decided = graph.write(
        "writes/entity_link_decide",
        source=source,
        target=target,
        state=decision.state.value,
        analyst=decision.analyst,
        reason=decision.reason,
        at=datetime.now(UTC),
    )
    if decided.is_empty():
        raise NotFoundError("entity link", f"{source} - {target}")
    settle(graph, decided["network"][0])
    return sorted(decided["rule"])
