"""API keys `lg_<id>_<secret>`: made, listed, revoked and checked; the graph holds hashes only.

The secret has 256 random bits, so a plain SHA-256 of it cannot be searched.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from core.errors import NotFoundError, ParameterError, UnauthenticatedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from cypher.graph import Graph
    from cypher.reader import Reader

_PARTS = 3
_ID_LENGTH = 16
_SECRET_LENGTH = 64
_CACHED = 1_000


class Scope(StrEnum):
    """What a key allows: `admin` allows everything."""

    READ = "read"
    WRITE = "write"
    RUN = "run"
    CYPHER = "cypher"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of a request: a key's id, or None for a reader without a key."""

    key: str | None
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether the scope was granted."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


NOBODY = Principal(None, frozenset())
"""A caller without a key."""


def create_key(graph: Graph, scopes: Iterable[str], name: str = "") -> str:
    """Make a key and return its text, which is shown once and cannot be read back.

    Raises:
        ParameterError: a scope is unknown, or none is given.
    """
    granted = sorted(set(scopes))
    known = ", ".join(Scope)
    if not granted or not set(granted) <= set(Scope):
        raise ParameterError("keys create", "scope", "is missing or unknown", f"Known: {known}.")
    key, secret = secrets.token_hex(_ID_LENGTH // 2), secrets.token_hex(_SECRET_LENGTH // 2)
    graph.write("writes/api_key_create", id=key, hash=_hash(secret), scopes=granted, name=name)
    return f"lg_{key}_{secret}"


def list_keys(graph: Graph) -> pl.DataFrame:
    """Every key without its secret: `id`, `name`, `scopes`, `created`, `revoked`."""
    return graph.read("lookups/api_keys")


def identity(text: str) -> str:
    """The id of a key, given as such or with the `lg_` in front.

    Raises:
        UsageError: it is a whole key, whose secret does not belong on a command line.
    """
    parts = text.removeprefix("lg_").split("_")
    if len(parts) > 1:
        raise UsageError(
            "That is a whole key, and command lines are seen by others.",
            f"Give its id alone: ledgergraph keys revoke {parts[0]}",
        )
    return parts[0]


def revoke_key(graph: Graph, key: str) -> None:
    """Take a key back; servers stop accepting it within `Limits.key_seconds`.

    Args:
        graph: the database.
        key: the id, or the whole text, of the key.

    Raises:
        NotFoundError: there is no such key.
    """
    parts = key.split("_")
    identity = parts[1] if len(parts) == _PARTS else key
    if graph.write("writes/api_key_revoke", id=identity).is_empty():
        raise NotFoundError("API key", identity, "List them with 'ledgergraph keys list'.")


class KeyRing:
    """Checks presented keys against the graph; good ones are remembered for a few seconds."""

    def __init__(self, reader: Reader, remember_seconds: float) -> None:
        self._reader, self._remember_seconds = reader, remember_seconds
        self._good: dict[bytes, tuple[float, Principal]] = {}

    async def check(self, presented: str) -> Principal:
        """The caller that a key stands for.

        Raises:
            UnauthenticatedError: the key is malformed, unknown, wrong or revoked.
        """
        digest = sha256(presented.encode()).digest()
        until, principal = self._good.get(digest, (0.0, NOBODY))
        if until > time.monotonic():
            return principal
        self._good.pop(digest, None)
        principal = await self._look_up(presented)
        while len(self._good) >= _CACHED:
            self._good.pop(next(iter(self._good)))
        self._good[digest] = (time.monotonic() + self._remember_seconds, principal)
        return principal

    async def _look_up(self, presented: str) -> Principal:
        prefix, _, rest = presented.partition("_")
        key, _, secret = rest.partition("_")
        if prefix != "lg" or len(key) != _ID_LENGTH or len(secret) != _SECRET_LENGTH:
            raise UnauthenticatedError
        found = await self._reader.read("lookups/api_key", id=key)
        stored = found["hash"][0] if len(found) else "-"
        if not compare_digest(_hash(secret), stored):
            raise UnauthenticatedError
        return Principal(key, frozenset(found["scopes"][0]))


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
