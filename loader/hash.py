"""The graph hash: one number for what a graph holds, whatever the order it was loaded in."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cypher.graph import Graph

_MODULUS = 2**128


def graph_hash(graph: Graph) -> str:
    """Sum modulo 2^128 of the SHA-256 of every account, transfer and tag, in hexadecimal."""
    total, after = 0, ""
    while True:
        accounts = graph.read("exports/graph_hash_accounts", after=after)
        if not accounts.height:
            return f"{total % _MODULUS:032x}"
        last = str(accounts["id"].max())
        transfers = graph.read("exports/graph_hash_transfers", after=after, last=last)
        tags = graph.read("exports/graph_hash_tags", after=after, last=last)
        transfers = transfers.with_columns(_asset())
        total += sum(map(digest_sum, "ATG", (accounts, transfers, tags)))
        after = last


def digest_sum(letter: str, rows: pl.DataFrame) -> int:
    """Sum of the SHA-256 of canonical rows, whose columns are those of spec/loading.md 1.2."""
    return sum(map(_digest, _rows(letter, rows))) % _MODULUS


def _asset() -> pl.Expr:
    return pl.col("asset").replace("", None)


def _rows(letter: str, frame: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    return ((letter, *row) for row in frame.iter_rows())


def _digest(row: tuple[object, ...]) -> int:
    # Row by row, because no column operation hashes with SHA-256.
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(sha256(text.encode()).digest(), "big")
