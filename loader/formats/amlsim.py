"""AMLSim: the sample sets, the current schema and the old outputs, all CSV.

Labels (isFraud, is_sar) go to side files and alerts are not read here: what is known of an account
afterwards never becomes a property that a feature could see.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from core.errors import FormatError
from core.schema import Flag
from core.times import to_epoch_ms
from loader import label_files, verdicts
from loader.format import Format, Parcel, assets_frame, settle
from loader.reading import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loader.format import Context
    from loader.reading.sources import Source
    from loader.report import LoadOptions

BASE_DATE_MS = to_epoch_ms(datetime(2017, 1, 1, tzinfo=UTC))
DAY_MS = 86_400_000

_PARTS: dict[str, tuple[str, ...]] = {
    "nodes": ("nodeid", "isFraud", "init_balance", "fraudStep"),
    "edges": ("sourceNodeId", "targetNodeId", "value", "time"),
    "alerts": ("alert_id", "alert_type"),
    "transactions": ("tran_id", "orig_acct", "bene_acct", "base_amt", "tran_timestamp"),
    "accounts": ("acct_id", "dsply_nm"),
    "old_accounts": ("ACCOUNT_ID", "PRIMARY_CUSTOMER_ID"),
    "old_alerts": ("ALERT_KEY", "ALERT_TEXT"),
    "old_transactions": ("TXN_ID", "ACCOUNT_ID", "COUNTER_PARTY_ACCOUNT_NUM", "TXN_AMOUNT_ORIG"),
    "cash": ("TXN_ID", "ACCOUNT_ID", "BRANCH_ID", "TXN_SOURCE_TYPE_CODE", "TXN_AMOUNT_ORIG"),
}
"""Columns that tell the files apart; the first that fits wins."""

_FRAUD, _SAR = "isFraud", "is_sar"
_LISTS = {"nodes": "nodeid", "accounts": "acct_id", "old_accounts": "ACCOUNT_ID"}
_MOVES: dict[str, dict[str, str]] = {
    "edges": {"from": "sourceNodeId", "to": "targetNodeId", "value": "value", "time": "time"},
    "transactions": {
        "id": "tran_id", "from": "orig_acct", "to": "bene_acct", "value": "base_amt",
        "time": "tran_timestamp",
    },
    "old_transactions": {
        "id": "TXN_ID", "from": "ACCOUNT_ID", "to": "COUNTER_PARTY_ACCOUNT_NUM",
        "value": "TXN_AMOUNT_ORIG", "time": "start",
    },
    "cash": {
        "id": "TXN_ID", "from": "ACCOUNT_ID", "to": "BRANCH_ID", "value": "TXN_AMOUNT_ORIG",
        "time": "RUN_DATE", "type": "TXN_SOURCE_TYPE_CODE",
    },
}  # fmt: skip


class Amlsim(Format):
    """Simulated bank accounts; time is counted in days."""

    summary = "AMLSim: sample sets, current schema and old outputs (CSV)."
    network = "amlsim"

    def recognise(self, source: Source, options: LoadOptions) -> str | None:
        """Judge by the header."""
        del options
        return table.part(source, _PARTS)

    def why_not(self, source: Source, options: LoadOptions) -> str:
        """The headers that are known."""
        del source, options
        return "its header is none of AMLSim's"

    def read(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        """Accounts first, then everything that moves money."""
        if not any(part in files for part in _MOVES):
            first = next(iter(files.values()))[0]
            raise FormatError("amlsim", first.name, "no file of transactions is given with it")
        for part, names in _MOVES.items():
            for source in files.get(part, ()):
                _columns(source, names)
        return self._parcels(files, context)

    def _parcels(self, files: Mapping[str, Sequence[Source]], context: Context) -> Iterator[Parcel]:
        for part, column in _LISTS.items():
            for source in files.get(part, ()):
                yield from _listed(source, column, context.network)
        for part, names in _MOVES.items():
            for source in files.get(part, ()):
                yield from _moved(source, part, names, context.network)


FORMAT = Amlsim()


def _columns(source: Source, names: Mapping[str, str]) -> dict[str, str]:
    """The place of each wanted column."""
    cells = table.header(source)
    missing = [name for name in names.values() if name not in cells]
    if missing:
        raise FormatError("amlsim", source.name, f"its header has no column '{missing[0]}'")
    return {ours: str(cells.index(name)) for ours, name in names.items()}


def _listed(source: Source, column: str, network: str) -> Iterator[Parcel]:
    """Accounts without regard to their transfers; these rows move no value."""
    cells = table.header(source)
    place = str(cells.index(column))
    nothing = settle(
        source,
        pl.DataFrame(
            schema={"line": pl.Int64, "text": pl.String, "reject": pl.String, "skip": pl.String}
        ),
    )
    for records in table.records(source, len(cells)):
        if (bad := records.filter(pl.col("ragged") | verdicts.blank(place))).height:
            line = bad["line"][0]
            raise FormatError("amlsim", source.name, f"line {line} is no account")
        accounts = records.select(
            id=verdicts.account_id(network, pl.col(place).str.strip_chars()),
            network=pl.lit(network),
            address=pl.col(place).str.strip_chars(),
            kind=pl.lit("account"),
        )
        labels = None
        if _FRAUD in cells:
            fraud = _label(pl.col(str(cells.index(_FRAUD))))
            at = verdicts.account_id(network, pl.col(place).str.strip_chars())
            labels = label_files.of_accounts(records, _FRAUD, at, fraud)
        yield Parcel(source, nothing.rows, nothing.transfers, accounts, labels=labels)


def _label(text: pl.Expr) -> pl.Expr:
    """1 or 0 as AMLSim's versions write them; null for everything else."""
    words = {"1": 1, "true": 1, "0": 0, "false": 0}
    clean = text.str.strip_chars().str.to_lowercase()
    return clean.replace_strict(words, default=None, return_dtype=pl.Int8)


