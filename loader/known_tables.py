"""Tables of others that need no mapping file: what the columns of chainswarm's transfers mean.

AstroML's backfill, whose rows are operations, is read by `loader.backfill`.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loader.format import assets_frame
from loader.mapping import Mapping, Value

DECIMALS = 18
_NATIVE = "native"


def chainswarm(network: str) -> Mapping:
    """The meaning of a table of chainswarm's transfers, which names no network."""
    return Mapping(
        path=Path("chainswarm"),
        network=network,
        file_kind="csv",
        delimiter=",",
        encoding="utf-8",
        has_header=True,
        source=Value(column="from_address"),
        target=Value(column="to_address"),
        amount="amount",
        unit="whole",
        decimals=DECIMALS,
        asset=Value(template=f"{network}:{{asset_contract}}"),
        time="block_timestamp",
        time_format="epoch_ms",
        time_zone="UTC",
        ledger="block_height",
        order=("event_index", "edge_index"),
        key=("tx_id", "event_index", "edge_index", "asset_contract"),
        key_template=None,
        success=None,
        labels=(),
        flags=(),
        keep=(),
        kind="transfer",
        stop_on_error=False,
        symbol="asset_symbol",
    )


def chainswarm_assets(frame: pl.DataFrame, symbol: str, network: str) -> pl.DataFrame:
    """The assets of such a table, which tells symbols and contracts.

    Args:
        frame: `asset`, and the symbol's column.
        symbol: name of that column.
        network: of the assets.
    """
    contract = pl.col("asset").str.strip_prefix(f"{network}:")
    native = contract == _NATIVE
    return assets_frame(
        frame.drop_nulls("asset")
        .unique("asset", keep="first", maintain_order=True)
        .select(
            id="asset",
            network=pl.lit(network),
            symbol=pl.coalesce(pl.col(symbol).replace("", None), contract),
            contract=pl.when(~native).then(contract),
            decimals=pl.lit(DECIMALS),
            asset_class=pl.when(native)
            .then(pl.lit("native"))
            .when(contract.str.starts_with("0x"))
            .then(pl.lit("erc20"))
            .otherwise(pl.lit("issued")),
        )
    )
