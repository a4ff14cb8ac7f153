"""The command `ledgergraph`: puts the commands together and turns errors into exit codes.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer

from api import console
from api.commands import (
    admin,
    bench,
    demo,
    jobs,
    learning,
    load,
    mapping,
    query,
    serve,
    server,
    synthetic,
    tag,
    verify,
)
from core.errors import ExpectedError

app = typer.Typer(
    help="Ledgers as a Neo4j graph: load, analyse, train, score and serve.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for module in (
    server,
    load,
    mapping,
    verify,
    tag,
    synthetic,
    admin,
    jobs,
    learning,
    query,
    serve,
    demo,
    bench,
):
    app.add_typer(module.app)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except ExpectedError as error:
        console.fail(error, "--json" in sys.argv)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader went away, as `head` does.
        sys.stderr.close()
        sys.exit(0)
