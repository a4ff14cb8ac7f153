"""Help with mapping files: `mapping suggest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from api import console
from api.console import AsJson

app = typer.Typer()
group = typer.Typer(help="Mapping files, which explain your own tables.", no_args_is_help=True)
app.add_typer(group, name="mapping")


@group.callback()
def mapping() -> None:
    """Mapping files, which explain your own tables."""


@group.command()
def suggest(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON lines or Parquet.")],
    as_json: AsJson = False,
) -> None:
    """Propose a mapping file for a table; nothing is loaded."""
    from loader.suggest import suggest as propose

    proposal = propose(path)
    result = yaml.safe_load(proposal.text)
    console.emit(result, as_json, lambda: typer.echo(proposal.text, nl=False))
    if proposal.missing:
        console.note(f"To be filled in: {', '.join(proposal.missing)}.")
