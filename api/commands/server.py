"""The embedded database: `up`, `down`, `status`, `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from api import console
from api.console import AsJson
from api.settings import read_settings

if TYPE_CHECKING:
    from core.server import Status

app = typer.Typer()


@app.command()
def up(as_json: AsJson = False) -> None:
    """Start the embedded Neo4j with GDS, downloading it at the first time."""
    from core import server

    status = server.up(read_settings().server())
    console.emit(_facts(status), as_json, lambda: _show(status))


@app.command()
def down(as_json: AsJson = False) -> None:
    """Stop the embedded Neo4j."""
    from core import server

    status = server.down(read_settings().server())
    console.emit(_facts(status), as_json, lambda: _show(status))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Tell whether the embedded Neo4j runs and where; changes nothing."""
    from core import server

    found = server.status(read_settings().server())
    console.emit(_facts(found), as_json, lambda: _show(found))


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check what LedgerGraph needs of this machine."""
    from core import server

    settings = read_settings()
    found = server.status(settings.server())
    checks = [*server.doctor(settings.server()), *_own_checks()]
    result = {
        **_facts(found),
        "ok": all(check.ok for check in checks),
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks],
    }
    rows = [("ok" if check.ok else "NO", check.name, check.detail) for check in checks]
    console.emit(result, as_json, lambda: console.table("", ("", "check", "finding"), rows))
    if not result["ok"]:
        raise typer.Exit(1)


def _own_checks() -> list[Any]:
    from core.server import Check
    from ml.sampler import sampler_in_use

    return [Check("neighbour sampler", ok=True, detail=sampler_in_use())]


def _facts(status: Status) -> dict[str, Any]:
    return {
        "uri": status.uri,
        "browser": status.browser,
        "user": status.user,
        "password_file": str(status.password_file),
        "version": status.version,
        "gds_version": status.gds_version,
        "running": status.running,
        "pid": status.pid,
        "home": str(status.home),
    }


def _show(status: Status) -> None:
    state = "running" if status.running else "not running"
    console.facts(
        {
            "Neo4j": f"{status.version} with GDS {status.gds_version}, {state}",
            "Bolt": status.uri,
            "Browser": status.browser,
            "User": status.user,
            "Password": f"in {status.password_file}",
        }
    )
