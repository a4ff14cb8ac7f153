"""Computes families of account features, and writes columns of values as account properties."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import polars as pl
import psutil

from core.errors import StateError
from cypher import features as catalogue
from cypher import touched
from cypher.family import Change, Scope
from cypher.touched import State
from gds_jobs.job import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph
    from gds_jobs.job import Context, Parameters, Progress

VALUES = 20_000
"""Values written in one transaction."""
BYTES_A_TRANSFER = 300
"""What a family that is computed outside the database holds of a transfer, while sorting too."""


REBUILD = "rebuild"
"""Parameter of families that follow new transfers: computes every account anew all the same."""


def defaults(family: str) -> Parameters:
    """A family's parameters and their defaults."""
    more = {REBUILD: False} if catalogue.follows(family) else {}
    return {**catalogue.defaults(family), **more}


@dataclass(frozen=True, slots=True)
class Values:
    """Properties to be written: columns beside `account`; an account without a row loses them.

    Attributes:
        accounts: the only ones that are written to; None is every account of the network.
    """

    frame: pl.DataFrame
    accounts: pl.Series | None = None


def compute(context: Context, family: str) -> tuple[Outcome, list[Values]]:
    """Compute a family; an account without a value is to lose the property.

    Where a family was last run on the whole ledger too, and the network only gained transfers
    since, only accounts with another value are computed.

    Returns:
        The number of accounts that get the features, and the values. The results tell how many
        accounts were computed, null for all, and what the next run begins with.

    Raises:
        StateError: the family is computed outside the database and would not fit into memory.
    """
    graph, network, covered = context.graph, context.network, context.covered
    if family in catalogue.FAMILIES.names():
        _refuse_if_too_large(graph, family, network, context.spec.heap_share)
    own = {name: value for name, value in context.parameters.items() if name != REBUILD}
    scope = Scope(network, context.spec.asset, covered.start, covered.end, own)
    follows = catalogue.follows(family) and covered.whole
    # Read first: what comes while the run reads is new to the next run.
    now = touched.state(graph, network) if follows else None
    change = None if now is None or context.parameters[REBUILD] else _change(context, own, now)
    found = None if change is None else catalogue.refresh(graph, family, scope, change)
    if found is None:
        whole = catalogue.compute(graph, family, scope)
        values = [Values(whole.frame)]
        nodes, facts, computed = whole.frame.height, whole.facts, None
    else:
        values = [Values(found.frame, found.accounts)]
        if found.moved is not None:
            values.append(Values(found.moved, found.moved["account"]))
        nodes, facts, computed = found.frame.height, found.facts, len(found.accounts)
    told = {"computed": computed, "facts": dict(facts)}
    if now is not None:
        told |= {"state": asdict(now), "parameters": own}
    return Outcome(nodes, told), values


def _change(context: Context, own: Parameters, now: State) -> Change | None:
    """What came since the values on the accounts were computed, where it is known."""
    found = context.graph.read("lookups/job_run_before", run=context.run)
    if found.is_empty():
        return None
    results = json.loads(found["results"][0])
    if "state" not in results:
        return None
    before = State(**results["state"])
    if results.get("parameters") != own or before.ledger is None:
        return None
    pairs = touched.since(context.graph, context.network, before, now)
    return None if pairs is None else Change(results["facts"], pairs, before.ledger)


def write(
    graph: Graph,
    network: str,
    values: pl.DataFrame,
    job: str,
    progress: Progress,
    *,
    accounts: pl.Series | None = None,
) -> None:
    """Write columns beside `account` as properties; an account without a row loses them.

    Only those of `accounts` are written to, where some are named.
    """
    if accounts is None:
        accounts = graph.read("lookups/account_ids", network=network)["account"]
    everyone = pl.DataFrame({"account": accounts}).join(
        values, on="account", how="left", maintain_order="left"
    )
    keys = [name for name in values.columns if name != "account"]
    batches = list(everyone.iter_slices(max(1, VALUES // max(1, len(keys)))))
    for step, batch in enumerate(batches):
        progress(job, step, len(batches))
        graph.write(
            "writes/account_properties",
            accounts=batch["account"],
            properties=batch.select(keys).to_struct().to_list(),
        )
    progress(job, len(batches), len(batches))


def write_all(
    graph: Graph, network: str, values: Sequence[Values], job: str, progress: Progress
) -> None:
    """Write the values of several jobs: those of every account in one pass over the accounts."""
    whole = [one.frame for one in values if one.accounts is None]
    if whole:
        joined = whole[0]
        for frame in whole[1:]:
            joined = joined.join(frame, on="account", how="full", coalesce=True)
        write(graph, network, joined, job, progress)
    for one in values:
        if one.accounts is not None:
            write(graph, network, one.frame, job, progress, accounts=one.accounts)


def _refuse_if_too_large(graph: Graph, family: str, network: str, share: float) -> None:
    counts = graph.read("lookups/checkpoint_read", network=network)["transfers"].to_list()
    needed = BYTES_A_TRANSFER * (counts[0] or 0 if counts else 0)
    free = psutil.virtual_memory().available
    if needed > free * share:
        raise StateError(
            f"'{family}' needs up to {needed / 2**20:,.0f} MiB, and {share:.0%} of this machine's "
            f"free memory are {free * share / 2**20:,.0f} MiB.",
            "Narrow the window, or run it on a larger machine.",
        )
