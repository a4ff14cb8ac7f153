"""Attributes of ordered pairs of accounts, for exports and models; FLOW holds only its own four.

spec/features-and-rules.md section 9, last paragraph. Amounts of different assets are never added:
they stand by asset, and what compares amounts of a pair is null where several assets move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from core import limbs
from core.errors import StateError
from core.times import DAY_MS
from cypher import ledger, prices

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.graph import Graph

_HOUR_MS, _HOURS, _DAYS = 3_600_000, 24, 7
_MONDAY = 3
"""1970-01-01 was a Thursday."""
_LIMBS = 7
_KEYS = ["source", "target"]
_UTXO = ("utxo", "coinbase")


def attributes(
    graph: Graph,
    network: str,
    *,
    asset: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """Every ordered pair with a transfer in `[since, until)`, sorted by its ids.

    Of UTXO ledgers transactions are counted, and amounts are without change.

    Returns:
        `source` and `target` (account ids), `tx_count`, `unique_assets`, `amount_usd` (by the price
        of each transfer's own day; null where one has no value) and `avg_tx_size_usd`,
        `dominant_asset` (largest value or, where that is not known, most transfers; the first in
        text order on a tie), `amounts` (by asset: `asset`, `tx_count`,
        exact sum `amount_base`, `amount` in whole units, `reciprocity_ratio`), `first_seen` and
        `last_seen`, `active_days` (whole days between them, at least 1), `hourly_pattern` (24
        counts, UTC), `weekly_pattern` (7, Monday first), `reciprocity_ratio` (the smaller of the
        two directions' amounts by the larger; null where they move several assets) and
        `is_bidirectional`. A pair of an account with itself has no other direction.

    Raises:
        StateError: an amount has more than 84 digits.
    """
    found = ledger.read(graph, network, asset=asset, since=since, until=until, base=True)
    values = prices.read(graph, network, until).values(found.transfers)
    rows = _counted(found.transfers.with_columns(usd=values))
    by_asset = _by_asset(rows)
    pairs = _timed(rows).join(_summed(by_asset), on=_KEYS)
    names = found.accounts["account"]
    return pairs.select(
        names.gather(pairs["source"]).alias("source"),
        names.gather(pairs["target"]).alias("target"),
        *_ORDER,
    ).sort(_KEYS)


_ORDER = (
    "tx_count", "unique_assets", "dominant_asset", "amounts", "amount_usd", "avg_tx_size_usd",
    "first_seen", "last_seen", "active_days", "hourly_pattern", "weekly_pattern",
    "reciprocity_ratio", "is_bidirectional",
)  # fmt: skip


def flat(pairs: pl.DataFrame) -> pl.DataFrame:
    """The same with lists as JSON text, for files that hold no lists."""
    encoded = pl.element().struct.json_encode()
    return pairs.with_columns(
        _listed(pl.col("amounts").list.eval(encoded)),
        *(
            _listed(pl.col(name).cast(pl.List(pl.String)))
            for name in ("hourly_pattern", "weekly_pattern")
        ),
    )


def _listed(texts: pl.Expr) -> pl.Expr:
    return pl.format("[{}]", texts.list.join(",")).alias(texts.meta.output_name())


def _counted(transfers: pl.DataFrame) -> pl.DataFrame:
    """Transfers with `counts` on those to be counted, and what is added in limbs."""
    utxo = pl.col("kind").cast(pl.String).is_in(_UTXO)
    change = pl.col("change") & utxo
    # A transfer of nothing does not exist: 0 stands for an amount that is not known.
    known = pl.col("amount_base") != "0"
    paid = pl.when(change).then(pl.lit("0")).when(known).then("amount_base")
    own = transfers.select(
        *_KEYS,
        "ts",
        pl.col("asset").cast(pl.String),
        x=paid,
        amount=pl.when(change).then(0.0).otherwise("amount"),
        usd=pl.when(change).then(0.0).otherwise("usd"),
        transaction=pl.when(utxo).then(pl.col("id").str.split(":").list.get(2, null_on_oob=True)),
    )
    parts = limbs.split(own["x"], _LIMBS)
    if parts["x_0"].null_count() > own["x"].null_count():
        raise StateError(f"An amount has more than {_LIMBS * limbs.DIGITS} digits.")
    first = pl.struct(*_KEYS, "transaction").is_first_distinct()
    counts = pl.when(pl.col("transaction").is_null()).then(pl.lit(value=True)).otherwise(first)
    return own.with_columns(counts.alias("counts")).hstack(parts)


def _timed(rows: pl.DataFrame) -> pl.DataFrame:
    events = rows.filter("counts")
    hour, day = (pl.col("ts") // _HOUR_MS) % _HOURS, (pl.col("ts") // DAY_MS + _MONDAY) % _DAYS
    first, last = pl.col("ts").min(), pl.col("ts").max()
    instant = pl.Datetime("ms", "UTC")
    patterns = {
        "hourly_pattern": [(hour == place).sum() for place in range(_HOURS)],
        "weekly_pattern": [(day == place).sum() for place in range(_DAYS)],
    }
    return events.group_by(_KEYS).agg(
        tx_count=pl.len().cast(pl.Int64),
        first_seen=first.cast(instant),
        last_seen=last.cast(instant),
        active_days=pl.max_horizontal(pl.lit(1, pl.Int64), (last - first) // DAY_MS),
        **{
            name: pl.concat_list(each).first().cast(pl.List(pl.Int64))
            for name, each in patterns.items()
        },
    )


def _by_asset(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums of every pair and asset, and beside them what the other direction moved."""
    names = limbs.names("x", _LIMBS)
    known = pl.col("x").null_count() == 0
    summed = rows.group_by(*_KEYS, "asset").agg(
        pl.col(names).cast(pl.Int128).sum(),
        tx_count=pl.col("counts").sum().cast(pl.Int64),
        known=known,
        **{name: _whole(name) for name in ("amount", "usd")},
    )
    told = summed.with_columns(
        pl.when("known").then(limbs.text(summed, names)).alias("amount_base")
    )
    told = told.with_columns(value=pl.col("amount_base").cast(pl.Float64))
    back = told.select(source="target", target="source", asset="asset", back="value", there=True)
    apart = pl.col("source") != pl.col("target")
    other = told.join(back, on=[*_KEYS, "asset"], how="left").with_columns(
        back=pl.when("there").then("back").otherwise(0.0)
    )
    return other.select(
        *_KEYS,
        "asset",
        "tx_count",
        "amount_base",
        "amount",
        "usd",
        "value",
        "back",
        reciprocity_ratio=pl.when(apart).then(_ratio(pl.col("value"), pl.col("back"))),
    ).sort(*_KEYS, "asset")


def _whole(name: str) -> pl.Expr:
    """A sum, null where a part is not known."""
    return pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sort().sum())


def _ratio(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    known = one.is_not_null() & other.is_not_null() & (pl.max_horizontal(one, other) > 0)
    return pl.when(known).then(pl.min_horizontal(one, other) / pl.max_horizontal(one, other))


def _summed(by_asset: pl.DataFrame) -> pl.DataFrame:
    kept = ["asset", "tx_count", "amount_base", "amount", "reciprocity_ratio"]
    most = {
        size: pl.col("asset").sort_by(size, descending=True, maintain_order=True).first()
        for size in ("usd", "tx_count")
    }
    known = pl.col("usd").null_count() == 0
    pairs = by_asset.group_by(_KEYS, maintain_order=True).agg(
        pl.struct(kept).alias("amounts"),
        dominant_asset=pl.when(known).then(most["usd"]).otherwise(most["tx_count"]),
        amount_usd=_whole("usd"),
        events=pl.col("tx_count").sum(),
        unique_assets=pl.len().cast(pl.Int64),
        only=pl.col("asset").first(),
        ratio=pl.col("reciprocity_ratio").first(),
    )
    back = pairs.select(
        source="target", target="source", others="unique_assets", another="only", there=True
    )
    apart = pl.col("source") != pl.col("target")
    one = (
        (pl.col("unique_assets") == 1)
        & (pl.col("others").fill_null(1) == 1)
        & (pl.col("another").is_null() | (pl.col("another") == pl.col("only")))
    )
    joined = pairs.join(back, on=_KEYS, how="left")
    return joined.select(
        *_KEYS,
        "amounts",
        "dominant_asset",
        "unique_assets",
        "amount_usd",
        avg_tx_size_usd=pl.col("amount_usd") / pl.col("events"),
        reciprocity_ratio=pl.when(one & apart).then("ratio"),
        is_bidirectional=apart & pl.col("there").fill_null(value=False),
    )
