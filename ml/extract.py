"""Reads accounts and transfers out of the database, in pages of columns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
from polars import selectors

from core.assets import asset_type
from core.errors import NotFoundError, StateError
from core.times import to_epoch_ms
from cypher.features import CLOCK_SUFFIX, clocks, read_features
from cypher.pages import by_ledger
from ml import profiles

if TYPE_CHECKING:
    from cypher.graph import Graph
    from ml.contract import Progress
    from ml.subgraph import SnapshotSpec

ACCOUNTS_A_PAGE = 200_000
TRANSFERS_A_PAGE = 50_000
READERS, PARTS = 2, 8
KEYS = ("idx", "account_id", "is_infra")
"""Columns of nodes that are no features."""

_FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What `asset_idx` and `kind_idx` stand for, by position."""

    assets: list[str]
    kinds: list[str]


def prefix(network: str | None) -> str:
    """How ids of a network begin."""
    return f"{network}:" if network else ""


def accounts(graph: Graph, network: str | None) -> pl.DataFrame:
    """Number, id and infrastructure flag of every account.

    Raises:
        NotFoundError: the network has no account.
    """
    pages: list[pl.DataFrame] = []
    after = ""
    while not pages or pages[-1].height == ACCOUNTS_A_PAGE:
        page = graph.read(
            "exports/export_accounts", prefix=prefix(network), after=after, limit=ACCOUNTS_A_PAGE
        )
        pages.append(page)
        after = page["account_id"][-1] if page.height else after
    found = pl.concat(pages)
    if not found.height:
        known = graph.read("exports/export_networks")["network"].to_list()
        remedy = f"Networks in the graph: {', '.join(known) or 'none; load a ledger first'}."
        raise NotFoundError("network with accounts", network or "*", remedy)
    return found.sort("account_id")


def transfers(
    graph: Graph, spec: SnapshotSpec, known: pl.DataFrame, progress: Progress | None
) -> pl.DataFrame:
    """Transfers of the snapshot in the order of (ledger, ord, id), ends still by number.

    The range of ledgers is read in parts, side by side, because a page keeps one core of the
    server busy.

    Args:
        graph: the database.
        spec: which transfers.
        known: the accounts of its network.
        progress: told of transfers read and in total.

    Raises:
        StateError: there is none.
    """
    counts = graph.read("exports/export_counts")
    total = int(counts["transfers"][0])
    open_spec = spec.start is None and spec.until is None and spec.asset is None
    everything = open_spec and known.height == counts["accounts"][0]
    found: list[pl.DataFrame] = []
    done = 0
    with ThreadPoolExecutor(READERS) as readers:
        parts = [
            readers.submit(_part, graph, spec, ledgers, everything=everything)
            for ledgers in pairwise(_bounds(graph))
        ]
        for part in parts:
            for page in part.result():
                found.append(page)
                done += page.height
                if progress is not None:
                    progress(min(done, total), total)
    edges = pl.concat(found) if found else pl.DataFrame()
    if edges.height and not spec.include_self_loops:
        edges = edges.filter(pl.col("source") != pl.col("target"))
    if not edges.height:
        raise StateError("The snapshot holds no transfer.", "Load a ledger, or widen the window.")
    return edges


