"""Elliptic and Elliptic++ in their published headers: hand-made rows, cut and damaged files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from core.errors import FormatError
from loader.chains import elliptic_pairs
from tests.unit.loader.staged_run import VARIANTS, run, survive

if TYPE_CHECKING:
    from pathlib import Path

STATISTICS = ("total", "min", "max", "mean", "median")
WALLETS = ",".join([
    "address", "Time step", "num_txs_as_sender", "num_txs_as receiver", "first_block_appeared_in",
    "last_block_appeared_in", "lifetime_in_blocks", "total_txs", "first_sent_block",
    "first_received_block", "num_timesteps_appeared_in",
    *(f"{name}_{kind}" for name in ("btc_transacted", "btc_sent", "btc_received", "fees",
                                    "fees_as_share", "blocks_btwn_txs", "blocks_btwn_input_txs",
                                    "blocks_btwn_output_txs") for kind in STATISTICS),
    "num_addr_transacted_multiple", *(f"transacted_w_address_{kind}" for kind in STATISTICS),
])  # fmt: skip
FEATURES = ",".join([
    "txId", "Time step", *(f"Local_feature_{place}" for place in range(1, 94)),
    *(f"Aggregate_feature_{place}" for place in range(1, 73)),
    "in_txs_degree", "out_txs_degree", "total_BTC", "fees", "size", "num_input_addresses",
    "num_output_addresses",
    *(f"{side}_BTC_{kind}" for side in ("in", "out")
      for kind in ("min", "max", "mean", "median", "total")),
])  # fmt: skip


def plain() -> dict[str, bytes]:
    """Thirty transactions in three steps; the features have no header."""
    rest = ",".join(["-0.17146"] * 165)
    nodes = [f"{230425980 + node},{1 + node // 10},{rest}" for node in range(30)]
    edges = [f"{230425980 + node},{230425981 + node}" for node in range(29)]
    classes = [f"{230425980 + node},{('1', '2', 'unknown')[node % 3]}" for node in range(30)]
    tables = {
        "elliptic_txs_features.csv": nodes,
        "elliptic_txs_edgelist.csv": ["txId1,txId2", *edges],
        "elliptic_txs_classes.csv": ["txId,class", *classes],
    }
    return {name: "\n".join(rows).encode() for name, rows in tables.items()}


def plus_plus() -> dict[str, bytes]:
    """The same transactions, each from one address to the next."""
    width, wide = FEATURES.count(",") - 1, WALLETS.count(",") - 1
    tables = {
        "txs_features.csv": [FEATURES, *(f"{100 + n},{1 + n // 10}" + ",0.5" * width
                                         for n in range(30))],
        "wallets_features.csv": [WALLETS, *(f"1addr{n},{1 + n // 10}" + ",1.0" * wide
                                            for n in range(31))],
        "AddrTx_edgelist.csv": ["input_address,txId", *(f"1addr{n},{100 + n}" for n in range(30))],
        "TxAddr_edgelist.csv": ["txId,output_address",
                                *(f"{100 + n},1addr{n + 1}" for n in range(30))],
        "AddrAddr_edgelist.csv": ["input_address,output_address",
                                  *(f"1addr{n},1addr{n + 1}" for n in range(30))],
    }  # fmt: skip
    return {name: "\n".join(rows).encode() for name, rows in tables.items()}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_transactions_are_accounts_and_edges_have_no_amount(tmp_path: Path) -> None:
    got = run("elliptic", tmp_path, write(tmp_path / "source", plain()))
    assert (got.read, got.rejected, got.skipped) == (29, {}, {})
    frame = got.transfers
    assert frame.select("amount_base", "amount", "asset").unique().rows() == [("0", None, None)]
    assert set(frame["source_kind"]) | set(frame["target_kind"]) == {"transaction"}
    assert frame["ledger"].value_counts().sort("ledger").rows() == [(1, 9), (2, 10), (3, 10)]
    assert frame["ts"].is_sorted()


def test_edges_alone_have_no_time(tmp_path: Path) -> None:
    files = plain()
    del files["elliptic_txs_features.csv"]
    with pytest.raises(FormatError, match="no file of features"):
        run("elliptic", tmp_path, write(tmp_path / "source", files))


def test_addresses_and_transactions_side_by_side(tmp_path: Path) -> None:
    got = run("elliptic_plus_plus", tmp_path, write(tmp_path / "source", plus_plus()))
    assert (got.read, got.rejected) == (90, {})
    kinds = got.transfers.group_by("source_kind", "target_kind").len().rows()
    assert sorted(kinds, key=str) == [
        ("transaction", None, 30), (None, "transaction", 30), (None, None, 30),
    ]  # fmt: skip
    assert got.transfers["ledger"].value_counts().sort("ledger")["count"].to_list() == [30, 30, 30]


def test_pairs_that_met_often_take_their_meetings_in_turn_over_pieces() -> None:
    met = pl.DataFrame({"from": ["a", "c"], "to": ["b", "d"], "steps": [[2, 5, 5], [4]]})
    rows = pl.DataFrame({"from": list("aacaaax"), "to": list("bbdbbby")})
    seen = elliptic_pairs.Seen.nothing()
    steps: list[Any] = []
    for piece in rows.iter_slices(3):
        timed, seen = elliptic_pairs.timed(piece, met, seen)
        steps += timed["step"].to_list()
    assert steps == [2, 5, 4, 5, 5, 5, None]


@pytest.mark.parametrize(
    ("name", "files"), [("elliptic", plain()), ("elliptic_plus_plus", plus_plus())]
)
def test_damage_is_counted(name: str, files: dict[str, bytes], tmp_path: Path) -> None:
    refused, rejected = survive(name, tmp_path, files)
    assert refused < VARIANTS // 2
    assert rejected > VARIANTS
