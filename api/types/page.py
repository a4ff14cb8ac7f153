"""Relay connections by keyset: a cursor holds the place of an item, never a count of items."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Generic, TypeVar

import strawberry

from core.errors import UsageError

Node = TypeVar("Node")

DEFAULT_PAGE = 20
"""Items of a page when `first` is not given."""


@strawberry.type(description="Where a page ends and whether more follows.")
class PageInfo:
    """The end of a page."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type(description="An item and its place in the order.")
class Edge(Generic[Node]):
    """One item of a page."""

    node: Node
    cursor: str


@strawberry.type(description="A page of items.")
class Connection(Generic[Node]):
    """One page."""

    edges: list[Edge[Node]]
    page_info: PageInfo


def paginate(edges: list[Edge[Node]], first: int) -> tuple[list[Edge[Node]], PageInfo]:
    """Cut what was read (one item more than asked for, if there is one) to a page."""
    page = edges[:first]
    return page, PageInfo(
        has_next_page=len(edges) > first, end_cursor=page[-1].cursor if page else None
    )


def encode_cursor(order: str, *place: str | float | None) -> str:
    """An opaque cursor: the order it belongs to, and a place in it."""
    text = json.dumps([order, *place], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, *kinds: type) -> list[object]:
    """The place that a cursor of this order holds; a `float` place may be an integer.

    Raises:
        UsageError: it is not a cursor, or one of another order.
    """
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        found, *place = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError("'after' is not a cursor of this API.") from error
    allowed = [(int, float) if kind is float else kind for kind in kinds]
    if (
        found != order
        or len(place) != len(allowed)
        or not all(map(isinstance, place, allowed))
        or any(isinstance(part, bool) for part in place)
    ):
        raise UsageError(
            "'after' is a cursor of another order or field.",
            "Page on with the arguments of the first page.",
        )
    return place
