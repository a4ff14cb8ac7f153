"""Relay connections by keyset: a cursor holds the place of an item, never a count of items."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Generic, TypeVar

import strawberry

from core.errors import UsageError

Node = TypeVar("Node")

Place = tuple[str | float, ...]
"""The order that a cursor belongs to, and a place in it."""

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
    place: strawberry.Private[Place]

    @strawberry.field(description="Opaque; what 'after' takes.")
    def cursor(self) -> str:
        """The cursor, made when asked for."""
        return encode_cursor(*self.place)


@strawberry.type(description="A page of items.")
class Connection(Generic[Node]):
    """One page."""

    edges: list[Edge[Node]]
    page_info: PageInfo


def paginate(edges: list[Edge[Node]], first: int) -> tuple[list[Edge[Node]], PageInfo]:
    """Cut what was read (one item more than asked for, if there is one) to a page."""
    page = edges[:first]
    return page, PageInfo(
        has_next_page=len(edges) > first,
        end_cursor=encode_cursor(*page[-1].place) if page else None,
    )


def encode_cursor(*place: str | float) -> str:
    """An opaque cursor: the order it belongs to, then the place in it."""
    text = json.dumps(place, separators=(",", ":"))
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
    return list[object](place)
