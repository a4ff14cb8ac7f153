"""A person's word on what jobs proposed: `infra` (infrastructure) and `entity` (links)."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings

app = typer.Typer()
infra = typer.Typer(help="Accounts proposed as infrastructure.", no_args_is_help=True)
entity = typer.Typer(help="Accounts of one party, and why.", no_args_is_help=True)
app.add_typer(infra, name="infra")
app.add_typer(entity, name="entity")

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Account id.")]
Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other account's id.")]
Reason = Annotated[str | None, typer.Option(help="Why.")]
Analyst = Annotated[str | None, typer.Option(help="Who decides; default your login name.")]


@infra.command("list")
def list_infra(
    network: Annotated[str | None, typer.Option(help="One network.")] = None,
    state: Annotated[
        Literal["proposed", "accepted", "rejected"], typer.Option(help="Which.")
    ] = "proposed",
    limit: Annotated[int, typer.Option(min=1, help="Most accounts.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List proposals of the job `infrastructure`, those with most counterparties first."""
    with open_graph(read_settings(), "infra") as graph:
        found = graph.read("lookups/infra_proposals", network=network, state=state, limit=limit)
    columns = ("account", "in_degree", "out_degree", "degree_rank", "betweenness_rank",
               "entropy_rank", "state", "version")  # fmt: skip
    result = {"proposals": found.to_dicts()}
    console.emit(result, as_json, lambda: console.table("", columns, found.select(columns).rows()))


@infra.command("accept")
def accept_infra(
    account: Account, reason: Reason = None, analyst: Analyst = None, as_json: AsJson = False
) -> None:
    """Take an account for infrastructure, from now on and everywhere."""
    _infra(account, reason, analyst, accept=True, as_json=as_json)


@infra.command("reject")
def reject_infra(
    account: Account, reason: Reason = None, analyst: Analyst = None, as_json: AsJson = False
) -> None:
    """Do not take an account for infrastructure, and do not propose it again."""
    _infra(account, reason, analyst, accept=False, as_json=as_json)


def _infra(
    account: str, reason: str | None, analyst: str | None, *, accept: bool, as_json: bool
) -> None:
    from cypher import infrastructure

    name = analyst or getpass.getuser()
    with open_graph(read_settings(), "infra") as graph:
        done = infrastructure.decide(graph, account, name, accept=accept, reason=reason)
    console.emit(asdict(done), as_json, lambda: console.facts(asdict(done)))


@entity.command("show")
def show_entity(account: Account, as_json: AsJson = False) -> None:
    """Show the links of an account's entity with their rules, evidence and state."""
    with open_graph(read_settings(), "entity") as graph:
        found = graph.read("lookups/entity_of", account=account)
    columns = ("source", "target", "rule", "state", "confidence", "times", "decided_by", "reason")
    name = found["entity"][0] if found.height else None
    result = {"account": account, "entity": name, "links": found.drop("entity").to_dicts()}
    rows = found.select(columns).rows()
    console.emit(result, as_json, lambda: console.table(name or "no entity", columns, rows))


@entity.command("cut")
def cut_link(
    account: Account,
    other: Other,
    reason: Reason = None,
    analyst: Analyst = None,
    as_json: AsJson = False,
) -> None:
    """Cut the links between two accounts; later runs of the job leave them cut."""
    _decide(account, other, reason, analyst, accept=False, as_json=as_json)


@entity.command("accept")
def accept_link(
    account: Account,
    other: Other,
    reason: Reason = None,
    analyst: Analyst = None,
    as_json: AsJson = False,
) -> None:
    """Accept the links between two accounts, however weak."""
    _decide(account, other, reason, analyst, accept=True, as_json=as_json)


def _decide(
    account: str, other: str, reason: str | None, analyst: str | None, *, accept: bool,
    as_json: bool,
) -> None:  # fmt: skip
    from cypher import entities

    state = entities.LinkState.ACCEPTED if accept else entities.LinkState.CUT
    decision = entities.Decision(state, analyst or getpass.getuser(), reason)
    with open_graph(read_settings(), "entity") as graph:
        rules = entities.decide(graph, account, other, decision)
    result = {"rules": rules, "state": state.value}
    console.emit(result, as_json, lambda: console.facts(result))
