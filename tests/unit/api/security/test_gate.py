from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from api.security.gate import _is_local
from api.security.keys import Principal, Scope


@pytest.mark.parametrize(
    ("client", "headers", "local"),
    [
        ("127.0.0.1", {"host": "localhost:8000"}, True),
        ("127.0.0.1", {"host": "127.0.0.1"}, True),
        ("::1", {"host": "[::1]:8000"}, True),
        ("::1", {"host": "[::1]"}, True),
        ("10.0.0.5", {"host": "localhost:8000"}, False),
        ("127.0.0.1", {"host": "rebound.example:8000"}, False),
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "203.0.113.9"}, False),
        ("127.0.0.1", {"host": "localhost", "forwarded": "for=203.0.113.9"}, False),
        ("127.0.0.1", {}, False),
    ],
)
def test_reading_without_a_key_is_for_this_machine_only(
    client: str, headers: dict[str, str], local: bool
) -> None:
    scope = {"type": "http", "client": (client, 5000)}
    assert _is_local(scope, Headers(headers)) is local


def test_admin_may_everything_and_read_only_reads() -> None:
    admin = Principal("a", frozenset({"admin"}))
    reader = Principal("b", frozenset({"read"}))
    assert all(admin.may(scope) for scope in Scope)
    assert [scope for scope in Scope if reader.may(scope)] == [Scope.READ]
