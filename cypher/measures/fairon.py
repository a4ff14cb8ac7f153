"""FairOnChain's features, exact: degrees, counts, sums of base units, loops and egonets.

spec/features-and-rules.md section 3. The database sums the transfers of every ordered pair; loops
and egonets are counted on these pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core import limbs
from core.errors import ParameterError, StateError
from cypher.measures.triangles import edges, triangles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cypher.family import Scope
    from cypher.graph import Graph
    from cypher.measures.triangles import Edges, Integers

_LIMBS = 7
_MILLIONTH = 6
_LIMB_NAMES = limbs.names("amount", _LIMBS)
_ZERO = "0x" + 40 * "0"
_DEAD = "0x000000000000000000000000000000000000dead"
_PLACEHOLDER = "0x" + 40 * "e"

DEFAULTS: Mapping[str, object] = {
    "min_amount_base": "",
    "excluded": f"{_ZERO},{_DEAD},{_PLACEHOLDER}",
    "compat": False,
}
"""`min_amount_base`: smaller transfers stay out; empty takes a millionth of a whole unit (of ether
10^12 wei). `excluded`: addresses whose transfers stay out. `compat`: counts as FairOnChain does, of
a triangle only one orientation, and a self-loop as a two-node loop."""

COUNTS = ("in_degree", "out_degree", "in_transfer_count", "out_transfer_count")
SUMS = ("total_input_amount", "total_output_amount", "balance_proxy")
LOOPS = (
    "self_loop_count",
    "two_node_loop_count",
    "two_node_loop_amount",
    "two_node_loop_tx_count",
    "triangle_loop_count",
    "triangle_loop_amount",
    "triangle_loop_tx_count",
)
EGONET = ("egonet_node_count", "egonet_edge_count", "egonet_density")
COLUMNS = (*COUNTS, *SUMS, *LOOPS, *EGONET)
"""The features in the order of FairOnChain's table."""

AMOUNTS = (*SUMS, "two_node_loop_amount", "triangle_loop_amount")
"""Those that are sums of base units, as decimal text."""

REL_LIMIT = 0.05


@dataclass(frozen=True, slots=True)
class Projection:
    """The projected accounts and what was found among them.

    Attributes:
        accounts: `node` (by first appearance), `account`, `is_infra`, COLUMNS and `rel`
            (|in - out| / in, null without input), in the order of `node`; infrastructure has nulls.
            Amounts are text, and null where the range moves several assets or one is not known.
        cycles: `a`, `b`, `c`: rows of `accounts` of every directed cycle of three.
        mutual: `a`, `b`: the same of pairs that send to each other, both ways round.
        asset: whose transfers they are; None where all were taken.
        decimals: of the asset, where it is one and they are known.
        known: whether amounts can be summed.
    """

    accounts: pl.DataFrame
    cycles: pl.DataFrame
    mutual: pl.DataFrame
    asset: str | None
    decimals: int | None
    known: bool


def read(graph: Graph, scope: Scope) -> Projection:
    """Project the transfers of a scope and compute the features of its accounts.

    Without an asset it is the network's native one, else the only one. A network that has several
    and none native is projected over all of them, without amounts. Where the scope names accounts,
    only pairs among them are projected.
    """
    parameters = {**DEFAULTS, **scope.parameters}
    asset, decimals, single = _asset(graph, scope)
    places = (decimals or 0) - _MILLIONTH
    least = str(parameters["min_amount_base"]) or str(10**places if places >= 0 else 0)
    if not least.isdigit():
        raise ParameterError("fairon", "min_amount_base", "is no number of base units")
    excluded = [entry.strip() for entry in str(parameters["excluded"]).split(",") if entry.strip()]
    numbered = graph.read("exports/ledger_accounts", network=scope.network)
    pairs = graph.read(
        "exports/fairon_pairs",
        network=scope.network,
        asset=asset,
        since=scope.since,
        until=scope.until,
        least=least.lstrip("0") or "0",
        excluded=[f"{scope.network}:{address}" for address in excluded],
        accounts=scope.accounts,
    )
    if scope.accounts is not None:
        among = numbered.filter(pl.col("account").is_in(scope.accounts.implode()))["number"]
        pairs = pairs.filter(pl.col("target").is_in(among.implode()))
    if (
        pairs["digits"].max() is not None
        and int(str(pairs["digits"].max())) > _LIMBS * limbs.DIGITS
    ):
        raise StateError(f"An amount of {scope.network} has more than 84 digits.")
    accounts, placed = _nodes(numbered, pairs)
    compat = bool(parameters["compat"])
    return _compute(accounts, placed, (asset, decimals, single), compat=compat)


def _asset(graph: Graph, scope: Scope) -> tuple[str | None, int | None, bool]:
    known = graph.read("lookups/asset_choice", network=scope.network)
    decimals = dict(known.select("asset", "decimals").iter_rows())
    natives = known.filter("native")["asset"].to_list()
    several = natives or list(decimals)
    chosen = scope.asset or (several[0] if len(several) == 1 else None)
    return chosen, decimals.get(chosen), chosen is not None or not decimals


