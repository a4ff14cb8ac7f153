"""Horizon's records as frames, however they were saved: pages, lists, lines, or an event stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from loader.reading import json_documents, json_lines, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loader.reading.sources import Source

_LOOK = 1 << 16
_PAGE = re.compile(r'"records"\s*:\s*\[')
_EMPTY = re.compile(r'"records"\s*:\s*\[\s*\]')
_STREAM = re.compile(r"^(?:data|id|event|retry):", re.MULTILINE)
_FIELD = r"^data: ?"
_CONTROL = (
    r"^(?:data: ?\"(?:hello|byebye)\"|id:.*|event: ?(?:open|close|message)|retry: ?[0-9]+|:.*)$"
)
"""Lines of an event stream that are no record: greetings, and what says how to go on."""


def kind(source: Source) -> str | None:
    """What a file holds: operations, transactions, effects or trades; null if none of them.

    Judged by the names in its first records, so that one damaged record decides nothing.
    """
    head = _head(source)

    def has(*names: str) -> bool:
        return all(re.search(rf'"{name}"\s*:', head) for name in names)

    if has("transaction_successful", "type") or has("type_i", "source_account"):
        return "operations"
    if has("fee_charged", "hash"):
        return "transactions"
    if has("type_i", "account"):
        return "effects"
    return "trades" if has("base_amount", "counter_amount") else None


def is_empty_page(source: Source) -> bool:
    """Whether a page of no records is all there is, as after the end of a list."""
    return _EMPTY.search(_head(source)) is not None


def records(source: Source, fields: pl.Struct) -> Iterator[pl.DataFrame]:
    """The records of a file: frames of `line`, `text`, `malformed` and the fields."""
    head = _head(source)
    first = head.lstrip("\ufeff \t\r\n").partition("\n")[0].rstrip()
    if _STREAM.search(head):
        for frame in text.lines(source):
            yield json_lines.decode(_events(frame), fields)
    elif first.startswith("{") and first.endswith("}") and not _PAGE.search(head):
        yield from json_lines.records(source, fields)
    else:
        around = pl.Struct({"_links": pl.String})
        for frame in json_documents.records(source, fields, around, lists="records"):
            yield frame.drop("place", "within", "around")


def _events(lines: pl.DataFrame) -> pl.DataFrame:
    """The data of an event stream; a line that is none of its kinds counts as a broken record."""
    kept = lines.filter(~pl.col("text").str.contains(_CONTROL) | pl.col("undecodable"))
    return kept.with_columns(pl.col("text").str.replace(_FIELD, ""))


def _head(source: Source) -> str:
    return source.head()[:_LOOK].decode("utf-8", errors="replace")
