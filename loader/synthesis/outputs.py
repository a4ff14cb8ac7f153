"""Files of a simulated ledger: one table with its mapping, or what stellar-etl would have written.

A ledger comes chunk by chunk, in the columns of `loader.synthesis.simulate`, and goes out so.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Literal

import polars as pl

from core.errors import ParameterError
from loader.chains import strkey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OutputFormat = Literal["csv", "jsonl", "parquet", "stellar_etl"]
NATIVE = "native"
DECIMALS = 7

_ASSET = re.compile(r"[A-Za-z0-9]{1,12}:G[A-Z2-7]{55}")
_SHORT_CODE = 4
_FEE = 100  # stroops, the least that the network takes
_MAPPING = """\
# What the columns of this simulated ledger mean.
network: {network}
format: {format}
from: {{column: sender}}
to: {{column: receiver}}
amount: {{column: amount, unit: whole, decimals: {decimals}}}
asset: {{template: "{network}:{{asset}}"}}
time: {{column: time, format: epoch_s}}
ledger: {{column: ledger}}
order: [position]
id: {{columns: [hash]}}
success: {{column: successful, equals: ["true"]}}
"""


class Output:
    """The files of one ledger, growing.

    Attributes:
        files: written so far.
    """

    def __init__(self, folder: Path, kind: OutputFormat, network: str) -> None:
        self.folder, self.kind = folder, kind
        self.files: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)
        old = ("transfers.csv", "transfers.jsonl", "transfers-*.parquet", "mapping.yaml",
               "operations.jsonl", "transactions.jsonl")  # fmt: skip
        for path in [path for pattern in old for path in folder.glob(pattern)]:
            path.unlink()  # of an earlier run
        self._mapping = _MAPPING.format(network=network, format=kind, decimals=DECIMALS)
        self._started = False

    def add(self, frame: pl.DataFrame) -> None:
        """Write the next rows."""
        if self.kind == "parquet":
            path = self.folder / f"transfers-{len(self.files):04}.parquet"
            frame.write_parquet(path, compression="zstd", statistics=False)
            self.files.append(path)
        elif self.kind == "stellar_etl":
            for name, lines in (("operations", _operations), ("transactions", _transactions)):
                self._append(f"{name}.jsonl", lines(frame).str.join("\n").item() + "\n")
        elif self.kind == "jsonl":
            self._append("transfers.jsonl", frame.write_ndjson())
        else:
            self._append("transfers.csv", frame.write_csv(include_header=not self._started))
        self._started = True

    def finish(self) -> dict[str, str]:
        """Write the mapping where one is needed; the SHA-256 of the files by name."""
        if self.kind != "stellar_etl":
            self._append("mapping.yaml", self._mapping)
        hashes = {}
        for path in self.files:
            with path.open("rb") as file:
                hashes[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
        return hashes

    def _append(self, name: str, text: str) -> None:
        path = self.folder / name
        if path not in self.files:
            self.files.append(path)
        with path.open("ab") as file:
            file.write(text.encode())


def check_assets(kind: OutputFormat, assets: Sequence[str]) -> None:
    """Refuse codes that the format cannot tell of.

    Raises:
        ParameterError: one is neither native nor CODE:ISSUER.
    """
    for asset in assets if kind == "stellar_etl" else ():
        if asset not in (NATIVE, "XLM") and not _ASSET.fullmatch(asset):
            remedy = "Give XLM, or CODE:ISSUER with the issuer's account."
            raise ParameterError("simulate", "assets", f"may not be '{asset}' here", remedy)


def _facts(frame: pl.DataFrame) -> pl.DataFrame:
    """What both files say of a row: packed ids, the time as text, strkeys, quoted."""
    transaction = pl.col("ledger") * 2**32 + (pl.col("position") + 1) * 2**12
    time = pl.from_epoch("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    named = {side: strkey.converted(frame[side], _account) for side in ("sender", "receiver")}
    return frame.with_columns(
        transaction=transaction.cast(pl.String),
        operation=(transaction + 1).cast(pl.String),
        ledger=pl.col("ledger").cast(pl.String),
        closed=time,
        code=pl.col("asset").str.extract(r"^([^:]+):"),
        issuer=pl.col("asset").str.extract(r":(.+)$"),
        **named,
    )


def _account(name: str) -> str:
    """An account's strkey; its key is a hash, so nobody holds it."""
    return strkey.account(hashlib.sha256(name.encode()).digest())


def _operations(frame: pl.DataFrame) -> pl.Series:
    facts = _facts(frame)
    small = pl.col("code").str.len_chars() <= _SHORT_CODE
    issued = pl.concat_str(
        pl.lit('"asset_type":"credit_alphanum'),
        pl.when(small).then(pl.lit("4")).otherwise(pl.lit("12")),
        pl.lit('","asset_code":"'), "code", pl.lit('","asset_issuer":"'), "issuer", pl.lit('"'),
    )  # fmt: skip
    asset = (
        pl.when(pl.col("code").is_null()).then(pl.lit('"asset_type":"native"')).otherwise(issued)
    )
    outcome = pl.when(pl.col("successful") == "true").then(pl.lit("Success"))
    line = pl.concat_str(
        pl.lit('{"id":'), "operation", pl.lit(',"transaction_id":'), "transaction",
        pl.lit(',"type":1,"type_string":"payment","source_account":"'), "sender",
        pl.lit('","closed_at":"'), "closed", pl.lit('","ledger_sequence":'), "ledger",
        pl.lit(',"operation_result_code":"OperationResultCodeOpInner"'),
        pl.lit(',"operation_trace_code":"PaymentResultCodePayment'),
        outcome.otherwise(pl.lit("Underfunded")),
        pl.lit('","details":{"from":"'), "sender", pl.lit('","to":"'), "receiver",
        # The digits as they are: a number in JSON has no limit.
        pl.lit('","amount":'), "amount", pl.lit(","), asset, pl.lit("}}"),
    )  # fmt: skip
    return facts.select(line=line)["line"]


def _transactions(frame: pl.DataFrame) -> pl.Series:
    facts = _facts(frame).with_columns(
        # A hash has 64 digits; the ledger's place makes up for those that the token lacks.
        pl.concat_str("hash", pl.col("transaction").str.zfill(48)).alias("hash")
    )
    line = pl.concat_str(
        pl.lit('{"id":'), "transaction", pl.lit(',"transaction_hash":"'), "hash",
        pl.lit('","ledger_sequence":'), "ledger", pl.lit(',"account":"'), "sender",
        pl.lit('","successful":'), "successful",
        pl.lit(f',"operation_count":1,"max_fee":{_FEE},"fee_charged":{_FEE}'),
        pl.lit(',"memo_type":"MemoTypeMemoNone","memo":"","closed_at":"'), "closed",
        pl.lit('"}'),
    )  # fmt: skip
    return facts.select(line=line)["line"]
