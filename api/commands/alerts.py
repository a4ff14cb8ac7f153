"""Alerts and what analysts say of them: `alerts`, `alert show`, `alert feedback`."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import NotFoundError
from core.times import parse_instant

if TYPE_CHECKING:
    from cypher.graph import Graph

app = typer.Typer()
alert = typer.Typer(help="One alert: show it, or say what you think of it.", no_args_is_help=True)
app.add_typer(alert, name="alert")

Analyst = Annotated[str | None, typer.Option(help="Who says so; default your login name.")]


@app.command()
def alerts(
    network: Annotated[str | None, typer.Option(help="One network.")] = None,
    date: Annotated[str | None, typer.Option(help="Processing date, 2024-01-31.")] = None,
    typology: Annotated[str | None, typer.Option(help="Such as circular_flow.")] = None,
    severity: Annotated[str | None, typer.Option(help="low, medium, high, critical.")] = None,
    status: Annotated[
        str | None, typer.Option(help="open, in_review, confirmed, dismissed, duplicate.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Account id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most alerts.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List alerts: the newest day first, then by priority."""
    given = {
        "network": network,
        "processing_date": parse_instant(date, "date").date().isoformat() if date else None,
        "typology_type": typology,
        "severity": severity,
        "status": status,
        "account": account,
    }
    with open_graph(read_settings(), "alerts") as graph:
        page = graph.read("lookups/api_alert_page", **given, limit=limit)
        found = graph.read("lookups/api_alerts", ids=page["id"])
    rows = found.to_dicts()
    columns = ("id", "priority", "severity", "status", "account", "description")
    rounded = [{**row, "priority": round(row["priority"], 3)} for row in rows]
    shown = [[row[name] for name in columns] for row in rounded]
    console.emit({"alerts": rows}, as_json, lambda: console.table("", columns, shown))


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
        columns = ("hop", "from", "to", "amount_base", "ts", "id")
        rows = [[hop[name] for name in columns] for hop in pattern["transfers"]]
        console.table(f"\n{pattern['pattern_id']}, {pattern['variant']}", columns, rows)
    for said in row["feedback"]:
        console.note(f"{said['verdict']} by {said['analyst']}: {said['comment'] or '-'}")


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
