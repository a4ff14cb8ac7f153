"""What stands behind H5 and H6: which loops an account is in, and which can be walked in time.

A static loop of three pairs may be impossible in time (spec/motifs.md sections 1.3 and 2.3): it can
be walked where from one of its accounts three transfers follow each other around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cypher import evidence

if TYPE_CHECKING:
    from cypher.family import Scope
    from cypher.graph import Graph
    from cypher.measures.fairon import Projection

LISTED = 20
"""Patterns named per account and rule; their number is always told."""

_PAIRS_A_PAGE = 5_000
_WALKS = {"a": ("ab", "bc", "ca"), "b": ("bc", "ca", "ab"), "c": ("ca", "ab", "bc")}


def pattern_id(motif: str, asset: str | None, accounts: list[str]) -> str:
    """Id of a static loop's pattern, as a Pattern of that motif has it.

    A ring that is in alerts too is of the motif `cycle` there, which has ids of its own.
    """
    start = accounts.index(min(accounts))
    sequence = [*accounts[start:], *accounts[:start]]
    return f"{motif}_{evidence.pattern_hash(motif, 'static', asset, sequence)}"


def of_accounts(found: Projection, motif: str, accounts: pl.Series) -> pl.DataFrame:
    """The loops of given accounts, for each the first LISTED ids and their number.

    Returns:
        `account`, `patterns` and `loops`.
    """
    ids = found.accounts["account"]
    table, ends = (
        (found.mutual, ["a", "b"]) if motif == "two_node_loop" else (found.cycles, [*"abc"])
    )
    named = table.select(ids.gather(table[end]).alias(end) for end in ends)
    if motif == "two_node_loop":
        named = named.filter(pl.col("a") <= pl.col("b"))
    rows = pl.concat([named.with_columns(account=end) for end in ends])
    rows = rows.filter(pl.col("account").is_in(accounts.implode())).unique()
    listed = (
        rows.sort("account", *ends)
        .group_by("account", maintain_order=True)
        .agg(*(pl.col(end).head(LISTED) for end in ends), pl.len().alias("loops"))
    )
    patterns = [
        [pattern_id(motif, found.asset, list(members)) for members in zip(*row, strict=True)]
        for row in listed.select(ends).iter_rows()
    ]
    kind = pl.List(pl.String)
    return listed.select("account", pl.Series("patterns", patterns, kind), "loops")


def walkable(graph: Graph, scope: Scope, found: Projection, accounts: pl.Series) -> pl.DataFrame:
    """Of the three-account loops of given accounts, how many can be walked in time order.

    Returns:
        `account`, `loops` and `in_time`.
    """
    ids = found.accounts["account"]
    named = found.cycles.select(ids.gather(found.cycles[end]).alias(end) for end in "abc")
    wanted = accounts.implode()
    cycles = named.filter(pl.any_horizontal(pl.col(*"abc").is_in(wanted))).with_row_index("cycle")
    timed = _timed(graph, scope, found, cycles)
    rows = pl.concat([timed.select("in_time", account=pl.col(end)) for end in "abc"])
    return (
        rows.filter(pl.col("account").is_in(wanted))
        .group_by("account")
        .agg(pl.len().alias("loops"), pl.col("in_time").sum())
        .sort("account")
    )


def _timed(graph: Graph, scope: Scope, found: Projection, cycles: pl.DataFrame) -> pl.DataFrame:
    legs = [
        cycles.select("cycle", source=pl.col(x), target=pl.col(y), leg=pl.lit(x + y))
        for x, y in ("ab", "bc", "ca")
    ]
    pairs = pl.concat(legs).select("source", "target").unique(maintain_order=True)
    moments = _moments(graph, scope, found.asset, pairs)
    # A walk takes of every pair the first transfer that is later than the one before: greedy is
    # enough, and a pair's transfers are looked up by an as-of join on their rank in time.
    by_leg = {leg["leg"][0]: leg.drop("leg") for leg in legs if leg.height}
    walks = [pl.DataFrame(schema={"cycle": pl.UInt32})]
    for order in _WALKS.values():
        walk = cycles.select("cycle", rank=pl.lit(-1, pl.Int64))
        for leg in order if cycles.height else ():
            step = walk.join(by_leg[leg], on="cycle").sort("rank")
            later = step.join_asof(
                moments.select("source", "target", rank="rank", at="rank").sort("rank"),
                on="rank",
                by=["source", "target"],
                strategy="forward",
                allow_exact_matches=False,
                check_sortedness=False,
            )
            walk = later.filter(pl.col("at").is_not_null()).select("cycle", rank="at")
        walks.append(walk.select("cycle"))
    passed = pl.concat(walks)["cycle"].unique()
    return cycles.with_columns(in_time=pl.col("cycle").is_in(passed.implode()))


def _moments(graph: Graph, scope: Scope, asset: str | None, pairs: pl.DataFrame) -> pl.DataFrame:
    """Transfers of pairs with their rank in time; those without an order share their ledger's."""
    pages = [
        graph.read(
            "exports/pair_transfers",
            sources=page["source"],
            targets=page["target"],
            asset=asset,
            since=scope.since,
            until=scope.until,
        ).select(
            pl.lit(page["source"]).gather(pl.col("pair")).alias("source"),
            pl.lit(page["target"]).gather(pl.col("pair")).alias("target"),
            "ts", "ledger", "ord", "unordered",
        )
        for page in pairs.iter_slices(_PAIRS_A_PAGE)
    ]  # fmt: skip
    empty = {"source": pl.String, "target": pl.String, "rank": pl.Int64}
    if not pages:
        return pl.DataFrame(schema=empty)
    unordered = pl.col("unordered").any().over("ts", "ledger")
    place = pl.when(unordered).then(0).otherwise("ord").alias("ord")
    moments = pl.concat(pages).with_columns(place)
    rank = pl.struct("ts", "ledger", "ord").rank("dense").cast(pl.Int64).alias("rank")
    return moments.with_columns(rank).select(list(empty)).unique()
