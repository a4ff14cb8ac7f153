"""What kind of money an asset is, for edges that models read."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Collection

STABLECOINS = ("USDC", "USDT", "EURC", "EURT", "BRLT", "NGNT", "IDRT", "ARST", "MXNT", "NGNC")
"""Codes of spec/features-and-rules.md section 8; anybody can issue an asset of such a code."""


class AssetType(IntEnum):
    """Of an edge's asset; the numbers stand in exports."""

    NATIVE = 0
    STABLECOIN = 1
    CUSTOM = 2


def asset_type(trusted: Collection[str]) -> pl.Expr:
    """AssetType (Int8) of rows with `code`, `issuer` and `native`.

    Args:
        trusted: issuers (Stellar accounts, token contracts) whose stablecoins are what their code
            says; a contract in any case of its letters.
    """
    listed = pl.Series([_same(issuer) for issuer in trusted if issuer], dtype=pl.String)
    issuer = pl.col("issuer")
    named = pl.when(issuer.str.starts_with("0x")).then(issuer.str.to_lowercase()).otherwise(issuer)
    stable = pl.col("code").is_in(STABLECOINS) & named.is_in(listed.implode())
    return (
        pl.when("native")
        .then(pl.lit(int(AssetType.NATIVE)))
        .when(stable)
        .then(pl.lit(int(AssetType.STABLECOIN)))
        .otherwise(pl.lit(int(AssetType.CUSTOM)))
        .cast(pl.Int8)
    )


def _same(issuer: str) -> str:
    return issuer.lower() if issuer.lower().startswith("0x") else issuer
