"""Types of assets: a code alone makes no stablecoin."""

from __future__ import annotations

import polars as pl

from core.assets import asset_type

CIRCLE, FORGER = "GA5ZSEJYB37JRC5AVCIA5MOP4RHTM335X2KGX3IHOJAPP5RE34K4KZVN", "GFORGER"
TOKEN = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
ASSETS = pl.DataFrame(
    {
        "code": ["XLM", "USDC", "USDC", "usdc", "YXLM", "USDC", "USDC"],
        "issuer": ["", CIRCLE, FORGER, CIRCLE, CIRCLE, TOKEN.lower(), ""],
        "native": [True, False, False, False, False, False, False],
    }
)


def types(*trusted: str) -> list[int]:
    return ASSETS.select(asset_type(trusted)).to_series().to_list()


def test_a_stablecoin_needs_code_and_trusted_issuer() -> None:
    assert types(CIRCLE, TOKEN) == [0, 1, 2, 2, 2, 1, 2]


def test_nobody_is_trusted_unless_named() -> None:
    assert types() == [0, 2, 2, 2, 2, 2, 2]
    assert types("", CIRCLE.lower()) == [0, 2, 2, 2, 2, 2, 2]
