"""Patterns: instances of motifs, kept as nodes with who takes part and which transfers prove it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from core.schema import MOTIF_COLUMNS
from core.times import to_epoch_ms
from cypher import evidence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cypher.graph import Graph

BATCH = 1_000
_OWN = (*MOTIF_COLUMNS, "asset", "variant", "truncated", "retained_ratio")
_DERIVED = ("volume_usd", "confidence", "alerting", "hash", "id", "instance")


def identify(hits: pl.DataFrame, motif: str, *, windowed: bool) -> pl.DataFrame:
    """The hits of a motif with `hash`, `id` and `instance` (spec/motifs.md section 1.6).

    Args:
        hits: columns of the motif, with `asset` and `variant`.
        motif: its name.
        windowed: whether the start of a window is part of the identity; of static hits it is not.
    """
    rows = hits.select("variant", "asset", "accounts", "started", "transfers").iter_rows()
    found = [_identity(motif, row, windowed=windowed) for row in rows]
    names = ("hash", "id", "instance")
    schema = dict.fromkeys(names, pl.String)
    return hits.hstack(pl.DataFrame(found, schema=schema, orient="row"))


def _identity(
    motif: str, row: tuple[str, str | None, list[str], datetime, list[str]], *, windowed: bool
) -> tuple[str, str, str]:
    variant, asset, accounts, started, transfers = row
    start = [to_epoch_ms(started)] if windowed and variant != "static" else []
    digest = evidence.pattern_hash(motif, variant, asset, accounts, *start)
    key = f"{motif}_{digest}"
    return digest, key, evidence.short_hash(key, *transfers)


def store(
    graph: Graph, batch: Mapping[str, object], hits: pl.DataFrame, amounts: Mapping[str, str]
) -> int:
    """Write the patterns of one motif for a batch; those there already get new content.

    Several instances of a pattern are one node: its evidence is the instance of the largest
    volume (then the earliest), the transfers of the others are `further_transfers`.

    Args:
        graph: the database.
        batch: properties that all patterns of the batch share, `key_suffix` among them.
        hits: identified hits of one motif.
        amounts: base units of their transfers by id.

    Returns:
        The number of patterns.
    """
    best = hits.sort("volume", "started", "instance", descending=[True, False, False])
    others = best.group_by("id").agg(
        instances=pl.len(), every=pl.col("transfers").explode().unique(maintain_order=True)
    )
    first = best.unique("id", keep="first", maintain_order=True).join(others, on="id")
    rows = [_row(entry, batch, amounts) for entry in first.iter_rows(named=True)]
    for start in range(0, len(rows), BATCH):
        graph.write("writes/patterns_store", patterns=rows[start : start + BATCH])
    return len(rows)


def _row(entry: dict[str, Any], batch: Mapping[str, object], amounts: Mapping[str, str]) -> object:
    proof = entry["transfers"]
    exact = None if entry["variant"] == "static" else evidence.exact_sum(amounts, proof)
    seconds = (entry["ended"] - entry["started"]).total_seconds()
    more = [key for key in entry["every"] if key not in set(proof)]
    taken = {*_OWN, *_DERIVED, "every"}
    own = {name: _plain(value) for name, value in entry.items() if name not in taken}
    key = f"{entry['id']}|{batch['key_suffix']}"
    properties = {
        **own,
        "key": key,
        **{name: value for name, value in batch.items() if name != "key_suffix"},
        "id": entry["id"],
        "pattern_hash": entry["hash"],
        "instance_id": entry["instance"],
        "variant": entry["variant"],
        "asset": entry["asset"],
        "address_roles": entry["roles"],
        "pattern_start_time": entry["started"],
        "pattern_end_time": entry["ended"],
        "pattern_duration_hours": seconds / 3600,
        "transfers": proof,
        "further_transfers": more or None,
        "evidence_transaction_count": len(proof),
        "volume": entry["volume"],
        "evidence_volume_base": exact,
        "evidence_volume_usd": entry["volume_usd"],
        "retained_ratio": entry.get("retained_ratio"),
        "truncated": bool(entry.get("truncated")),
        "confidence": entry["confidence"],
        "alerting": entry["alerting"],
    }
    return [key, batch["processing_date"], properties, entry["accounts"], entry["roles"]]


def _plain(value: object) -> object:
    """A value as a property can hold it: what is nested becomes JSON."""
    if isinstance(value, pl.Series):
        value = value.to_list()
    nested = isinstance(value, list) and any(isinstance(part, (list, dict)) for part in value)
    if nested or isinstance(value, dict):
        return json.dumps(value, default=str)
    return value
