from __future__ import annotations

import pytest
from graphql import GraphQLError

from api.types.page import Edge, decode_cursor, encode_cursor, paginate
from api.types.scalars import _long, finite
from core.errors import UsageError


@pytest.mark.parametrize("value", [0.1 + 0.2, 5e-324, 1e308, -0.0, 2**60 + 1, float("-inf")])
def test_cursors_carry_places_exactly(value: float) -> None:
    cursor = encode_cursor("score-desc:risk", "run-1", value, "ethereum:0xé")
    place = decode_cursor(cursor, "score-desc:risk", str, float, str)
    assert place == ["run-1", value, "ethereum:0xé"]
    assert "=" not in cursor


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!!",
        "é",
        "bm90IGpzb24",
        "W10",
        "e30",
        encode_cursor("id-desc", "a"),
        encode_cursor("id-asc", 1),
        encode_cursor("id-asc", "a", "b"),
        encode_cursor("id-asc", *[True]),
    ],
)
def test_other_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(UsageError, match="cursor"):
        decode_cursor(cursor, "id-asc", str)


def test_a_page_ends_where_it_was_cut() -> None:
    edges = [Edge(node=i, place=("n", i)) for i in range(3)]
    page, end = paginate(edges, 2)
    assert [edge.node for edge in page] == [0, 1]
    assert (end.has_next_page, end.end_cursor) == (True, encode_cursor("n", 1))
    page, end = paginate(edges, 3)
    assert (len(page), end.has_next_page, end.end_cursor) == (3, False, encode_cursor("n", 2))
    assert paginate([], 3)[1].end_cursor is None


@pytest.mark.parametrize("value", [2**31, 2**53 + 1, -(2**63), "4294967296"])
def test_long_passes_32_bits(value: int | str) -> None:
    assert _long(value) == int(value)


@pytest.mark.parametrize("value", [2**63, 1.5, True, "x", None])
def test_long_refuses_what_is_none(value: object) -> None:
    with pytest.raises(GraphQLError):
        _long(value)


def test_numbers_that_json_cannot_hold_become_null() -> None:
    assert [finite(v) for v in (1.5, float("nan"), float("inf"), None)] == [1.5, None, None, None]
