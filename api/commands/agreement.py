"""How far the three detectors of an anomaly run agree: `agreement`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import console
from api.commands.jobs import Network
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

app = typer.Typer()


@app.command()
def agreement(
    network: Network = None,
    run: Annotated[str | None, typer.Option(help="Run of the job anomaly; default newest.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far rules, Mahalanobis distance and Isolation Forest agree, and how stable they are.

    Agreement does not make detectors right: only labels tell, where tags give any.
    """
    with open_graph(read_settings(), "agreement") as graph:
        found = graph.read("lookups/job_results", job="anomaly", network=network, run=run)
    told = None if found.is_empty() else json.loads(found["results"][0]).get("agreement")
    if told is None:
        raise StateError("No run of 'anomaly' has left a report.", "Run 'ledgergraph run anomaly'.")
    row = found.row(0, named=True)
    result = {"run": row["run"], "network": row["network"], "as_of": row["as_of"], **told}
    console.emit(result, as_json, lambda: _show(result))


def _show(result: Mapping[str, Any]) -> None:
    console.facts({key: result[key] for key in ("run", "network", "as_of", "accounts", "before")})
    _table("\nTop sets, and the ranking as a whole", result["tops"], result["pairs"])
    _rows("\nIn the top of all three", result["triples"])
    _rows("\nWhere the tops end: what is tied is chosen by id alone", result["cuts"])
    if result["stable_accounts"]:
        title = (
            f"\nAgainst {result['before_as_of']}, {result['stable_accounts']:,} accounts of both"
        )
        _table(title, result["stable_tops"], result["stable_pairs"])
    if result["truth"]:
        _rows("\nAgainst the labels of tags", result["truth"])
    console.note("Agreement between detectors is not correctness.")


def _rows(title: str, found: Sequence[Mapping[str, Any]]) -> None:
    """One line an entry, under the names of its fields."""
    rows = [[_percent(v) if key == "share" else v for key, v in row.items()] for row in found]
    console.table(title, [key.replace("_", " ") for key in found[0]] if found else (), rows)


def _table(
    title: str, tops: Sequence[Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]
) -> None:
    """Of each pair the Jaccard index by share, then rank correlation and kappa."""
    shares = sorted({top["share"] for top in tops})
    jaccard = {(t["first"], t["second"], t["share"]): t["jaccard"] for t in tops}
    rows = [
        [
            f"{pair['first']}, {pair['second']}",
            *(jaccard[pair["first"], pair["second"], share] for share in shares),
            pair["spearman"],
            pair["p_value"],
            pair["kappa"],
        ]
        for pair in pairs
    ]
    named = [f"Jaccard {_percent(share)}" for share in shares]
    console.table(title, ("detectors", *named, "Spearman", "p", "kappa"), rows)


def _percent(share: float) -> str:
    return f"{share:.1%}"