def _nodes(numbered: pl.DataFrame, pairs: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accounts in the order of first appearance, and pairs by their numbers in that order."""
    row = pl.int_range(numbered.height, dtype=pl.Int64, eager=True)  # by account id
    by_id = [
        pl.col(end).replace_strict(numbered["number"], row, return_dtype=pl.Int64)
        for end in ("source", "target")
    ]
    ordered = pairs.with_columns(by_id).sort("source", "target")
    seen = pl.concat_list("source", "target")
    nodes = ordered.select(row=seen.explode()).unique(maintain_order=True)
    place = pl.int_range(nodes.height, dtype=pl.Int64, eager=True)
    ends = [
        pl.col(end).replace_strict(nodes["row"], place, return_dtype=pl.Int64)
        for end in ("source", "target")
    ]
    accounts = numbered[nodes["row"]].select(
        pl.Series("node", place), "account", is_infra=pl.col("infra")
    )
    return accounts, ordered.with_columns(ends)


def _compute(
    accounts: pl.DataFrame,
    pairs: pl.DataFrame,
    asset: tuple[str | None, int | None, bool],
    *,
    compat: bool,
) -> Projection:
    used = [name for name in _LIMB_NAMES if bool((pairs[name] != 0).any())] or _LIMB_NAMES[:1]
    columns = _LIMB_NAMES[: _LIMB_NAMES.index(used[-1]) + 2]
    exact = limbs.carried(pairs.with_columns(pl.col(_LIMB_NAMES).cast(pl.Int128)), columns)
    infra = accounts["is_infra"].to_numpy()
    ends = [exact[end].to_numpy() for end in ("source", "target")]
    inner = exact.filter(~infra[ends[0]] & ~infra[ends[1]])
    source, target = inner["source"].to_numpy(), inner["target"].to_numpy()
    graph = edges(source, target, accounts.height)
    cycles, inside = _cycles(graph, accounts.height, compat=compat)
    mutual = _mutual(graph, inner, compat=compat)
    parts = [
        _totals(exact, columns),
        _credited(mutual, inner, ["a"], "two_node_loop", columns),
        _credited(cycles, inner, ["a", "b", "c"], "triangle_loop", columns),
        exact.filter(pl.col("source") == pl.col("target")).select(node="source", self_loop_count=1),
        _egonets(graph, inner, inside, accounts.height),
    ]
    frame = accounts
    for part in parts:
        frame = frame.join(part, on="node", how="left", maintain_order="left")
    known = asset[2] and not bool((pairs["digits"] == 0).any())
    finished = _finished(frame, columns, known=known)
    ends_only = (cycles.select("a", "b", "c"), mutual.select("a", "b"))
    return Projection(finished, *ends_only, asset[0], asset[1], known)


def _totals(pairs: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    def side(end: str, name: str, total: str) -> pl.DataFrame:
        summed = [pl.col(c).sum().alias(c.replace("amount", total)) for c in columns]
        return pairs.group_by(node=end).agg(
            pl.len().cast(pl.Int64).alias(f"{name}_degree"),
            pl.col("count").sum().alias(f"{name}_transfer_count"),
            *summed,
        )

    received = side("target", "in", "total_input_amount")
    sent = side("source", "out", "total_output_amount")
    return received.join(sent, on="node", how="full", coalesce=True)


def _mutual(graph: Edges, pairs: pl.DataFrame, *, compat: bool) -> pl.DataFrame:
    """Pairs with transfers both ways, once from either side: ends and rows of the two pairs."""
    both = np.flatnonzero((graph.there >= 0) & (graph.back >= 0))
    low, high, there, back = (x[both] for x in (graph.low, graph.high, graph.there, graph.back))
    loops = np.flatnonzero((pairs["source"] == pairs["target"]).to_numpy())
    loops = loops if compat else loops[:0]
    own = pairs["source"].to_numpy()[loops]
    return pl.DataFrame(
        {
            "a": np.r_[low, high, own],
            "b": np.r_[high, low, own],
            "first": np.r_[there, back, loops],
            "second": np.r_[back, there, loops],
        }
    )


def _cycles(graph: Edges, accounts: int, *, compat: bool) -> tuple[pl.DataFrame, Integers]:
    """Directed cycles of three, and per account the ordered pairs between its neighbours."""
    names = ("a", "b", "c", "first", "second", "third")
    pages = [pl.DataFrame(schema=dict.fromkeys(names, pl.Int64))]
    inside = np.zeros(accounts, np.int64)
    width = (graph.there >= 0).astype(np.int64) + (graph.back >= 0)
    for uv, uw, vw in triangles(graph):
        u, v, w = graph.low[uv], graph.high[uv], graph.high[uw]
        for corner, opposite in ((u, vw), (v, uw), (w, uv)):
            counted = np.bincount(corner, weights=width[opposite], minlength=accounts)
            inside += counted.astype(np.int64)
        turns = (
            (u, v, w, graph.there[uv], graph.there[vw], graph.back[uw]),
            (u, w, v, graph.there[uw], graph.back[vw], graph.back[uv]),
        )
        for a, b, c, first, second, third in turns:
            hit = (first >= 0) & (second >= 0) & (third >= 0)
            if compat:  # its rule u < w < v along the path v -> u -> w -> v
                hit &= ((a < b) & (b < c)) | ((b < c) & (c < a)) | ((c < a) & (a < b))
            values = (a, b, c, first, second, third)
            pages.append(pl.DataFrame({n: x[hit] for n, x in zip(names, values, strict=True)}))
    return pl.concat(pages), inside


def _credited(
    found: pl.DataFrame, pairs: pl.DataFrame, members: list[str], name: str, columns: list[str]
) -> pl.DataFrame:
    """Number, amount and transfers of loops, in full for each of their members."""
    rows = [found[c] for c in ("first", "second", "third") if c in found.columns]
    value = {"count": pl.Series(np.zeros(found.height, np.int64))}
    for column in ("count", *columns):
        parts = [pairs[column].gather(row) for row in rows]
        value[column] = sum(parts[1:], parts[0])
    valued = pl.DataFrame(value)
    whole = pl.concat([valued.with_columns(found[m].alias("node")) for m in members])
    return whole.group_by("node").agg(
        pl.len().cast(pl.Int64).alias(f"{name}_count"),
        pl.col("count").sum().alias(f"{name}_tx_count"),
        *(pl.col(c).sum().alias(c.replace("amount", f"{name}_amount")) for c in columns),
    )


def _egonets(graph: Edges, pairs: pl.DataFrame, inside: Integers, accounts: int) -> pl.DataFrame:
    proper = pairs.filter(pl.col("source") != pl.col("target"))
    ends = np.r_[graph.low, graph.high]
    nodes = np.bincount(ends, minlength=accounts) + 1
    own = np.r_[proper["source"].to_numpy(), proper["target"].to_numpy()]
    return pl.DataFrame(
        {
            "node": np.arange(accounts),
            "egonet_node_count": nodes.astype(np.int64),
            "egonet_edge_count": np.bincount(own, minlength=accounts).astype(np.int64) + inside,
        }
    )


def _finished(frame: pl.DataFrame, columns: list[str], *, known: bool) -> pl.DataFrame:
    """Zeros where nothing was found, sums as text, infrastructure as nulls."""
    counts = [n for n in COLUMNS if n not in (*AMOUNTS, "egonet_density")]
    sums = [
        c.replace("amount", name) for name in AMOUNTS if name != "balance_proxy" for c in columns
    ]
    filled = frame.with_columns(
        pl.col(counts).fill_null(0).cast(pl.Int64), pl.col(sums).fill_null(0)
    )
    inward, outward = (
        [c.replace("amount", f"total_{side}_amount") for c in columns]
        for side in ("input", "output")
    )
    filled = filled.with_columns(
        (pl.col(i) - pl.col(o)).alias(c.replace("amount", "balance_proxy"))
        for c, i, o in zip(columns, inward, outward, strict=True)
    )
    texts = [
        limbs.text(filled, [c.replace("amount", name) for c in columns]).alias(name)
        for name in AMOUNTS
    ]
    n = pl.col("egonet_node_count")
    density = pl.when(n > 1).then(pl.col("egonet_edge_count") / (n * (n - 1))).otherwise(0.0)
    whole = filled.with_columns(*texts, density.alias("egonet_density"))
    own = [pl.when(~pl.col("is_infra")).then(pl.col(c)).alias(c) for c in (*COLUMNS, "rel")]
    unknown = [] if known else [pl.lit(None, pl.String).alias(name) for name in AMOUNTS]
    unknown += [] if known else [pl.lit(None, pl.Float64).alias("rel")]
    chosen = whole.with_columns(_rel(whole, columns)).with_columns(unknown)
    return chosen.select("node", "account", "is_infra", *own)


def _rel(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """|in - out| / in as a double that is on the right side of REL_LIMIT, exactly."""
    balances = [c.replace("amount", "balance_proxy") for c in columns]
    totals = [c.replace("amount", "total_input_amount") for c in columns]
    down = limbs.negative(frame, balances)
    sign = pl.when(down).then(pl.lit(-1)).otherwise(pl.lit(1)).cast(pl.Int128)
    # in - 20 * |in - out| is below zero where the ratio is above 0.05.
    twenty = pl.lit(20, pl.Int128)
    margin = frame.select(
        (pl.col(total) - twenty * sign * pl.col(balance)).alias(total)
        for total, balance in zip(totals, balances, strict=True)
    )
    measured = frame.select(
        total=pl.col("total_input_amount").cast(pl.Float64),
        kept=pl.col("balance_proxy").str.strip_chars_start("-").cast(pl.Float64),
        above=limbs.negative(margin, totals),
    )
    value, over = pl.col("kept") / pl.col("total"), float(np.nextafter(REL_LIMIT, 1))
    sided = (
        pl.when("above")
        .then(pl.max_horizontal(value, pl.lit(over)))
        .otherwise(pl.min_horizontal(value, pl.lit(REL_LIMIT)))
    )
    return measured.select(pl.when(pl.col("total") > 0).then(sided).alias("rel"))["rel"]
