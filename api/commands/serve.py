"""Serving: `serve`, and the keys of those who ask: `keys create`, `keys list`, `keys revoke`."""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from api import console
from api.commands.jobs import refresh_flows
from api.connection import find_database, open_graph
from api.console import AsJson
from api.settings import read_settings
from core.errors import PortInUseError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.connection import Address
    from api.settings import Settings

app = typer.Typer()
keys = typer.Typer(help="API keys and their scopes.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port.")] = None,
) -> None:
    """Serve GraphQL and REST until interrupted."""
    settings = read_settings()
    settings = settings.model_copy(
        update={
            "api_host": host or settings.api_host,
            "api_port": settings.api_port if port is None else port,
        }
    )
    with open_graph(settings, "serve") as graph:
        refresh_flows(graph)
    run_server(settings, find_database(settings))


def run_server(settings: Settings, address: Address) -> None:
    """Announce the addresses and serve; returns when interrupted.

    Raises:
        PortInUseError: another process listens on the API's port.
    """
    import uvicorn

    listener = _listen(settings.api_host, settings.api_port)
    port = listener.getsockname()[1]
    console.note(f"GraphQL     http://{settings.api_host}:{port}/graphql")
    console.note(f"Health      http://{settings.api_host}:{port}/readyz")
    if address.browser:
        password = settings.home / "password"
        console.note(f"Browser     {address.browser} as {address.user}, password in {password}")
    if settings.open_read and settings.environment == "development":
        console.note("Reading needs no key from this machine; writing needs one (keys create).")
    else:
        console.note("Make a key with: ledgergraph keys create --scope read")
    config = uvicorn.Config(
        build_app(settings, address), log_level=settings.log_level, access_log=False
    )
    uvicorn.Server(config).run(sockets=[listener])


def build_app(settings: Settings, address: Address) -> FastAPI:
    """The application over a database, with the models of the settings' home."""
    from api.actions import Actions, run_jobs
    from api.app import AppConfig, create_app
    from api.scoring import score_and_publish

    return create_app(
        AppConfig(
            neo4j_uri=address.uri,
            neo4j_user=address.user,
            neo4j_password=address.password,
            environment=settings.environment,
            open_read=settings.open_read,
            limits=settings.limits(),
            actions=Actions(
                run_jobs=partial(run_jobs, archive=settings.archive, kept_runs=settings.kept_runs),
                score=partial(score_and_publish, settings),
                archive=settings.archive,
                kept_runs=settings.kept_runs,
            ),
        )
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortInUseError(port, "LEDGERGRAPH_API_PORT") from error
    return listener


@keys.command("create")
def create(
    scope: Annotated[list[str], typer.Option(help="read, write, run, cypher or admin.")],
    name: Annotated[str, typer.Option(help="Whose key it is.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown once and only its hash is kept."""
    from api.security.keys import create_key

    with open_graph(read_settings(), "keys") as graph:
        key = create_key(graph, scope, name)
    console.emit({"key": key, "scopes": scope}, as_json, lambda: console.out.print(key))


@keys.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the keys: names, scopes and states, never the keys themselves."""
    from api.security.keys import list_keys

    with open_graph(read_settings(), "keys") as graph:
        frame = list_keys(graph)
    result = {"keys": frame.to_dicts()}
    console.emit(result, as_json, lambda: console.table("", frame.columns, frame.rows()))


@keys.command()
def revoke(
    key: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, as 'keys list' shows it.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a key useless at once."""
    from api.security.keys import identity, revoke_key

    key = identity(key)
    with open_graph(read_settings(), "keys") as graph:
        revoke_key(graph, key)
    console.emit({"revoked": key}, as_json, lambda: console.note("Revoked."))
