"""AstroML's backfill without a mapping: operations with floats, of which few move value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from core.errors import FormatError
from tests.unit.loader.damages import flip_bits, truncate
from tests.unit.loader.staged_run import VARIANTS, run, survive

if TYPE_CHECKING:
    from pathlib import Path

A, B, ISSUER = ("G" + letter * 55 for letter in "ABI")
LEDGER = 30_000_000
WHEN = datetime(2020, 6, 10, 12, 0, 0, tzinfo=UTC)


def operation(order: int, kind: str | None = "payment", **changes: Any) -> dict[str, Any]:
    return {
        "ledger_sequence": LEDGER, "operation_id": LEDGER * 2**32 + 5 * 2**12 + order,
        "transaction_hash": "ab" * 32, "type": kind, "sender": A, "receiver": B,
        "asset": f"USD:{ISSUER}", "amount": 10.5, "timestamp": WHEN, **changes,
    }  # fmt: skip


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "backfill.parquet"
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(path)
    return path


def test_operations_that_move_value_become_transfers(tmp_path: Path) -> None:
    rows = [
        operation(1),
        operation(2, "create_account", asset="UNKNOWN", amount=2.0),
        operation(3, "path_payment_strict_send", receiver=A, asset="XLM", amount=0.1),
        operation(4, "manage_sell_offer", receiver=None),
        operation(5, "set_options", receiver=None, amount=None, asset="UNKNOWN"),
        operation(6, "account_merge", amount=None, asset="UNKNOWN"),
        operation(7, amount=0.0),
        operation(8, amount=-1.0),
        operation(9, asset="USD"),
        operation(10, receiver="nobody"),
        operation(11, receiver=None),
        operation(12, None),
        operation(13, amount=float("nan")),
        operation(14, operation_id=None),
    ]
    got = run("parquet", tmp_path, write(tmp_path, rows))
    assert got.adds_up
    assert got.skipped == {"effects_missing": 2, "non_value_operation": 1, "zero_amount": 1}
    assert got.rejected == {"negative_amount": 1, "bad_value": 3, "missing_field": 3}
    start, ms = f"stellar:{LEDGER}:{LEDGER * 2**32 + 5 * 2**12}", int(WHEN.timestamp() * 1000)
    columns = ("id", "source", "target", "asset", "amount_base", "ts", "ord", "kind", "flags")
    first = int(start.rpartition(":")[2])
    a, b = f"stellar:{A}", f"stellar:{B}"
    assert got.transfers.select(columns).rows() == [
        (f"stellar:{LEDGER}:{first + 1}:a", a, b, f"stellar:USD:{ISSUER}", "105000000", ms,
         5 * 2**32 + 2**12, "payment", ["success_unknown"]),
        (f"stellar:{LEDGER}:{first + 2}:a", a, b, "stellar:XLM", "20000000", ms,
         5 * 2**32 + 2 * 2**12, "create_account", ["success_unknown"]),
        (f"stellar:{LEDGER}:{first + 3}:a", a, a, "stellar:XLM", "1000000", ms,
         5 * 2**32 + 3 * 2**12, "path_payment", ["self", "success_unknown"]),
    ]  # fmt: skip
    assert got.assets.select("id", "symbol", "issuer", "decimals", "asset_class").rows() == [
        (f"stellar:USD:{ISSUER}", "USD", ISSUER, 7, "issued"),
        ("stellar:XLM", "XLM", None, 7, "native"),
    ]


def test_another_table_needs_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pl.DataFrame({"a": [1], "b": [2]}).write_parquet(path)
    with pytest.raises(FormatError, match="no backfill of AstroML"):
        run("parquet", tmp_path, path)


def test_damage_is_counted_or_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [operation(n) for n in range(1, 400)])
    refused, _ = survive(
        "parquet", tmp_path, {"b.parquet": path.read_bytes()}, damages=[flip_bits, truncate]
    )
    assert refused >= VARIANTS // 2
