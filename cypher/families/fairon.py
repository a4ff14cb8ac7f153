"""FairOnChain's features (fairon_v1) as numbers; `cypher.measures.fairon` has them exact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from core.amounts import to_amount
from cypher.family import SHARE, Family, Features, Refreshed
from cypher.ledger import ACCOUNTS_A_PAGE
from cypher.measures import fairon

if TYPE_CHECKING:
    from cypher.family import Change, Scope
    from cypher.graph import Graph

PREFIX = "fairon_"
_FLOATS = {*fairon.AMOUNTS, "egonet_density", "rel"}


def rounded(projection: fairon.Projection) -> pl.DataFrame:
    """The features with amounts as doubles in whole units, null where decimals are not known."""
    places = pl.lit(projection.decimals, pl.Int64)
    amounts = [to_amount(pl.col(name), places).alias(name) for name in fairon.AMOUNTS]
    named = [pl.col(name).alias(PREFIX + name) for name in (*fairon.COLUMNS, "rel")]
    return projection.accounts.with_columns(amounts).select("account", *named).sort("account")


def _read(graph: Graph, scope: Scope) -> Features:
    found = fairon.read(graph, scope)
    return Features(rounded(found), _facts(found))


def _refresh(graph: Graph, scope: Scope, change: Change) -> Refreshed | None:
    """Both ends of pairs with new transfers, and who deals with both of them.

    A triangle or an edge of an egonet changes for its third member too. To compute them, their
    counterparties are projected as well.
    """
    if {**fairon.DEFAULTS, **scope.parameters}["compat"]:  # counts by the order of all accounts
        return None
    touched = change.accounts
    around = _neighbours(graph, touched)
    accounts = pl.concat([touched, _between(change.pairs, around)]).unique().sort()
    more = accounts.filter(~accounts.is_in(touched.implode()))
    seen = [accounts, around["neighbour"], _neighbours(graph, more)["neighbour"]]
    part = pl.concat([each.rename("account") for each in seen]).unique().sort()
    everyone = graph.read("lookups/network_size", network=scope.network)["accounts"][0]
    found = fairon.read(
        graph, replace(scope, accounts=part if len(part) <= SHARE * everyone else None)
    )
    facts = _facts(found)
    if facts != change.facts:
        return None
    frame = rounded(found).filter(pl.col("account").is_in(accounts.implode()))
    return Refreshed(accounts, frame, facts=facts)


def _facts(found: fairon.Projection) -> dict[str, object]:
    return {"asset": found.asset, "decimals": found.decimals, "known": found.known}


def _neighbours(graph: Graph, accounts: pl.Series) -> pl.DataFrame:
    pages = accounts.to_frame("account").iter_slices(ACCOUNTS_A_PAGE)
    empty = pl.DataFrame(schema={"account": pl.String, "neighbour": pl.String})
    return pl.concat(
        [empty, *(graph.read("lookups/neighbours", accounts=page["account"]) for page in pages)]
    )


def _between(pairs: pl.DataFrame, around: pl.DataFrame) -> pl.Series:
    """Accounts that deal with both ends of a pair."""
    degree = around.group_by("account").len("degree")
    one = pairs.join(degree, left_on="source", right_on="account").rename({"degree": "out"})
    sized = one.join(degree, left_on="target", right_on="account")
    fewer = pl.col("out") <= pl.col("degree")
    ends = sized.select(
        few=pl.when(fewer).then("source").otherwise("target"),
        many=pl.when(fewer).then("target").otherwise("source"),
    ).unique()
    third = ends.join(around, left_on="few", right_on="account")
    both = third.join(
        around, left_on=["many", "neighbour"], right_on=["account", "neighbour"], how="semi"
    )
    return both["neighbour"].unique().rename("account")


FAMILY = Family(
    summary="FairOnChain's degrees, counts, amounts, loops and egonets of one native asset.",
    columns={
        PREFIX + name: pl.Float64() if name in _FLOATS else pl.Int64()
        for name in (*fairon.COLUMNS, "rel")
    },
    read=_read,
    refresh=_refresh,
    defaults=fairon.DEFAULTS,
)
