"""Runs a family of account features and stores its columns as account properties."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import polars as pl
import psutil

from core.errors import StateError
from cypher import features as catalogue
from cypher import touched
from cypher.touched import State
from gds_jobs.job import Outcome

if TYPE_CHECKING:
    from cypher.graph import Graph
    from gds_jobs.job import Context, Parameters, Progress

VALUES = 20_000
"""Values written in one transaction."""
BYTES_A_TRANSFER = 300
"""What a family that is computed outside the database holds of a transfer, while sorting too."""


REBUILD = "rebuild"
"""Parameter of local families: computes every account anew, even where few were touched."""


def defaults(family: str) -> Parameters:
    """A family's parameters and their defaults."""
    more = {REBUILD: False} if catalogue.is_local(family) else {}
    return {**catalogue.defaults(family), **more}


def store(context: Context, family: str) -> Outcome:
    """Compute a family and write it; an account without a value loses the property.

    Where a local family was last run on the whole ledger too, and the network only gained
    transfers since, only their accounts are computed and written.

    Returns:
        The number of accounts that have got the features. The results tell how many accounts were
        computed, null for all, and the state of the network that the next run compares with.

    Raises:
        StateError: the family is computed outside the database and would not fit into memory.
    """
    graph, network, spec = context.graph, context.network, context.spec
    if family in catalogue.FAMILIES.names():
        _refuse_if_too_large(graph, family, network, spec.heap_share)
    # Read first: what comes while the run reads is new to the next run.
    follows = catalogue.is_local(family) and context.covered.whole
    now = touched.state(graph, network) if follows else None
    before = None if now is None or context.parameters[REBUILD] else _before(context)
    accounts = None
    if now is not None and before is not None:
        accounts = touched.accounts(graph, network, before, now)
    features = catalogue.read_features(
        graph,
        [family],
        network=network,
        asset=spec.asset,
        since=context.covered.start,
        until=context.covered.end,
        parameters=spec.parameters,
        accounts=accounts,
    )
    write(graph, network, features, family, context.progress, accounts=accounts)
    if now is None:
        return Outcome(features.height)
    results = {"computed": None if accounts is None else len(accounts), "state": asdict(now)}
    return Outcome(features.height, results)


def _before(context: Context) -> State | None:
    """The state that the values on the accounts were computed from, where it is known."""
    found = context.graph.read("lookups/job_run_before", run=context.run)
    return None if found.is_empty() else State(**json.loads(found["results"][0])["state"])


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
        accounts = graph.read("lookups/job_run_accounts", network=network)["account"]
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
            keys=keys,
            values=[batch[key].to_list() for key in keys],
        )
    progress(job, len(batches), len(batches))


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
