"""Reading back: `query`, `top`, `account`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api import console
from api.connection import open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import MissingPathError, NotFoundError, UnreadableError
from core.times import from_epoch_ms

app = typer.Typer()


@app.command()
def query(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="File, or - for standard input.")],
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most rows.")] = 10_000,
    as_json: AsJson = False,
) -> None:
    """Run Cypher that reads."""
    from cypher.explore import explore

    text = _text(source)
    with open_graph(read_settings(), "query") as graph:
        answer = explore(graph, text, limit)
    result = {"columns": answer.columns, "rows": answer.rows, "truncated": answer.truncated}
    console.emit(result, as_json, lambda: console.table("", answer.columns, answer.rows))
    if answer.truncated:
        console.note(f"Only the first {limit:,} rows are shown.")


@app.command()
def top(
    model: Annotated[str | None, typer.Option(help="Model whose scores rank.")] = None,
    count: Annotated[int, typer.Option("-n", "--count", min=1, help="Accounts.")] = 10,
    as_json: AsJson = False,
) -> None:
    """List the accounts with the highest scores of a model's active run."""
    with open_graph(read_settings(), "top") as graph:
        models = graph.read("lookups/models_active")["model"].to_list()
        if not models:
            raise NotFoundError(
                "published score run", model or "", "Run 'ledgergraph score' first."
            )
        if model is not None and model not in models:
            known = f"Models with a published run: {', '.join(models)}."
            raise NotFoundError("published run of model", model, known)
        frame = graph.read("lookups/top_accounts", model=model or models[0], limit=count)
    columns = ["account", "value", "percentile", "band", "reasons"]
    result = {"model": model or models[0], "accounts": frame.to_dicts()}
    rows = frame.select(columns).rows()
    title = f"{model or models[0]}, run {frame['run'][0] if len(frame) else '-'}"
    console.emit(result, as_json, lambda: console.table(title, columns, rows))
    if model is None and models[1:]:
        console.note(f"\nThe model published last; --model shows {', '.join(models[1:])}.")


@app.command()
def account(
    account_id: Annotated[str, typer.Argument(metavar="ID", help="network:address")],
    as_json: AsJson = False,
) -> None:
    """Show what the graph knows of an account: properties, scores, tags, counts."""
    with open_graph(read_settings(), "account") as graph:
        found = graph.read("lookups/account_properties", account=account_id)
        if found.is_empty():
            raise NotFoundError("account", account_id, "Ids are written network:address.")
        scores = graph.read("lookups/account_scores", account=account_id)
        tags = graph.read("lookups/account_tags", account=account_id)
    properties = dict(sorted(found["properties"][0].items()))
    result = {**properties, "scores": scores.to_dicts(), "tags": tags.to_dicts()}
    shown = {k: _readable(k, v) for k, v in properties.items() if not isinstance(v, list)}
    console.emit(result, as_json, lambda: _show(shown, scores.rows(), tags.rows()))


def _show(
    properties: dict[str, object], scores: list[tuple[object, ...]], tags: list[tuple[object, ...]]
) -> None:
    console.facts(properties)
    if scores:
        columns = ["model", "run", "value", "percentile", "band", "reasons"]
        console.table("\nScores of the active runs", columns, scores)
    if tags:
        columns = ["label", "category", "source", "confidence", "risk", "expires"]
        console.table("\nTags", columns, tags)


def _readable(name: str, value: object) -> object:
    if isinstance(value, int) and name.endswith(("_ts", "_seen")):
        return from_epoch_ms(value).isoformat(sep=" ", timespec="seconds")
    return value


def _text(source: str) -> str:
    if source == "-":
        return sys.stdin.read()
    path = Path(source)
    if not path.exists():
        raise MissingPathError(path)
    if not path.is_file():
        raise UnreadableError(path, "it is not a file")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(path, str(error)) from error
