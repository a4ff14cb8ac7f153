"""An independent answer for Ethereum ledgers: plain json, csv and int, one record at a time."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
SINGLE = "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
BATCH = "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"

Edge = tuple[str, str, str, str, int, int, str]
"""Id, source, target, asset, amount, epoch seconds, kind."""


class Answer:
    """Edges, and rows by what became of them."""

    def __init__(self) -> None:
        self.edges: list[Edge] = []
        self.outcomes: Counter[str] = Counter()
        self.fees = 0

    def move(self, *edge: Any) -> None:
        self.outcomes["moved"] += 1
        key, source, target, asset, amount, seconds, kind = edge
        self.edges.append((
            f"ethereum:{key}", f"ethereum:{source}", f"ethereum:{target}", f"ethereum:{asset}",
            amount, seconds, kind,
        ))  # fmt: skip


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def transactions(answer: Answer, records: list[dict[str, Any]]) -> None:
    for t in records:
        status = t.get("receipt_status")
        if status is not None:
            answer.fees += t["receipt_gas_used"] * t["receipt_effective_gas_price"]
        if status == 0:
            answer.outcomes["failed_transaction"] += 1
        elif int(t["value"]) == 0:
            answer.outcomes["zero_amount"] += 1
        else:
            answer.move(
                f"{t['block_number']}:{t['hash']}:v", t["from_address"],
                t["to_address"] or t["receipt_contract_address"], "native", int(t["value"]),
                int(t["block_timestamp"]), "native",
            )  # fmt: skip


def logs(answer: Answer, records: list[dict[str, Any]]) -> None:
    for log in records:
        topics, data = log["topics"], log["data"]
        key = f"{log['block_number']}:{log['transaction_hash']}:l{log['log_index']}"
        if topics and topics[0] in {SINGLE, BATCH}:
            answer.outcomes["erc1155_unsupported"] += 1
        elif not topics or topics[0] != TRANSFER:
            answer.outcomes["other_event"] += 1
        elif len(topics) == 3 and len(data) == 66:
            if int(data, 16) == 0:
                answer.outcomes["zero_amount"] += 1
                continue
            answer.move(key, "0x" + topics[1][-40:], "0x" + topics[2][-40:], log["address"],
                        int(data, 16), log["block_timestamp"], "erc20")  # fmt: skip
        elif len(topics) == 4 and data == "0x":
            answer.move(key, "0x" + topics[1][-40:], "0x" + topics[2][-40:], log["address"],
                        1, log["block_timestamp"], "nft")  # fmt: skip
        else:
            answer.outcomes["nonstandard_transfer"] += 1


def withdrawals(answer: Answer, records: list[dict[str, Any]]) -> None:
    for block in records:
        for paid in block["withdrawals"]:
            answer.move(f"{block['number']}:w{paid['index']}", "beacon_withdrawals",
                        paid["address"], "native", paid["amount"] * 10**9, block["timestamp"],
                        "withdrawal")  # fmt: skip


def faironchain(answer: Answer, blocks: list[dict[str, str]], rows: list[dict[str, str]]) -> None:
    times = {block["block_number"]: int(block["timestamp"]) for block in blocks}
    for row in rows:
        value = int(row["value_binary"], 16)
        if value == 0:
            answer.outcomes["zero_amount"] += 1
            continue
        answer.move(
            f"{row['block_number']}:{row['transaction_hash']}:t{row['transfer_index']}",
            row["from_address"], row["to_address"], "native", value, times[row["block_number"]],
            "native",
        )  # fmt: skip


def sums(edges: list[Edge]) -> dict[tuple[str, str], tuple[int, int]]:
    """What each account received and sent of each asset."""
    received: Counter[tuple[str, str]] = Counter()
    sent: Counter[tuple[str, str]] = Counter()
    for _, source, target, asset, amount, _, _ in edges:
        sent[source, asset] += amount
        received[target, asset] += amount
    return {key: (received[key], sent[key]) for key in received | sent}
