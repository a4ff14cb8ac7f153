"""A person's word on what jobs proposed: `infra` (infrastructure) and `entity` (links)."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

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
    headings = ("account", "in", "out", "rank", "betweenness", "entropy", "state", "version")
    title = "Counterparties in and out; ranks by their number, by betweenness and by entropy"
    result = {"proposals": found.to_dicts()}
    rows = found.select(columns).rows()
    console.emit(result, as_json, lambda: console.table(title, headings, rows))


def _of_infra(*, accept: bool) -> Callable[..., None]:
    """The command that accepts or rejects a proposal."""

    def decide(
        account: Account, reason: Reason = None, analyst: Analyst = None, as_json: AsJson = False
    ) -> None:
        from cypher import infrastructure

        name = analyst or getpass.getuser()
        with open_graph(read_settings(), "infra") as graph:
            done = infrastructure.decide(graph, account, name, accept=accept, reason=reason)
        console.emit(asdict(done), as_json, lambda: console.facts(asdict(done)))

    return decide


infra.command("accept", help="Take an account for infrastructure, from now on and everywhere.")(
    _of_infra(accept=True)
)
infra.command(
    "reject", help="Do not take an account for infrastructure, and do not propose it again."
)(_of_infra(accept=False))


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


def _of_links(*, accept: bool) -> Callable[..., None]:
    """The command that accepts or cuts the links between two accounts."""

    def decide(
        account: Account,
        other: Other,
        reason: Reason = None,
        analyst: Analyst = None,
        as_json: AsJson = False,
    ) -> None:
        from cypher import entities

        state = entities.LinkState.ACCEPTED if accept else entities.LinkState.CUT
        decision = entities.Decision(state, analyst or getpass.getuser(), reason)
        with open_graph(read_settings(), "entity") as graph:
            rules = entities.decide(graph, account, other, decision)
        result = {"rules": rules, "state": state.value}
        console.emit(result, as_json, lambda: console.facts(result))

    return decide


entity.command(
    "cut", help="Cut the links between two accounts; later runs of the job leave them cut."
)(_of_links(accept=False))
entity.command("accept", help="Accept the links between two accounts, however weak.")(
    _of_links(accept=True)
)
