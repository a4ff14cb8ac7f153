"""Synthetic ledgers, and typologies planted with ground truth: `simulate` and `inject`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api import console
from api.console import AsJson
from core.errors import ParameterError, UsageError
from core.times import parse_instant, to_epoch_ms

if TYPE_CHECKING:
    from loader.synthesis.typology import Wish

app = typer.Typer()

_DEFAULT_PATTERNS = 2  # AstroML's


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write into.")],
    accounts: Annotated[int, typer.Option(help="Accounts, all of which take part.")] = 1_000,
    ledgers: Annotated[int, typer.Option(help="Ledgers (blocks).")] = 5_000,
    ledger_seconds: Annotated[int, typer.Option(help="Seconds from ledger to ledger.")] = 5,
    start: Annotated[str, typer.Option(help="Time of the first ledger.")] = "2024-01-01",
    assets: Annotated[
        str | None, typer.Option(help="CODE or CODE:ISSUER, comma separated, most used first.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 42,
    hubs: Annotated[int, typer.Option(help="How many of the accounts are exchanges.")] = 5,
    transfers: Annotated[
        int | None, typer.Option(help="Rows; twenty an account by default.")
    ] = None,
    network: Annotated[str, typer.Option(help="Name of the network.")] = "simulated",
    output_format: Annotated[
        Literal["csv", "jsonl", "parquet", "stellar_etl"],
        typer.Option("--format", help="A table comes with its mapping.yaml."),
    ] = "csv",
    as_json: AsJson = False,
) -> None:
    """Write a ledger of ordinary traffic: heavy tails, rhythm, several assets, exchanges."""
    from loader.synthesis.simulate import ASSETS, Simulation
    from loader.synthesis.simulate import simulate as write

    named = ASSETS if assets is None else tuple(a.strip() for a in assets.split(",") if a.strip())
    simulation = Simulation(
        accounts=accounts,
        ledgers=ledgers,
        ledger_seconds=ledger_seconds,
        start=to_epoch_ms(parse_instant(start, "start")) // 1_000,
        assets=named,
        seed=seed,
        hubs=hubs,
        transfers=transfers,
        network=network,
        format=output_format,
    )
    began = time.perf_counter()
    with console.progress("Simulating"):
        made = write(out, simulation)
    result = {
        "transfers": made.transfers,
        "accounts": made.accounts,
        "planted": 0,
        "rows": made.rows,
        "failed": made.failed,
        "files": [str(path) for path in made.files],
        "sha256": made.sha256,
        "seconds": round(time.perf_counter() - began, 3),
    }
    console.emit(result, as_json, lambda: _show(result))


@app.command()
def inject(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="IN", help="CSV, JSON lines or Parquet, or a folder with its mapping."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="A folder, or a file of the kind of IN.")
    ] = None,
    input_path: Annotated[Path | None, typer.Option("--input", help="Instead of IN.")] = None,
    output_path: Annotated[Path | None, typer.Option("--output", help="Instead of OUT.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="What the columns of IN mean.")] = None,
    typology: Annotated[
        list[str] | None,
        typer.Option(help="NAME:COUNT[:key=value...]; repeatable. A wrong name lists all."),
    ] = None,
    hard_negatives: Annotated[
        list[str] | None,
        typer.Option(help="Look-alikes, as NAME:COUNT; by default as many as patterns."),
    ] = None,
    reuse_share: Annotated[
        float, typer.Option(help="Least share of a pattern's members that exist already.")
    ] = 0.8,
    camouflage: Annotated[
        float, typer.Option(help="Ordinary transfers of members per planted transfer.")
    ] = 0.3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    labels_out: Annotated[
        Path | None, typer.Option(help="File of the truth; default planted.json in OUT.")
    ] = None,
    summary: Annotated[
        Path | None, typer.Option(help="File of the summary; default summary.json in OUT.")
    ] = None,
    sybil_clusters: Annotated[
        int | None, typer.Option(help="Default 2 where no typology is named, else none.")
    ] = None,
    sybil_cluster_size: Annotated[int, typer.Option(help="Members of a cluster.")] = 5,
    sybil_tx_per_member: Annotated[int, typer.Option(help="Transfers of a member.")] = 3,
    sybil_base_amount: Annotated[
        float | None, typer.Option(help="Amounts around this; default a real one.")
    ] = None,
    wash_loops: Annotated[
        int | None, typer.Option(help="Default 2 where no typology is named, else none.")
    ] = None,
    wash_loop_size: Annotated[int, typer.Option(help="Accounts of a loop.")] = 4,
    wash_rounds: Annotated[int, typer.Option(help="Times round the loop.")] = 5,
    wash_base_amount: Annotated[
        float | None, typer.Option(help="Amounts around this; default a real one.")
    ] = None,
    source_field: Annotated[str, typer.Option(help="Without a mapping.")] = "source_account",
    destination_field: Annotated[
        str, typer.Option(help="Without a mapping.")
    ] = "destination_account",
    amount_field: Annotated[str, typer.Option(help="Without a mapping.")] = "amount",
    timestamp_field: Annotated[str, typer.Option(help="Without a mapping.")] = "created_at",
    network: Annotated[str, typer.Option(help="Without a mapping.")] = "stellar",
    as_json: AsJson = False,
) -> None:
    """Plant typologies and benign look-alikes into a ledger, with the truth in a file beside it."""
    from loader.synthesis.given_ledger import Fields
    from loader.synthesis.inject import Injection
    from loader.synthesis.inject import inject as plant
    from loader.synthesis.typology import make_wish, parse_wish

    ledger, target = source or input_path, out or output_path
    if ledger is None or target is None:
        raise UsageError("inject needs a ledger and a place for its copy.", "Name IN and OUT.")
    wishes: list[Wish] = [parse_wish(text) for text in typology or []]
    usual = 0 if typology else _DEFAULT_PATTERNS
    clusters = _count("sybil-clusters", sybil_clusters, usual)
    loops = _count("wash-loops", wash_loops, usual)
    if clusters:
        size = sybil_cluster_size + 1  # the controller is no member
        given = {"min_accounts": size, "max_accounts": size,
                 "transfers_per_member": sybil_tx_per_member,
                 "base_amount": sybil_base_amount or 0}  # fmt: skip
        wishes.append(make_wish("sybil_cluster", clusters, given))
    if loops:
        given = {"min_accounts": wash_loop_size, "max_accounts": wash_loop_size,
                 "rounds": wash_rounds, "base_amount": wash_base_amount or 0}  # fmt: skip
        wishes.append(make_wish("wash_loop", loops, given))
    injection = Injection(
        wishes=tuple(wishes),
        look_alikes=None if hard_negatives is None else tuple(map(parse_wish, hard_negatives)),
        seed=seed,
        reuse_share=reuse_share,
        camouflage=camouflage,
    )
    fields = Fields(
        source=source_field,
        destination=destination_field,
        amount=amount_field,
        timestamp=timestamp_field,
        network=network,
    )
    meaning: Path | Fields | None = mapping
    if mapping is None and not (ledger / "mapping.yaml").is_file():
        meaning = fields
    began = time.perf_counter()
    with console.progress("Planting"):
        made = plant(ledger, target, injection, meaning=meaning, labels_out=labels_out,
                     summary=summary)  # fmt: skip
    result = {
        **made.summary,
        "files": [str(path) for path in made.files],
        "seconds": round(time.perf_counter() - began, 3),
    }
    console.emit(result, as_json, lambda: _show(result))


def _count(option: str, asked: int | None, usual: int) -> int:
    if asked is not None and asked < 0:
        raise ParameterError("inject", option, "must be at least 0")
    return usual if asked is None else asked


def _show(result: dict[str, Any]) -> None:
    shown = {key: value for key, value in result.items() if not isinstance(value, dict)}
    for group in ("typologies", "look_alikes"):
        shown |= {f"  {name}": count for name, count in result.get(group, {}).items()}
    console.facts(shown)