def _moved(source: Source, part: str, names: Mapping[str, str], network: str) -> Iterator[Parcel]:
    places = _columns(source, names)
    asset = f"{network}:USD"
    assets = pl.DataFrame(
        {"id": [asset], "network": [network], "symbol": ["USD"], "decimals": [2],
         "asset_class": ["fiat"]}
    )  # fmt: skip
    assets = assets_frame(assets)
    cells = table.header(source)
    for records in table.records(source, len(cells)):
        frame = records.with_columns(
            pl.col(place).str.strip_chars().alias(name) for name, place in places.items()
        )
        frame = verdicts.with_amount(frame, "value", 2).with_columns(**_time(pl.col("time")))
        frame = frame.with_columns(
            reject=verdicts.first_reason(
                (verdicts.BAD_ROW, pl.col("ragged")),
                (verdicts.MISSING_FIELD, verdicts.blank(*places)),
                (verdicts.BAD_VALUE, pl.col("amount_base").is_null() | ~(pl.col("ledger") >= 0)),
                (verdicts.BAD_VALUE, pl.col("ledger").is_null()),
                (verdicts.BAD_VALUE, ~_known_type(part)),
                (verdicts.NEGATIVE, pl.col("negative")),
            ),
            skip=verdicts.first_reason((verdicts.ZERO, pl.col("amount_base") == "0")),
            **_ends(part, network),
        ).with_columns(
            id=_key(part, network),
            asset=pl.lit(asset),
            ord=pl.lit(0),
            flags=verdicts.flags(
                (Flag.SELF, pl.col("source") == pl.col("target")),
                (Flag.ORDER_UNKNOWN, pl.lit(value=True)),
                (Flag.AMOUNT_INEXACT, pl.col("inexact")),
            ),
        )
        labels = None
        if _SAR in cells:
            label = _label(pl.col(str(cells.index(_SAR))))
            labels = label_files.of_rows(frame, _SAR, "edge", label)
        yield replace(settle(source, frame, assets=assets), labels=labels)


def _time(text: pl.Expr) -> dict[str, pl.Expr]:
    """A step counts days from the base date; a date is itself, and its day is the ledger."""
    step = pl.when(text.str.contains(r"^-?[0-9]{1,6}$")).then(text).cast(pl.Int64)
    digits = text.str.contains(r"^[0-9]{8}$")
    iso = (
        pl.when(digits)
        .then(
            pl.concat_str(
                text.str.slice(0, 4), text.str.slice(4, 2), text.str.slice(6, 2), separator="-"
            )
        )
        .otherwise(text)
    )
    instant = verdicts.iso_ms(iso)
    return {
        "ledger": pl.coalesce(step, instant.floordiv(DAY_MS)),
        "ts": pl.coalesce(step * DAY_MS + BASE_DATE_MS, instant),
    }


def _known_type(part: str) -> pl.Expr:
    return pl.col("type").is_in(["CASH-IN", "CASH-OUT"]) if part == "cash" else pl.lit(value=True)


def _ends(part: str, network: str) -> dict[str, pl.Expr]:
    source, target = (verdicts.account_id(network, pl.col(end)) for end in ("from", "to"))
    if part != "cash":
        return {"source": source, "target": target, "kind": pl.lit("transfer")}
    # The other side of cash is a branch, whose number says nothing about accounts.
    branch = verdicts.account_id(network, pl.concat_str(pl.lit("branch_"), "to"))
    deposit = pl.col("type") == "CASH-IN"
    return {
        "source": pl.when(deposit).then(branch).otherwise(source),
        "target": pl.when(deposit).then(source).otherwise(branch),
        "source_kind": pl.when(deposit).then(pl.lit("pseudo")),
        "target_kind": pl.when(~deposit).then(pl.lit("pseudo")),
        "kind": pl.when(deposit).then(pl.lit("cash_in")).otherwise(pl.lit("cash_out")),
    }


def _key(part: str, network: str) -> pl.Expr:
    if part == "edges":
        return pl.lit(None, pl.String)
    return pl.concat_str(pl.lit(network), "ledger", verdicts.quote(pl.col("id")), separator=":")
