"""How unusual an alert is for its account: beside its gravity, what decides who is looked at first.

A hub meets the conditions of many motifs by what it does every day; an account that does little
else, once, does not.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cypher.graph import Graph
    from gds_jobs.batch import Batch
    from gds_jobs.candidates import Candidate

UNSHOWN = 0.01
"""Share of what names no transfers: it comes behind nearly all that does."""

ACCOUNTS = 2_000
"""Accounts whose transfers are counted at once."""


def shares(
    graph: Graph, batch: Batch, found: Sequence[Candidate], proof: pl.DataFrame
) -> list[float]:
    """Of each account's transfers in the batch's window those in evidence, in [0, 1].

    A calibrated score judges all that its account did, and counts fully.

    Args:
        graph: the database.
        batch: its window.
        found: candidates.
        proof: `id`, `source` and `target` of their transfers.
    """
    total = _transfers(graph, batch, [entry.account for entry in found])
    rows = pl.DataFrame(
        {
            "place": range(len(found)),
            "account": [entry.account for entry in found],
            "id": [entry.transfers for entry in found],
        },
        schema={"place": pl.Int64, "account": pl.String, "id": pl.List(pl.String)},
    )
    ends = rows.explode("id").join(proof.select("id", "source", "target"), on="id")
    at_end = (pl.col("account") == pl.col("source")) | (pl.col("account") == pl.col("target"))
    touching = ends.filter(at_end)
    own = dict(touching.group_by("place").agg(pl.col("id").n_unique()).iter_rows())
    return [
        min(1.0, own.get(place, 0) / total[entry.account]) if entry.transfers else entry.share
        for place, entry in enumerate(found)
    ]


def _transfers(graph: Graph, batch: Batch, accounts: Sequence[str]) -> dict[str, int]:
    """Transfers of accounts in the window, both ways; at least 1."""
    every = sorted(set(accounts))
    counted = dict.fromkeys(every, 1)
    for start in range(0, len(every), ACCOUNTS):
        frame = graph.read(
            "lookups/accounts_transfers",
            accounts=every[start : start + ACCOUNTS],
            since=batch.start,
            until=batch.end,
        )
        counted |= {account: max(1, transfers) for account, transfers in frame.iter_rows()}
    return counted


def times(found: Sequence[Candidate]) -> Mapping[tuple[str, str], int]:
    """How often an account shows a typology, apart in time: at most so many do not overlap."""
    spans = defaultdict(list)
    for entry in found:
        spans[entry.account, entry.typology].append((entry.ended, entry.started))
    counted: dict[tuple[str, str], int] = {}
    for key, own in spans.items():
        timed = sorted((end, start) for end, start in own if end is not None and start is not None)
        number, until = 0, None
        for end, start in timed:  # the earliest to end leaves most room to the others
            if until is None or start > until:
                number, until = number + 1, end
        counted[key] = max(1, number)
    return counted
