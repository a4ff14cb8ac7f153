"""Opens the database that the settings name, and starts the embedded one when it is not running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from api import console

if TYPE_CHECKING:
    from api.settings import Settings
    from cypher.graph import Graph


class Address(NamedTuple):
    """Where a database is and how to log in; `browser` is empty for a database of your own."""

    uri: str
    user: str
    password: str
    browser: str


def find_database(settings: Settings) -> Address:
    """The address of the database, started if it is the embedded one.

    Raises:
        ServerError: the embedded server cannot be started.
    """
    if settings.neo4j_uri:
        return Address(settings.neo4j_uri, settings.neo4j_user, settings.password(), "")
    # Only here: the embedded server's machinery is not needed with a database of your own.
    from core.server import up  # noqa: PLC0415

    status = up(settings.server())
    password = Path(status.password_file).read_text(encoding="utf-8").strip()
    return Address(status.uri, status.user, password, status.browser)


def _say(why: str, seconds: float) -> None:
    console.note(f"{why} Trying again for up to {seconds:.0f} s; Ctrl-C ends it.")


def open_graph(settings: Settings, job: str) -> Graph:
    """A connection to the migrated database, on behalf of the named job; close it after use.

    Raises:
        ServerError: the embedded server cannot be started.
        GraphError: the database does not answer or refuses.
    """
    # The driver is imported when a database is opened: most of it is not needed for --help.
    from cypher.graph import Graph  # noqa: PLC0415
    from cypher.migrate import migrate  # noqa: PLC0415

    address = find_database(settings)
    graph = Graph.connect(
        address.uri,
        address.user,
        address.password,
        job=job,
        timeout_seconds=settings.query_timeout_seconds,
        waiting=_say,
    )
    migrate(graph)
    return graph
