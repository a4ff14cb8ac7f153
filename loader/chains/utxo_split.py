"""Outputs shared out over the input accounts of their transaction: exact, by largest remainder."""

from __future__ import annotations

import polars as pl

_PRODUCT_FITS = 2**63
"""Where all inputs together are less than this, an output times an input fits 128 bits."""


def split(edges: pl.DataFrame) -> pl.DataFrame:
    """Give every input account its part of every output.

    Output n pays account k the floor of w·v / V; the units that are left go one each to the largest
    fractional parts, of equal ones to the lower k.

    Args:
        edges: every pair of an output and an input account of a transaction: `row` (the
            transaction), `n`, `k`, and as 128-bit integers `w` (the output), `v` (the account's
            inputs) and `total` (V, all inputs, at least w).

    Returns:
        The edges with `part`; parts of an output sum to it.
    """
    wide = edges["total"] >= _PRODUCT_FITS
    floored = pl.concat([_floors(edges.filter(~wide)), _exact_floors(edges.filter(wide))])
    output = ["row", "n"]
    missing = pl.col("w") - pl.col("floor").sum().over(output)
    place = pl.int_range(pl.len()).over(output)
    return (
        floored.sort(*output, "rest", "k", descending=[False, False, True, False])
        .with_columns(part=pl.col("floor") + (place < missing).cast(pl.Int128))
        .drop("floor", "rest")
    )


def _floors(edges: pl.DataFrame) -> pl.DataFrame:
    product = pl.col("w") * pl.col("v")
    return edges.with_columns(floor=product // pl.col("total"), rest=product % pl.col("total"))


def _exact_floors(edges: pl.DataFrame) -> pl.DataFrame:
    """The same for amounts that no ledger holds, but a file may: integers without limit."""
    pairs = [divmod(w * v, total) for w, v, total in edges.select("w", "v", "total").iter_rows()]
    return edges.with_columns(
        pl.Series("floor", [floor for floor, _ in pairs], dtype=pl.Int128),
        pl.Series("rest", [rest for _, rest in pairs], dtype=pl.Int128),
    )
