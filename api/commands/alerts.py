"""Alerts and what analysts say of them: `alerts`, `alert show`, `clusters` and `feedback`."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import NotFoundError, UnknownNameError
from core.times import from_epoch_ms, parse_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cypher.graph import Graph

app = typer.Typer()
alert = typer.Typer(
    help="One alert: show it, or say what you think of it; what belongs together.",
    no_args_is_help=True,
)
app.add_typer(alert, name="alert")

Network = Annotated[str | None, typer.Option(help="One network.")]
Date = Annotated[str | None, typer.Option(help="Processing date, 2024-01-31.")]
Analyst = Annotated[str | None, typer.Option(help="Who says so; default your login name.")]


@app.command()
def alerts(
    network: Network = None,
    date: Date = None,
    typology: Annotated[str | None, typer.Option(help="Such as circular_flow.")] = None,
    severity: Annotated[
        Literal["low", "medium", "high", "critical"] | None, typer.Option(help="How grave.")
    ] = None,
    status: Annotated[
        Literal["open", "in_review", "confirmed", "dismissed", "duplicate"] | None,
        typer.Option(help="What became of it."),
    ] = None,
    account: Annotated[str | None, typer.Option(help="Account id.")] = None,
    cluster: Annotated[str | None, typer.Option(help="Id of a cluster.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most alerts.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List alerts: the newest day first, of it what is still to be looked at, by priority."""
    from gds_jobs.candidates import typologies

    if typology is not None and typology not in (known := typologies()):
        raise UnknownNameError("typology", typology, known)
    given = {
        "network": network,
        "processing_date": _day(date),
        "typology_type": typology,
        "severity": severity,
        "status": status,
        "account": account,
        "cluster": cluster,
    }
    with open_graph(read_settings(), "alerts") as graph:
        page = graph.read("lookups/api_alert_page", **given, limit=limit)
        found = graph.read("lookups/api_alerts", ids=page["id"])
    rows = found.to_dicts()
    columns = ("id", "priority", "severity", "status", "account", "description")
    rounded = [{**row, "priority": round(row["priority"], 3)} for row in rows]
    shown = [[row[name] for name in columns] for row in rounded]
    console.emit({"alerts": rows}, as_json, lambda: _list("alert", columns, shown))


def _day(text: str | None) -> str | None:
    return parse_instant(text, "date").date().isoformat() if text else None


def _list(what: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        console.table("", columns, rows)
    else:
        console.note(f"There is no such {what}.")


@alert.command("clusters")
def list_clusters(
    network: Network = None,
    date: Date = None,
    kind: Annotated[
        Literal["same_entity", "same_pattern", "network", "temporal"] | None,
        typer.Option(help="What they have in common."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most clusters.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List clusters of alerts, the largest of the newest day first; see 'alerts --cluster ID'."""
    given = {"network": network, "processing_date": _day(date), "cluster_type": kind}
    with open_graph(read_settings(), "alert") as graph:
        found = graph.read("lookups/api_alert_clusters", **given, limit=limit)
    columns = ("id", "cluster_type", "total_alerts", "severity_max", "primary_address",
               "primary_alert_id")  # fmt: skip
    headings = ("id", "kind", "alerts", "severity", "address", "first alert")
    shown = found.select(columns).rows()
    result = {"clusters": found.to_dicts()}
    console.emit(result, as_json, lambda: _list("cluster", headings, shown))


@alert.command()
def show(
    alert_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the alert.")],
    as_json: AsJson = False,
) -> None:
    """Show an alert with the evidence of its patterns and what analysts said."""
    with open_graph(read_settings(), "alert") as graph:
        found = graph.read("lookups/api_alerts", ids=[alert_id])
        if found.is_empty():
            raise NotFoundError("alert", alert_id)
        row = found.row(0, named=True)
        evidence = _evidence(graph, row["pattern_keys"])
    result: dict[str, Any] = {**row, "evidence": evidence}
    console.emit(result, as_json, lambda: _show(row, evidence))


def _evidence(graph: Graph, keys: list[str]) -> list[dict[str, Any]]:
    from api.evidence import compose
    from api.types.rows import EvidenceRow, PatternRow
    from cypher import evidence

    frame = graph.read("lookups/api_patterns", keys=keys)
    patterns = [PatternRow(**row) for row in frame.iter_rows(named=True)]
    proof = evidence.read(graph, (key for pattern in patterns for key in pattern.transfers))
    transfers = {row[0]: EvidenceRow(*row) for row in proof.iter_rows()}
    return [compose(pattern, transfers) for pattern in patterns]


def _show(row: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
    hidden = ("transfers", "feedback", "pattern_keys")
    console.facts({name: value for name, value in row.items() if name not in hidden})
    for pattern in evidence:
        columns = ("hop", "from", "to", "amount_base", "time", "id")
        hops = [{**hop, "time": _time(hop["ts"])} for hop in pattern["transfers"]]
        rows = [[hop[name] for name in columns] for hop in hops]
        console.table(f"\n{pattern['pattern_id']}, {pattern['variant']}", columns, rows)
    for said in row["feedback"]:
        what = f"{_time(said['at'])} {said['verdict']} by {said['analyst']}"
        sure = f"confidence {said['confidence']:g}"
        muted = f"; muted until {_time(said['muted_until'])}" if said["muted_until"] else ""
        console.note(f"{what}, {sure}: {said['comment'] or '-'}{muted}")


def _time(milliseconds: int) -> str:
    return f"{from_epoch_ms(milliseconds):%Y-%m-%d %H:%M:%S}"


@alert.command()
def feedback(
    alert_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the alert.")],
    verdict: Annotated[
        Literal["confirmed", "dismissed", "unclear"], typer.Option(help="What it is.")
    ],
    comment: Annotated[str | None, typer.Option(help="Why.")] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="How sure.")] = 1.0,
    analyst: Analyst = None,
    expires_at: Annotated[
        str | None, typer.Option(help="When the tag stops counting; default in a year.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what an alert is: it sets its status, tags the account, and mutes what is dismissed."""
    from core.schema import Verdict
    from cypher.feedback import Opinion, give

    opinion = Opinion(
        verdict=Verdict(verdict),
        analyst=analyst or getpass.getuser(),
        comment=comment,
        confidence=confidence,
        expires_at=parse_instant(expires_at, "expires-at") if expires_at else None,
    )
    with open_graph(read_settings(), "feedback") as graph:
        given = asdict(give(graph, alert_id, opinion))
    console.emit(given, as_json, lambda: console.facts(given))