def _bounds(graph: Graph) -> list[int]:
    """Where the parts of the range of ledgers begin, and its end."""
    span = graph.read("exports/export_span")
    if not span.height:
        return []
    first, last = int(span["first"][0]), int(span["last"][0])
    steps = [first + (last + 1 - first) * part // PARTS for part in range(PARTS + 1)]
    return sorted(set(steps))


def _part(
    graph: Graph, spec: SnapshotSpec, ledgers: tuple[int, int], *, everything: bool
) -> list[pl.DataFrame]:
    """Pages of a range of ledgers; `everything` reads faster where nothing is to be left out."""
    first, below = ledgers
    window = {
        "since": to_epoch_ms(spec.start) if spec.start else 0,
        "until": to_epoch_ms(spec.until) if spec.until else _FOREVER,
        "prefix": prefix(spec.network),
        "asset": spec.asset,
    }

    def read(ledger: int, limit: int) -> pl.DataFrame:
        nonlocal everything
        rows = {"ledger": ledger, "below": below, "limit": limit}
        if everything:
            try:
                return graph.read("exports/export_transfers_all", **rows)
            except pl.exceptions.ShapeError:  # a transfer lacks a property
                everything = False
        return graph.read("exports/export_transfers", **rows, **window)

    pages = by_ledger(read, first, TRANSFERS_A_PAGE)
    return [_tidy(page) for page in pages if page.height]


def _tidy(page: pl.DataFrame) -> pl.DataFrame:
    return (
        page.filter(pl.col("kind") != "fee")
        .with_columns(pl.col("amount").fill_nan(None), pl.col("asset", "kind").cast(pl.Categorical))
        .sort("ledger", "ord", "id")
    )


def number(
    known: pl.DataFrame, edges: pl.DataFrame, *, keep_idle: bool
) -> tuple[pl.DataFrame, pl.DataFrame, Vocabulary]:
    """Nodes and edges of an export: accounts by row number, assets and kinds by position.

    Args:
        known: accounts in the order of their ids.
        edges: their ends by the database's numbers.
        keep_idle: keep accounts without a transfer; whether those were there before a cut-off
            is not known, so that a cut-off leaves them out.

    Raises:
        StateError: accounts came while the transfers were read.
    """
    if not keep_idle:
        seen = pl.concat([edges["source"], edges["target"]]).unique()
        known = known.filter(pl.col("number").is_in(seen.implode()))
    nodes = known.with_row_index("idx").with_columns(pl.col("idx").cast(pl.Int32))
    rows = nodes.select("number", "idx")
    assets = sorted(edges["asset"].cast(pl.String).unique())
    kinds = sorted(edges["kind"].cast(pl.String).unique())
    numbered = edges.select(
        _lookup("source", rows).alias("src"),
        _lookup("target", rows).alias("dst"),
        "ts",
        "ledger",
        "ord",
        _position("asset", assets),
        "amount",
        "amount_base",
        _position("kind", kinds),
        "id",
    )
    if numbered["src"].null_count() or numbered["dst"].null_count():
        raise StateError(
            "The graph changed during the export: a transfer has an account that was not there.",
            "Export again when no load is running.",
        )
    return nodes.select(KEYS), numbered, Vocabulary(assets, kinds)


def asset_types(
    graph: Graph, spec: SnapshotSpec, edges: pl.DataFrame, assets: list[str]
) -> pl.Series:
    """`asset_type` of every edge, see `core.assets`; null where an asset is not known.

    Args:
        graph: the database.
        spec: whose network, and which issuers it trusts.
        edges: numbered.
        assets: what `asset_idx` stands for.
    """
    known = graph.read("exports/export_assets", prefix=prefix(spec.network))
    types = known.select("asset", asset_type=asset_type(spec.trusted_issuers))
    by_place = pl.DataFrame({"asset": assets}).join(
        types, on="asset", how="left", maintain_order="left"
    )
    return by_place["asset_type"].gather(edges["asset_idx"])


def _lookup(column: str, rows: pl.DataFrame) -> pl.Expr:
    return pl.col(column).replace_strict(
        rows["number"], rows["idx"], default=None, return_dtype=pl.Int32
    )


def _position(column: str, names: list[str]) -> pl.Expr:
    places = list(range(len(names)))
    position = pl.col(column).cast(pl.String).replace_strict(names, places, return_dtype=pl.Int32)
    return position.alias(f"{column}_idx")


def features(
    graph: Graph, spec: SnapshotSpec, nodes: pl.DataFrame, edges: pl.DataFrame
) -> pl.DataFrame:
    """Feature columns of the nodes as float32, each followed at the end by where it is null.

    Those of the database's families come first; their clocks become ages at the cut-off, which
    without one is just after the last transfer.
    """
    stored = read_features(
        graph,
        spec.families,
        network=spec.network,
        asset=spec.asset,
        since=spec.start,
        until=spec.until,
    )
    end = to_epoch_ms(spec.until) if spec.until else int(edges["ts"].to_numpy().max()) + 1
    ages = [
        ((end - pl.col(name)) / 1000.0).alias(name.removesuffix(CLOCK_SUFFIX) + "_age_seconds")
        for name in clocks(stored)
    ]
    # Texts, such as the name of an asset, are no quantity.
    numbers = ~selectors.string() - selectors.by_name(clocks(stored))
    aged = stored.select("account", numbers, *ages)
    ours = nodes.select(pl.col("account_id").alias("account"))
    joined = ours.join(aged, on="account", how="left", maintain_order="left").drop("account")
    profile = profiles.of(nodes.height, edges, amounts=edges["asset_idx"].n_unique() == 1)
    return masked(joined.hstack(profile.select(pl.exclude(joined.columns))))


def masked(features: pl.DataFrame) -> pl.DataFrame:
    """Features as float32 and, behind all of them, where each is null."""
    missing = [pl.col(name).is_null().alias(name + profiles.MISSING) for name in features.columns]
    return features.select(pl.all().cast(pl.Float32), *missing)


def store(graph: Graph) -> dict[str, str]:
    """Name and identity of the database."""
    found = graph.read("exports/export_store")
    return {"database": str(found["name"][0]), "store_id": str(found["store"][0])}
