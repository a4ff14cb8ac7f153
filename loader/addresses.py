"""The network that an address belongs to, told by its shape or by the asset it is listed under.

Label packs mix chains: a ticker names the asset and not the network (USDT is held on Ethereum, Tron
and Bitcoin), so the shape decides wherever it can.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

_BASE58 = "[1-9A-HJ-NP-Za-km-z]"
_BECH32 = "[02-9ac-hj-np-zAC-HJ-NP-Z]"
_SHAPES = {
    "evm": r"^0[xX][0-9a-fA-F]{40}$",
    "legacy": rf"^[13]{_BASE58}{{25,34}}$",
    "bech32": rf"^[bB][cC]1{_BECH32}{{11,71}}$",
    "tron": rf"^T{_BASE58}{{33}}$",
    "litecoin": rf"^(?:[LM]{_BASE58}{{26,33}}|[lL][tT][cC]1{_BECH32}{{11,71}})$",
    "dogecoin": rf"^D{_BASE58}{{33}}$",
    "dash": rf"^X{_BASE58}{{33}}$",
    "zcash": rf"^t[13]{_BASE58}{{33}}$",
    "monero": rf"^[48]{_BASE58}{{94}}(?:{_BASE58}{{11}})?$",
    "ripple": rf"^r{_BASE58}{{24,34}}$",
    "cash": rf"^(?:bitcoincash:)?[qpQP]{_BECH32}{{41}}$",
    "bnb": rf"^bnb1{_BECH32}{{38}}$",
    "stellar": r"^(?:[GCBL][A-Z2-7]{55}|M[A-Z2-7]{68})$",
}
_NETWORK_OF_SHAPE = {
    "evm": "ethereum",
    "legacy": "bitcoin",
    "bech32": "bitcoin",
    "cash": "bitcoin_cash",
} | {
    shape: shape
    for shape in (
        *("tron", "litecoin", "dogecoin", "dash"),
        *("zcash", "monero", "ripple", "bnb", "stellar"),
    )
}

# Networks by the ticker of their coin, with the shapes of their addresses; none: no fixed shape.
_CHAINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "BTC": ("bitcoin", ("legacy", "bech32")),
    "XBT": ("bitcoin", ("legacy", "bech32")),
    "ETH": ("ethereum", ("evm",)),
    "ETC": ("ethereum_classic", ("evm",)),
    "BSC": ("bsc", ("evm",)),
    "ARB": ("arbitrum", ("evm",)),
    "MATIC": ("polygon", ("evm",)),
    "POL": ("polygon", ("evm",)),
    "TRX": ("tron", ("tron",)),
    "LTC": ("litecoin", ("litecoin", "legacy")),
    "DOGE": ("dogecoin", ("dogecoin",)),
    "DASH": ("dash", ("dash",)),
    "ZEC": ("zcash", ("zcash",)),
    "XMR": ("monero", ("monero",)),
    "XRP": ("ripple", ("ripple",)),
    "BCH": ("bitcoin_cash", ("cash", "legacy")),
    "BSV": ("bitcoin_sv", ("legacy", "cash")),
    "BTG": ("bitcoin_gold", ()),
    "XVG": ("verge", ("dogecoin",)),
    "SOL": ("solana", ()),
    "BNB": ("bnb", ("bnb",)),
    "XLM": ("stellar", ("stellar",)),
}
_SHAPES_OF_NETWORK = {network: shapes for network, shapes in _CHAINS.values() if shapes}

TOKENS = ("USDT", "USDC", "DAI", "BUSD", "TUSD")
"""Tickers of assets that several networks carry: only the shape tells where an address lives."""

TICKERS = frozenset({*_CHAINS, *TOKENS})
"""Tickers that are known here."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where every address of a frame belongs; `fault` says why one belongs nowhere."""

    network: pl.Series
    fault: pl.Series


def shape(address: pl.Expr) -> pl.Expr:
    """Name of the shape of an address, null for one that tells nothing."""
    return pl.coalesce(
        pl.when(address.str.contains(pattern)).then(pl.lit(name))
        for name, pattern in _SHAPES.items()
    )


def locate(frame: pl.DataFrame, network: str | None) -> Located:
    """Find the network of each row.

    Args:
        frame: `address`; `network` where the source names one, `ticker` where it names an asset.
        network: overrides both; an address whose shape is another network's is a fault then.
    """
    ticker = pl.col("ticker").str.strip_chars().str.to_uppercase()
    homes = {name: home for name, (home, _) in _CHAINS.items()}
    fits = {f"{name} {one}" for name, (_, shapes) in _CHAINS.items() for one in shapes}
    free = [name for name, (_, shapes) in _CHAINS.items() if not shapes]
    known = frame.select(
        "network",
        shape=shape(pl.col("address")),
        ticker=pl.when(~ticker.is_in(list(TOKENS))).then(ticker),
    ).with_columns(
        by_shape=pl.col("shape").replace_strict(_NETWORK_OF_SHAPE, default=None),
        home=pl.col("ticker").replace_strict(
            homes, default=pl.col("ticker").str.to_lowercase().str.replace_all(" ", "_")
        ),
        fits=pl.concat_str("ticker", pl.lit(" "), "shape").is_in(list(fits))
        | (pl.col("ticker").is_in(free) & pl.col("shape").is_null())
        | ~pl.col("ticker").is_in(list(homes)),
    )
    named = pl.lit(network, pl.String) if network else pl.col("network")
    found = known.with_columns(
        network=pl.coalesce(named, pl.when("fits").then("home"), "by_shape")
    ).with_columns(fault=_fault(named))
    return Located(found["network"], found["fault"])


def _fault(named: pl.Expr) -> pl.Expr:
    strict = pl.lit(value=False)
    for home, shapes in _SHAPES_OF_NETWORK.items():
        others = pl.col("shape").is_not_null() & ~pl.col("shape").is_in(list(shapes))
        strict = strict | ((named == home) & others)
    return (
        pl.when(pl.col("network").is_null())
        .then(pl.lit("bad_address"))
        .when(strict.fill_null(value=False))
        .then(pl.lit("other_network"))
    )
