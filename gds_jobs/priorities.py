"""How unusual an alert is for its account: beside its gravity, what decides who is looked at first.

A hub meets the conditions of many motifs by what it does every day; an account that does little
else, once, does not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from gds_jobs.typologies import UNUSUAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cypher.graph import Graph
    from gds_jobs.batch import Batch
    from gds_jobs.candidates import Candidate

UNSHOWN = 0.01
"""Share of what names no transfers: it comes behind nearly all that does."""

ACCOUNTS = 2_000
"""Accounts whose transfers are counted at once."""

_SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Place:
    """What a candidate is in the life of its account.

    Attributes:
        share: of the account's transfers in the batch's window those in evidence, in [0, 1].
        intensity: the account's evidence per time by its other transfers per time, as of a burst
            (spec/motifs.md section 5.1); None where nobody can say.
    """

    share: float
    intensity: float | None = None


@dataclass(frozen=True, slots=True)
class Habits:
    """What accounts usually do, beside what is told of them.

    Attributes:
        places: of candidates, by their identity.
        times: how often an account shows a typology, apart in time.
    """

    places: Mapping[int, Place]
    times: Mapping[tuple[str, str], int]

    def are_in(self, entry: Candidate) -> bool:
        """Whether a candidate tells no more than what its account always does."""
        intensity, least = self.places[id(entry)].intensity, UNUSUAL.get(entry.typology)
        return intensity is not None and least is not None and intensity < least


def habits(graph: Graph, batch: Batch, found: Sequence[Candidate], proof: pl.DataFrame) -> Habits:
    """The place of each candidate; a calibrated score judges all that its account did.

    Args:
        graph: the database.
        batch: its window.
        found: candidates.
        proof: `id`, `source` and `target` of their transfers.
    """
    counted = _transfers(graph, batch, [entry.account for entry in found])
    own = _own(found, proof)
    judged: dict[int, Place] = {}
    for number, entry in enumerate(found):
        window, ever = counted[entry.account]
        evidence = own.get(number, 0)
        share = min(1.0, evidence / window) if entry.transfers else entry.share
        active = None
        if entry.started is not None and entry.ended is not None:
            active = intensity(evidence, ever, entry.ended - entry.started, batch.end - batch.first)
        judged[id(entry)] = Place(share, active)
    return Habits(judged, times(found))


def intensity(evidence: int, ever: int, span: timedelta, whole: timedelta) -> float | None:
    """How many times as active an account was in a span as in the rest of its ledger.

    The rest counts as one transfer where there is none. None where the rest is shorter than the
    span, which is no less than an hour.

    Args:
        evidence: transfers of the account in the span.
        ever: those of the whole ledger so far, the evidence among them.
        span: time from the first to the last in evidence.
        whole: time that the ledger covers so far.
    """
    during = max(span, _SHORTEST)
    rest = whole - during
    return evidence * (rest / during) / max(ever - evidence, 1) if rest >= during else None


def _own(found: Sequence[Candidate], proof: pl.DataFrame) -> dict[int, int]:
    """By position: transfers in evidence that the account itself sent or got."""
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
    touching = ends.filter(at_end).group_by("place").agg(pl.col("id").n_unique())
    return dict(touching.iter_rows())


def _transfers(graph: Graph, batch: Batch, accounts: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Transfers of accounts in the window, and until its end; each at least 1."""
    every = sorted(set(accounts))
    counted: dict[str, tuple[int, int]] = {}
    for start in range(0, len(every), ACCOUNTS):
        frame = graph.read(
            "lookups/accounts_transfers",
            accounts=every[start : start + ACCOUNTS],
            since=batch.start,
            until=batch.end,
        )
        counted |= {key: (max(1, part), max(1, ever)) for key, part, ever in frame.iter_rows()}
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
