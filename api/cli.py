"""The command `ledgergraph`: puts the commands together and turns errors into exit codes.

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.
"""

from __future__ import annotations

import sys

import typer
from typer._click.exceptions import UsageError as WrongUse

from api import console
from api.commands import (
    admin,
    agreement,
    alerts,
    bench,
    demo,
    jobs,
    learning,
    load,
    mapping,
    prices,
    query,
    result,
    review,
    schedule,
    serve,
    server,
    snapshot,
    synthetic,
    tag,
    verify,
)
from core.errors import ExpectedError, UsageError

INTERRUPTED = 130

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
    prices,
    synthetic,
    admin,
    jobs,
    snapshot,
    learning,
    query,
    result,
    agreement,
    alerts,
    review,
    serve,
    schedule,
    demo,
    bench,
):
    app.add_typer(module.app)


def main() -> None:
    """Run the command line."""
    as_json = "--json" in sys.argv
    try:
        # With --json an error of use is an object too, so that Typer may not print it itself.
        code = app(standalone_mode=not as_json)
    except ExpectedError as error:
        console.fail(error, as_json)
        sys.exit(error.exit_code)
    except WrongUse as error:
        console.fail(UsageError(error.format_message()), as_json)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader went away, as `head` does.
        sys.stderr.close()
        sys.exit(0)
    except SystemExit as end:
        _farewell(end.code)
        raise
    _farewell(code)
    sys.exit(code if isinstance(code, int) else 0)


def _farewell(code: object) -> None:
    if code == INTERRUPTED:
        console.note("Interrupted. What was complete is kept; run the command again to go on.")
