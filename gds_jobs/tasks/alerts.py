"""Turns patterns, flags and scores of a batch into alerts (spec/alerts.md sections 2.2 and 3).

An alert whose id comes again keeps its status and its feedback; one with feedback is never removed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from math import fsum
from typing import TYPE_CHECKING, Any

from core.schema import AlertStatus
from cypher import alerts, evidence, prices
from gds_jobs import candidates
from gds_jobs.batch import batch_of
from gds_jobs.job import Outcome, Task
from gds_jobs.priorities import habits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import polars as pl

    from cypher.graph import Graph
    from gds_jobs.batch import Batch
    from gds_jobs.candidates import Candidate
    from gds_jobs.job import Context
    from gds_jobs.priorities import Habits

ACCOUNTS = 2_000
"""Accounts that are looked up at once."""

_SAID = 400


@dataclass(frozen=True, slots=True)
class _Known:
    """What bears on severity and state, looked up once for a batch.

    Attributes:
        standing: trusted, near_risk, category and subcategory by account.
        typologies: how many concern an account in the batch.
        bands: q50, q90 and q99 of what accounts moved of each asset in the window.
        amounts: base units of every transfer in evidence that is of the network; units and values
            are whole units of its asset and US dollars of its own day, where known.
        habits: of the accounts.
    """

    standing: Mapping[str, Mapping[str, Any]]
    typologies: Mapping[str, int]
    bands: Mapping[str, Sequence[float]]
    amounts: Mapping[str, str]
    units: Mapping[str, float | None]
    values: Mapping[str, float | None]
    habits: Habits


def _work(context: Context) -> Outcome:
    batch = batch_of(context)
    if batch is None:
        return Outcome(results={"alerts": {}})
    graph = context.graph
    context.progress("alerts", 0, 3)
    whole = context.spec.as_of is None
    found = candidates.merged(candidates.of_patterns(graph, batch))
    found += candidates.of_scores(graph, batch, whole=whole)
    standing = _standing(graph, batch, found)
    kept = [entry for entry in found if not standing[entry.account]["trusted"]]
    muted = set(
        graph.read("lookups/alerts_muted", network=batch.network, moment=datetime.now(UTC))
        .select("account", "pattern_hash")
        .iter_rows()
    )
    heard = [entry for entry in kept if (entry.account, entry.hashes[0]) not in muted]
    context.progress("alerts", 1, 3)
    proof = evidence.read(graph, (key for entry in heard for key in entry.transfers))
    usual = habits(graph, batch, heard, proof)
    raised = [entry for entry in heard if not usual.are_in(entry)]
    known = _look_up(graph, batch, raised, (standing, usual), proof)
    repeated = _repeated(graph, batch, raised)
    rows = [_row(entry, batch, context.run, known, repeated) for entry in raised]
    created = alerts.store(graph, rows)
    context.progress("alerts", 2, 3)
    removed = _sweep(context, batch)
    reopened = graph.write("writes/alerts_reopen", network=batch.network)
    context.progress("alerts", 3, 3)
    results = {
        "processing_date": batch.day,
        "window_days": batch.window_days,
        "alerts": dict(sorted(Counter(entry.typology for entry in raised).items())),
        "created": created,
        "removed": removed,
        "reopened": int(reopened["reopened"].sum()),
        "duplicates": len(repeated),
        "suppressed_trusted": len(found) - len(kept),
        "muted": len(kept) - len(heard),
        "routine": len(heard) - len(raised),
    }
    return Outcome(len(rows), results)


def _standing(
    graph: Graph, batch: Batch, found: Sequence[Candidate]
) -> dict[str, Mapping[str, Any]]:
    standing: dict[str, Mapping[str, Any]] = {}
    for accounts in _parts(found):
        frame = graph.read("lookups/accounts_standing", accounts=accounts, moment=batch.end)
        standing |= {row["account"]: row for row in frame.iter_rows(named=True)}
    return standing


def _look_up(
    graph: Graph,
    batch: Batch,
    raised: Sequence[Candidate],
    accounts: tuple[Mapping[str, Mapping[str, Any]], Habits],
    proof: pl.DataFrame,
) -> _Known:
    standing, usual = accounts
    quantiles = graph.read(
        "lookups/asset_quantiles", network=batch.network, since=batch.start, until=batch.end
    )
    paid = prices.read(graph, batch.network, batch.end)
    own = evidence.of_network(proof, batch.network)
    concerned = {(entry.account, entry.typology) for entry in raised}
    return _Known(
        standing=standing,
        typologies=Counter(account for account, _ in concerned),
        bands={asset: bands for asset, *bands in quantiles.iter_rows()},
        amounts=dict(own.select("id", "amount_base").iter_rows()),
        units=dict(own.select("id", "amount").iter_rows()),
        values=dict(zip(own["id"], paid.values(own), strict=True)),
        habits=usual,
    )


def _repeated(graph: Graph, batch: Batch, raised: Sequence[Candidate]) -> dict[int, str]:
    """By identity: the alert that tells the same of the same account already.

    The same is OVERLAP of the transfers, or where none are named the same hash.
    """
    before = [
        row
        for accounts in _parts(raised)
        for row in graph.read(
            "lookups/alerts_before",
            accounts=accounts,
            since=batch.start.date().isoformat(),
            processing_date=batch.day,
            window_days=batch.window_days,
        ).iter_rows()
    ]
    told: dict[tuple[str, str], list[tuple[str, list[str], set[str]]]] = {}
    for key, account, typology, hashes, transfers in before:
        told.setdefault((account, typology), []).append((key, hashes, set(transfers)))
    repeated = {}
    for entry in raised:
        again, own = {*entry.transfers, *entry.further}, _id(entry, batch)
        for key, hashes, proof in told.get((entry.account, entry.typology), ()):
            same = len(again & proof) >= candidates.OVERLAP * len(again)
            if key != own and (same if again else entry.hashes[0] in hashes):
                repeated[id(entry)] = key
                break
    return repeated


def _parts(entries: Sequence[Candidate]) -> Iterator[list[str]]:
    """The accounts of candidates, so many as are looked up at once."""
    accounts = sorted({entry.account for entry in entries})
    for start in range(0, len(accounts), ACCOUNTS):
        yield accounts[start : start + ACCOUNTS]


def _id(entry: Candidate, batch: Batch) -> str:
    address = entry.account.partition(":")[2]
    return alerts.alert_id(batch.key, entry.typology, address, entry.lead)


def _row(
    entry: Candidate, batch: Batch, run: str, known: _Known, repeated: Mapping[int, str]
) -> list[object]:
    standing = known.standing[entry.account]
    volume, usd = _volume(entry, known)
    several = known.typologies[entry.account] > 1
    bands: Sequence[float] | None = alerts.FIAT_BANDS
    worth = usd
    if usd is None:
        worth, bands = volume, known.bands.get(entry.asset or "")
    step_up = several or bool(standing["near_risk"])
    grave = alerts.severity(worth, bands, step_up=step_up)
    share = known.habits.places[id(entry)].share
    often = known.habits.times[entry.account, entry.typology]
    indicators = [f"variant:{entry.variant}"] if entry.variant else []
    indicators += [f"typologies:{known.typologies[entry.account]}"] if several else []
    indicators += [f"share_of_transfers:{share:.2g}"] if entry.transfers else []
    indicators += [f"times:{often}"] if often > 1 else []
    indicators += ["risk_label_within_1_hop"] if standing["near_risk"] else []
    indicators += ["truncated"] if entry.truncated else []
    if entry.retained_ratio is not None:
        indicators.append(f"retained_ratio:{entry.retained_ratio:.4g}")
    exact = entry.variant != "static" and bool(entry.transfers)
    properties = {
        "network": batch.network,
        "window_days": batch.window_days,
        "typology_type": entry.typology,
        "pattern_id": entry.lead,
        "pattern_ids": entry.patterns,
        "pattern_hash": entry.hashes[0],
        "pattern_hashes": entry.hashes,
        "pattern_type": entry.pattern_type,
        "role": entry.role,
        "severity": grave.value,
        "priority": alerts.priority(entry.confidence, grave, share, often),
        "suspected_address_type": standing["category"] or "unknown",
        "suspected_address_subtype": standing["subcategory"],
        "alert_confidence_score": entry.confidence,
        "description": _description(entry, volume),
        "volume": volume,
        "volume_usd": usd,
        "volume_base": evidence.exact_sum(known.amounts, entry.transfers) if exact else None,
        "asset": entry.asset,
        "transfers": entry.transfers,
        "risk_indicators": indicators,
        "started": entry.started,
        "ended": entry.ended,
        "run": run,
        "duplicate_of": repeated.get(id(entry)),
    }
    status = AlertStatus.DUPLICATE if id(entry) in repeated else AlertStatus.OPEN
    return [_id(entry, batch), batch.day, properties, entry.account, entry.keys, status.value]


def _volume(entry: Candidate, known: _Known) -> tuple[float | None, float | None]:
    """Whole units and US dollars; of merged patterns each transfer counts once."""
    if len(entry.patterns) < 2 or entry.variant == "static" or not entry.volume:  # noqa: PLR2004
        return entry.volume, entry.usd
    total = fsum(known.units.get(key) or 0.0 for key in entry.transfers)
    values = [known.values[key] for key in entry.transfers if key in known.values]
    valued = [value for value in values if value is not None]
    return total, fsum(valued) if values and len(valued) == len(values) else None


def _description(entry: Candidate, volume: float | None) -> str:
    name = entry.typology.replace("_", " ")
    if entry.pattern_type is None:
        return (entry.said or f"{name}, score {entry.confidence:.3g}")[:_SAID]
    asset = (entry.asset or "").removeprefix(entry.account.partition(":")[0] + ":")
    asset = asset.partition(":")[0]  # without its issuer
    amount = "" if volume is None else f", {candidates.figure(volume)} {asset}".rstrip()
    started = f"{entry.started:%Y-%m-%d %H:%M}" if entry.started else ""
    ended = f"{entry.ended:%Y-%m-%d %H:%M}" if entry.ended else ""
    number = len(entry.transfers)
    transfers = f"{number} transfer{'s' * (number != 1)}"
    return (
        f"{name}: {entry.role} among {entry.members} accounts in {transfers}"
        f"{amount}, {started} to {ended} UTC"
    )


def _sweep(context: Context, batch: Batch) -> int:
    removed = 0
    while True:
        gone = context.graph.write(
            "writes/alerts_sweep",
            network=batch.network,
            processing_date=batch.day,
            window_days=batch.window_days,
            run=context.run,
        )
        removed += int(gone["removed"].sum())
        if not int(gone["removed"].sum()):
            return removed


JOB = Task(
    summary="Raises alerts from patterns, rule flags and scores, with severity and evidence.",
    work=_work,
    after=("patterns", "anomaly", "novelty"),
)
