"""Loops of accounts: from a network's transfers or flows to the rows of a motif.

The rows are numbers until the last step: `v0`… are the accounts of the loop from the smallest id
on, in the direction of the money and -1 beyond its length; `e0`… the transfers from the origin on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from cypher import catalog, values
from cypher.searches import compact, conserve, cycles, hop_table, hops, pair_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.reading import Reading
    from cypher.searches.cycles import Integers
    from cypher.searches.hop_table import HopTable

LONGEST = 6
NODES = [f"v{place}" for place in range(LONGEST)]
EDGES = [f"e{place}" for place in range(LONGEST)]
DEFAULTS = {"hub_degree": 1_000, "hub_percentile": 0.999, "truncation_limit": 100}
COMPACT = 1_000_000
"""Rows held before those beyond the limits of their account are dropped."""

ORDER = [*NODES, "asset", *EDGES]
COMPACTNESS = ["span", "circulated", *NODES, "asset"]
FALLING = [name == "circulated" for name in COMPACTNESS]


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells one loop motif from another.

    Attributes:
        least, most: hops.
        origin, other: roles of the sender of the first transfer, and of the others.
        per_cycle: instances kept of one round of accounts; None keeps all.
        largest_first: whether an account keeps its instances by circulated amount, not by ids.
        returns: whether the last amount must keep retention_min of the first.
        null_is_default: whether a null limit means that of the temporal variants.
    """

    least: int
    most: int
    origin: str = "origin"
    other: str = "member"
    per_cycle: int | None = None
    largest_first: bool = False
    returns: bool = False
    null_is_default: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """A network's rows in their final columns; not complete when the limit ended the search."""

    rows: pl.DataFrame
    complete: bool = True


def match(reading: Reading, bound: Mapping[str, object], *, name: str, kind: Kind) -> pl.DataFrame:
    """Instances of the motif `name`, in the columns and the order of its query."""
    columns = catalog.load(f"motifs/{name}").columns
    network = bound["network"]
    names = [network] if network else reading.graph.read("lookups/projection_networks")["network"]
    some: list[pl.DataFrame] = []
    complete = True
    limit = cast("int", bound["limit"])
    for network in sorted(map(str, names), key=lambda text: f"{text}:"):
        found = _of_network(reading, network, kind, bound)
        if found is not None:
            some.append(found.rows.with_columns(network=pl.lit(network)))
            complete &= found.complete
    if not some:
        return values.frame(columns, [])
    rows = pl.concat(some)
    beyond = max(0, len(rows) - limit) if complete else None
    cut = pl.col("cut") + beyond
    if static := bound["variant"] == "static":
        rows = _most_compact(rows, limit)
    rows = rows.head(limit).with_columns(
        variant=pl.lit(bound["variant"], pl.String), cut=cut, truncated=cut.is_null() | (cut > 0)
    )
    if static:
        rows = pair_evidence.added(reading, rows, bound)
    return rows.select(column for column, _ in columns)


def _of_network(
    reading: Reading, network: str, kind: Kind, bound: Mapping[str, object]
) -> _Found | None:
    per_account = cast("int", bound["max_per_account"])
    if bound["variant"] == "static":
        return _static(reading, network, kind, bound)
    table = hop_table.transfers(reading, network, bound, _limits(kind, bound))
    walks = hops.in_time(table.rows, table.source, table.target, _rule(bound))
    held: list[pl.DataFrame] = []
    for part in cycles.find(walks, kind.least, kind.most):
        found = [_conserving(table, walk, kind, bound) for walk in part]
        held += [_accepted(_rows(table, walk), bound) for walk in found]
        if sum(map(len, held)) > COMPACT:
            held = [_keep(pl.concat(held), kind, per_account)]
    if not sum(map(len, held)):
        return None
    rows = _keep(pl.concat(held), kind, per_account).sort(ORDER)
    return _Found(_told(rows, table, kind, static=False))


