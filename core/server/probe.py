"""Asks the server over HTTP whether it and GDS answer, with the standard library only.

The driver lives in ``cypher``; besides, its default retries once hung ten minutes on a dead server.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from core.errors import StartError
from core.server.resources import LOOPBACK

USER = "neo4j"

_STATEMENT = Path(__file__).with_name("probe.cypher").read_text(encoding="utf-8")
_REFUSED = (401, 403, 429)


@dataclass(frozen=True, slots=True)
class Versions:
    """What the running server says it is."""

    neo4j: str
    gds: str


class PasswordRefusedError(StartError):
    """The server answers and does not take the home's password."""

    def __init__(self, password_file: Path) -> None:
        self.password_file = password_file
        super().__init__(
            f"The server refuses the password in {password_file}.",
            "It was changed elsewhere: write the current one into that file.",
        )


def ask(http_port: int, password_file: Path, timeout_seconds: float = 5.0) -> Versions | None:
    """Returns the versions, or nothing while the server, the database or GDS does not answer.

    Raises:
        PasswordRefusedError: The server answers and refuses the password.
    """
    try:
        password = password_file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    token = base64.b64encode(f"{USER}:{password}".encode()).decode()
    # Not urllib: it would send a request to this very machine through a configured proxy.
    connection = HTTPConnection(LOOPBACK, http_port, timeout=timeout_seconds)
    try:
        connection.request(
            "POST",
            "/db/neo4j/query/v2",
            json.dumps({"statement": _STATEMENT}),
            {"Content-Type": "application/json", "Authorization": f"Basic {token}"},
        )
        with connection.getresponse() as answer:
            body = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    if answer.status in _REFUSED:
        raise PasswordRefusedError(password_file)
    return _versions(body)


def _versions(body: bytes) -> Versions | None:
    """Reads the one row of the answer; an answer that reports errors has none."""
    try:
        (row,) = json.loads(body)["data"]["values"]
        return Versions(*row)
    except (ValueError, KeyError, TypeError):
        return None
