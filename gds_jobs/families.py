"""Runs a family of account features and stores its columns as account properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from core.errors import StateError
from cypher import features as catalogue

if TYPE_CHECKING:
    import polars as pl

    from cypher.graph import Graph
    from gds_jobs.job import Progress, RunSpec
    from gds_jobs.windows import Range

BATCH = 10_000
"""Accounts written in one transaction."""
BYTES_A_TRANSFER = 300
"""What a family that is computed outside the database holds of a transfer, while sorting too."""


def store(
    graph: Graph, family: str, network: str, *, spec: RunSpec, covered: Range, progress: Progress
) -> int:
    """Compute a family and write it; an account without a value loses the property.

    Returns:
        The number of accounts that have the features.

    Raises:
        StateError: the family is computed outside the database and would not fit into memory.
    """
    if family in catalogue.FAMILIES.names():
        _refuse_if_too_large(graph, family, network, spec.heap_share)
    features = catalogue.read_features(
        graph,
        [family],
        network=network,
        asset=spec.asset,
        since=covered.start,
        until=covered.end,
        parameters=spec.parameters,
    )
    write(graph, network, features, family, progress)
    return features.height


def write(graph: Graph, network: str, values: pl.DataFrame, job: str, progress: Progress) -> None:
    """Write columns beside `account` as properties; an account without a row loses them."""
    accounts = graph.read("lookups/job_run_accounts", network=network).select("account")
    everyone = accounts.join(values, on="account", how="left", maintain_order="left")
    keys = [name for name in values.columns if name != "account"]
    batches = list(everyone.iter_slices(BATCH))
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