def _static(
    reading: Reading, network: str, kind: Kind, bound: Mapping[str, object]
) -> _Found | None:
    """Rings of flows; past the limits those go whose flows take the longest time together."""
    table = hop_table.flows(reading, network, bound, _limits(kind, bound))
    per_account, limit = (cast("int", bound[name]) for name in ("max_per_account", "limit"))
    if not table.rows.height:
        return None

    def keep(rows: pl.DataFrame) -> pl.DataFrame:
        rows = rows.sort(COMPACTNESS, descending=FALLING)
        return _best(rows, ["v0"], per_account, "account_cut")

    def turn(found: Integers) -> pl.DataFrame:
        return _accepted(_rows(table, found), bound)

    longest = bound.get("max_span")
    spans = (_milliseconds(bound["window"]), None if longest is None else _milliseconds(longest))
    rows, complete = compact.rings(table, (kind.least, kind.most), spans, limit, (turn, keep))
    rows = rows.sort(ORDER)
    return _Found(_told(rows, table, kind, static=True), complete) if rows.height else None


def _most_compact(rows: pl.DataFrame, limit: int) -> pl.DataFrame:
    """So many rows of all networks, those of the shortest span, in their order."""
    span = pl.col("ended") - pl.col("started")
    chosen = rows.select("circulated", span=span).with_row_index("place")
    chosen = chosen.sort("span", "circulated", "place", descending=[False, True, False])
    return rows[chosen.head(limit)["place"].sort()]


def _limits(kind: Kind, bound: Mapping[str, object]) -> hop_table.Limits:
    degree, percentile, limit = (
        DEFAULTS[name] if bound[name] is None and kind.null_is_default else bound[name]
        for name in DEFAULTS
    )
    return hop_table.Limits(
        cast("int | None", degree),
        cast("float | None", percentile),
        cast("int | None", limit),
        str(bound["truncation_order"]),
    )


def _rule(bound: Mapping[str, object]) -> hops.Rule:
    gap = _milliseconds(bound["max_gap"])
    return hops.Rule(
        gap,
        _milliseconds(bound["window"]) if "window" in bound else gap,
        _band(bound) if bound["variant"] == "conserving" else None,
        bool(bound["allow_same_ledger"]),
    )


def _milliseconds(span: object) -> int:
    return int(cast("timedelta", span) / timedelta(milliseconds=1))


def _band(bound: Mapping[str, object]) -> tuple[float, float]:
    return float(str(bound["retention_min"])), float(str(bound["retention_max"]))


def _conserving(
    table: HopTable, found: Integers, kind: Kind, bound: Mapping[str, object]
) -> Integers:
    """The walks whose exact amounts stay in the band from hop to hop."""
    if bound["variant"] != "conserving":
        return found
    low, high = _band(bound)
    amounts = [table.rows["amount_base"].gather(hop) for hop in found.T]
    keep = np.ones(len(found), dtype=np.bool_)
    for before, after in pairwise(amounts):
        keep &= conserve.in_band(before, after, low, high)
    if kind.returns:
        keep &= conserve.in_band(amounts[0], amounts[-1], low, None)
    return found[keep]


