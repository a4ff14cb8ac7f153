"""Tables of accounts, pairs of accounts and transactions: `result`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.commands.jobs import AsOf, Asset, JobParam, Network, Window, job_parameters
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import StateError, UsageError
from core.times import parse_duration, parse_instant

if TYPE_CHECKING:
    import polars as pl

    from cypher.graph import Graph
    from gds_jobs.job import RunSpec

app = typer.Typer()


class Layout(StrEnum):
    """What the rows are, and which columns they have."""

    FULL = "full"
    FAIRONCHAIN = "faironchain"
    PAIRS = "pairs"
    TRANSACTIONS = "transactions"


@app.command()
def result(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="File to write, .csv or .parquet.")],
    layout: Annotated[
        Layout,
        typer.Option(
            "--format",
            help="Accounts with every feature (full) or FairOnChain's 44 columns; pairs of "
            "accounts; transactions of a UTXO ledger.",
        ),
    ] = Layout.FULL,
    as_of: AsOf = None,
    window: Window = None,
    network: Network = None,
    asset: Asset = None,
    year: Annotated[int, typer.Option(min=0, help="Year in the table; default the data's.")] = 0,
    month: Annotated[int, typer.Option(min=0, max=12, help="Month in the table.")] = 0,
    param: JobParam = None,
    as_json: AsJson = False,
) -> None:
    """Write the accounts of a range with their features, rules and scores as a table.

    Or its pairs of accounts, or its transactions of a UTXO ledger, without scoring anything.
    """
    from cypher.features import only_network
    from gds_jobs.job import RunSpec

    if out.suffix not in {".csv", ".parquet"}:
        raise UsageError(f"{out} ends neither in .csv nor in .parquet.")
    if not out.parent.is_dir():
        raise UsageError(f"The folder {out.parent} does not exist.")
    parameters = job_parameters(param or [], ["anomaly"])
    parameters["anomaly"] = {**parameters.get("anomaly", {}), "year": year, "month": month}
    with open_graph(read_settings(), "result") as graph, console.progress("Reading"):
        spec = RunSpec(
            network=network or only_network(graph),
            asset=asset,
            as_of=parse_instant(as_of) if as_of else None,
            window=parse_duration(window) if window else None,
            parameters=parameters,
        )
        told: dict[str, object] = {}
        if layout in {Layout.PAIRS, Layout.TRANSACTIONS}:
            table = _derived(graph, spec, layout, nested=out.suffix == ".parquet")
        else:
            told["run"], table = _scored(graph, spec)
        if layout is Layout.FULL:
            table = _full(graph, spec, table)
    partial = out.with_name(f"{out.name}.partial")
    if out.suffix == ".csv":
        table.write_csv(partial)
    else:
        table.write_parquet(partial)
    partial.replace(out)
    told = {"rows": table.height, "columns": table.width, **told, "file": str(out)}
    console.emit(told, as_json, lambda: console.facts(told))


def _scored(graph: Graph, spec: RunSpec) -> tuple[str, pl.DataFrame]:
    """Run the job `anomaly` and read back its run and its table."""
    import polars as pl

    from api.actions import run_jobs
    from api.anomaly import table
    from core.schema import RunState

    settings = read_settings()
    (report,) = run_jobs(
        graph, ["anomaly"], spec, archive=settings.archive, kept_runs=settings.kept_runs
    )
    if report.state != RunState.SEALED:
        raise StateError(f"The accounts could not be scored: {report.error}")
    found = graph.read("lookups/score_run_of_job", model="fairon", job_run=report.run)
    run = str(found["run"][0])
    return run, pl.read_parquet(table.path(settings.archive, run))


def _derived(graph: Graph, spec: RunSpec, layout: Layout, *, nested: bool) -> pl.DataFrame:
    """Pairs or transactions of the range; lists are JSON text unless the file can nest."""
    import polars as pl

    from cypher import pairs
    from cypher.measures import utxo
    from gds_jobs import windows

    network = str(spec.network)
    covered = windows.resolve(graph, network, spec)
    if layout is Layout.PAIRS:
        frame = pairs.attributes(
            graph, network, asset=spec.asset, since=covered.start, until=covered.end
        )
        return frame if nested else pairs.flat(frame)
    parts = utxo.parts(graph, network, since=covered.start, until=covered.end)
    if parts.is_empty():
        raise StateError(f"{network} has no transactions of UTXO in this range.")
    instant = pl.col("ts").cast(pl.Datetime("ms", "UTC")).alias("timestamp")
    return utxo.transactions(parts).with_columns(instant).drop("ts")


def _full(graph: Graph, spec: RunSpec, table: pl.DataFrame) -> pl.DataFrame:
    """Every family's features of the same range, beside flags and scores."""
    import polars as pl

    from api.anomaly.table import RULES, SCORES
    from cypher.features import families, read_features
    from gds_jobs import windows

    network = str(spec.network)
    covered = windows.resolve(graph, network, spec)
    features = read_features(
        graph,
        families(),
        network=network,
        asset=spec.asset,
        since=covered.start,
        until=covered.end,
        parameters=spec.parameters,
    )
    judged = table.select(
        pl.format("{}:{}", pl.lit(network), "address").alias("account"),
        *(f"{rule}_flag" for rule in RULES),
        *SCORES,
    )
    known = graph.read("exports/ledger_accounts", network=network)
    infra = known.select("account", is_infra="infra")
    joined = features.select("account").join(infra, on="account", maintain_order="left")
    for part in (features, judged):
        joined = joined.join(part, on="account", how="left", maintain_order="left")
    return joined
