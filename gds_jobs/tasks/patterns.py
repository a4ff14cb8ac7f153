"""Matches the motifs of all typologies over the run's window and keeps what they find.

Patterns of the same network, processing date and window are replaced as a whole, others stay.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from core.errors import QueryTimeoutError
from cypher import evidence, motifs, patterns, prices
from cypher.reading import Reading
from gds_jobs.batch import batch_of
from gds_jobs.job import Outcome, Task
from gds_jobs.typologies import TYPOLOGIES, WINDOWED

if TYPE_CHECKING:
    from cypher.graph import Graph
    from cypher.prices import Prices
    from gds_jobs.batch import Batch
    from gds_jobs.job import Context
    from gds_jobs.typologies import Typology

_VERSION = "1"
_SEQUENCE = ["asset", "accounts"]


@dataclass(slots=True)
class _Tally:
    """What a run found, for its record, and the prices of assets once it found any."""

    found: dict[str, int] = field(default_factory=dict)
    truncated: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    below: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    given_up: list[str] = field(default_factory=list)
    prices: Prices | None = None


def _work(context: Context) -> Outcome:
    batch = batch_of(context)
    if batch is None:
        return Outcome(results={"patterns": {}})
    tally, written, known = _Tally(), 0, motifs.names()
    seconds = float(str(context.parameters["motif_seconds"]))
    reading = Reading(context.graph.on_behalf_of("patterns", seconds), base=True)
    rows = [(name, entry) for name, entries in TYPOLOGIES.items() for entry in entries]
    for step, (name, typology) in enumerate(rows):
        context.progress("patterns", step, len(rows))
        if typology.motif not in known:
            tally.absent.append(typology.motif)
            continue
        began = time.monotonic()
        written += _typology(context, reading, batch, (name, typology), tally)
        tally.seconds[typology.motif] = round(time.monotonic() - began, 2)
    removed, expired = _sweep(context, batch, tally), _expire(context, batch)
    context.progress("patterns", len(rows), len(rows))
    results = {
        "processing_date": batch.day,
        "window_days": batch.window_days,
        "patterns": tally.found,
        "truncated": tally.truncated,
        "below_condition": tally.below,
        "motifs_absent": tally.absent,
        "removed": removed,
        "expired": expired,
        "seconds": tally.seconds,
        "given_up": tally.given_up,
    }
    missed = f"Took too long and is left out: {', '.join(tally.given_up)}."
    return Outcome(written, results, error=missed if tally.given_up else None)


def _typology(
    context: Context,
    reading: Reading,
    batch: Batch,
    named: tuple[str, Typology],
    tally: _Tally,
) -> int:
    """Match one typology and store what meets its condition."""
    name, typology = named
    hits = _match(context, reading, batch, typology, tally)
    if hits.is_empty():
        tally.found.setdefault(name, 0)
        return 0
    if "truncated" in hits.columns and bool(hits["truncated"].any()):
        tally.truncated.append(typology.motif)
    if tally.prices is None:
        tally.prices = prices.read(context.graph, batch.network, batch.end)
    priced = hits.with_columns(volume_usd=prices.of_hits(context.graph, tally.prices, hits))
    met = priced if typology.condition is None else priced.filter(typology.condition)
    tally.below[name] = tally.below.get(name, 0) + priced.height - met.height
    tally.found.setdefault(name, 0)
    if met.is_empty():
        return 0
    graded = met.with_columns(
        confidence=typology.confidence.cast(pl.Float64).clip(0, 1),
        alerting=pl.lit(typology.alerts),
    )
    found = patterns.identify(graded, typology.motif, windowed=typology.motif in WINDOWED)
    proof = evidence.read(context.graph, found["transfers"].explode())
    own = evidence.of_network(proof, batch.network)
    amounts = dict(own.select("id", "amount_base").iter_rows())
    stored = patterns.store(context.graph, _shared(context, batch, name, typology), found, amounts)
    tally.found[name] += stored
    return stored


def _match(
    context: Context, reading: Reading, batch: Batch, typology: Typology, tally: _Tally
) -> pl.DataFrame:
    """Hits of all variants; a weaker one adds only what no stronger one found.

    A query that passes the time limit of one motif is given up, and said to be.
    """
    declared = {parameter.name for parameter in motifs.describe(typology.motif).parameters}
    given = {
        **typology.parameters,
        "network": batch.network,
        "asset": context.spec.asset,
        "since": batch.start,
        "until": batch.end,
        "as_of": batch.end,
    }
    given = {key: value for key, value in given.items() if key in declared}
    known = motifs.variants(typology.motif)
    wanted: list[str | None] = [v for v in typology.variants if v in known or not known]
    parts: list[pl.DataFrame] = []
    for variant in wanted if wanted and "variant" in declared else [None]:
        chosen = {} if variant is None else {"variant": variant}
        try:
            matched = motifs.match(
                reading.graph, typology.motif, {**given, **chosen}, reading=reading
            )
        except QueryTimeoutError:
            tally.given_up.append(" ".join([typology.motif, *chosen.values()]))
            continue
        hits = _complete(matched, variant)
        for stronger in parts:
            hits = hits.join(stronger, on=_SEQUENCE, how="anti", nulls_equal=True)
        parts.append(hits)
    return pl.concat(parts, how="diagonal_relaxed") if parts else pl.DataFrame()


def _complete(hits: pl.DataFrame, variant: str | None) -> pl.DataFrame:
    """The hits with the columns that a motif may leave out."""
    missing = []
    if "asset" not in hits.columns:
        missing.append(pl.lit(None, pl.String).alias("asset"))
    if "variant" not in hits.columns:
        missing.append(pl.lit(variant or "temporal").alias("variant"))
    return hits.with_columns(missing)


def _shared(context: Context, batch: Batch, name: str, typology: Typology) -> dict[str, object]:
    declared = {entry.name: entry.default for entry in motifs.describe(typology.motif).parameters}
    used = {**declared, **typology.parameters, "variant": None}  # each pattern says its own
    parameters = {key: str(value) for key, value in used.items() if value is not None}
    by_kernel = typology.motif in motifs.KERNELS.names()
    return {
        "network": batch.network,
        "processing_date": batch.day,
        "window_days": batch.window_days,
        "key_suffix": f"{batch.day}|{batch.window_days}",
        "run": context.run,
        "pattern_type": typology.motif,
        "typology_type": name,
        "subjects": list(typology.subjects),
        "detection_method": "kernel" if by_kernel else "cypher",
        "detector_version": _VERSION,
        "params": json.dumps(parameters, sort_keys=True),
    }


def _sweep(context: Context, batch: Batch, tally: _Tally) -> int:
    """Remove what an earlier run of the batch found and this one did not."""
    return _repeated(
        context.graph,
        "writes/patterns_sweep",
        network=batch.network,
        processing_date=batch.day,
        window_days=batch.window_days,
        run=context.run,
        given_up=[entry.split()[0] for entry in tally.given_up],
    )


def _expire(context: Context, batch: Batch) -> int:
    """Remove patterns that led to no alert and are older than they are kept."""
    days = timedelta(days=int(str(context.parameters["retention_days"])))
    before = (batch.processing_date - days).isoformat()
    return _repeated(context.graph, "writes/patterns_expire", network=batch.network, before=before)


def _repeated(graph: Graph, query: str, **parameters: object) -> int:
    """Run a removing query until it removes nothing more."""
    removed = 0
    while gone := int(graph.write(query, **parameters)["removed"].sum()):
        removed += gone
    return removed


JOB = Task(
    summary="Matches the motifs of every typology and keeps them as patterns with their evidence.",
    work=_work,
    defaults={"retention_days": 90, "motif_seconds": 60.0},
    reads_flow=True,
    version=_VERSION,
)
"""`retention_days` is how long patterns without an alert are kept."""