def _rows(table: HopTable, found: Integers) -> pl.DataFrame:
    """Walks as rows of numbers."""
    length, size = found.shape[1], len(table.accounts)
    nodes = table.source[found]
    first = nodes.argmin(axis=1)
    places = (np.arange(length) + first[:, None]) % length
    accounts = np.take_along_axis(nodes, places, axis=1) % size
    amount = table.rows["amount"].fill_null(np.nan).to_numpy()[found]
    with np.errstate(invalid="ignore", divide="ignore"):
        spread, retained = amount.std(axis=1) / amount.mean(axis=1), amount[:, -1] / amount[:, 0]
    told = {"volume": amount.sum(axis=1), "circulated": amount.min(axis=1)}
    told |= {"cv": spread, "retained_ratio": retained}
    padding = np.full(len(found), -1)
    columns = {
        **{name: accounts[:, i] if i < length else padding for i, name in enumerate(NODES)},
        **{name: found[:, i] if i < length else padding for i, name in enumerate(EDGES)},
    }
    return pl.DataFrame(
        {
            **{name: pl.Series(column, dtype=pl.Int32) for name, column in columns.items()},
            "asset": pl.Series(nodes[:, 0] // size, dtype=pl.Int32),
            "origin": pl.Series((-first) % length, dtype=pl.Int8),
            **{name: pl.Series(v).fill_nan(None) for name, v in told.items()},
            "started": table.rows["started"].to_numpy()[found].min(axis=1),
            "ended": table.rows["ended"].to_numpy()[found].max(axis=1),
            "left_out": table.left_out[nodes].sum(axis=1),
            "cycle_cut": pl.zeros(len(found), dtype=pl.Int64, eager=True),
            "account_cut": pl.zeros(len(found), dtype=pl.Int64, eager=True),
        }
    ).with_columns(span=pl.col("ended") - pl.col("started"))


def _accepted(rows: pl.DataFrame, bound: Mapping[str, object]) -> pl.DataFrame:
    if (least := bound.get("min_total")) is not None:
        rows = rows.filter(pl.col("volume").fill_null(0) >= float(str(least)))
    if (most := bound.get("max_cv")) is not None:
        rows = rows.filter(pl.col("cv") <= float(str(most)))
    return rows


def _keep(rows: pl.DataFrame, kind: Kind, per_account: int) -> pl.DataFrame:
    """The best of each round of accounts, then of each account, with how many were dropped."""
    if kind.largest_first:
        rows = rows.sort("circulated", *EDGES, descending=[True, *[False] * LONGEST])
    else:
        rows = rows.sort(ORDER)
    if kind.per_cycle is not None:
        rows = _best(rows, [*NODES, "asset"], kind.per_cycle, "cycle_cut")
    return _best(rows, ["v0"], per_account, "account_cut")


def _best(rows: pl.DataFrame, group: list[str], count: int, cut: str) -> pl.DataFrame:
    beyond = pl.max_horizontal(pl.len().over(group).cast(pl.Int64) - count, 0)
    place = pl.int_range(pl.len()).over(group)
    return rows.with_columns(pl.col(cut).max().over(group) + beyond).filter(place < count)


def _told(rows: pl.DataFrame, table: HopTable, kind: Kind, *, static: bool) -> pl.DataFrame:
    """Rows with names instead of numbers; static ones have neither origin nor transfers yet."""
    size = pl.sum_horizontal(pl.col(name) >= 0 for name in NODES)
    roles = [
        pl.when((pl.col("origin") == place) & (not static))
        .then(pl.lit(kind.origin))
        .when(size > place)
        .then(pl.lit(kind.other))
        for place in range(LONGEST)
    ]
    instant = pl.Datetime("ms", "UTC")
    none = pl.Series([[]], dtype=pl.List(pl.String))
    return rows.select(
        accounts=_listed(rows, NODES, table.accounts),
        roles=pl.concat_list(roles).list.drop_nulls(),
        transfers=pl.lit(none).first() if static else _listed(rows, EDGES, table.rows["id"]),
        volume="volume",
        started=pl.col("started").cast(instant),
        ended=pl.col("ended").cast(instant),
        asset=table.assets.gather(rows["asset"]),
        retained_ratio=pl.lit(None, pl.Float64) if static else pl.col("retained_ratio"),
        circulated="circulated",
        cycle_volume="volume",
        cut=pl.col("left_out") + pl.col("cycle_cut") + pl.col("account_cut"),
    )


def _listed(rows: pl.DataFrame, columns: list[str], names: pl.Series) -> pl.Series:
    wide = pl.DataFrame(
        {name: names.gather(rows[name].replace(-1, None)) for name in columns},
        schema=dict.fromkeys(columns, pl.String),
    )
    return wide.select(pl.concat_list(columns).list.drop_nulls()).to_series()
