"""An independent answer for UTXO ledgers: plain json and Python integers, no code of the loader."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

Edge = tuple[str, str, str, str]
"""Id, source, target, amount in base units."""

COIN = 10**8


def owner(addresses: list[str] | None, script: str | None) -> str | None:
    if not addresses:
        if script is None:
            return None
        return "script:" + hashlib.sha256(bytes.fromhex(script)).hexdigest()[:40]
    if len(addresses) == 1:
        return addresses[0]
    joined = ",".join(sorted(addresses))
    return "multi:" + hashlib.sha256(joined.encode()).hexdigest()[:40]


def shares(output: int, inputs: list[int]) -> list[int]:
    """Largest remainder, straight from the definition."""
    total = sum(inputs)
    exact = [Fraction(output * value, total) for value in inputs]
    parts = [int(part) for part in exact]
    order = sorted(range(len(inputs)), key=lambda k: (parts[k] - exact[k], k))
    for k in order[: output - sum(parts)]:
        parts[k] += 1
    return parts


def read_exported(lines: Iterable[str]) -> list[dict[str, Any]]:
    found = []
    for line in lines:
        record = json.loads(line)
        found.append(
            {
                "txid": record["hash"],
                "ledger": record["block_number"],
                "coinbase": record["is_coinbase"],
                "inputs": [
                    (owner(i.get("addresses"), None), i["value"],
                     (i["spent_transaction_hash"], i["spent_output_index"]))
                    for i in record["inputs"]
                ],
                "outputs": [
                    (o["index"], owner(o["addresses"], o["script_hex"]), o["value"])
                    for o in record["outputs"]
                ],
            }
        )  # fmt: skip
    return found


def read_block(text: str) -> list[dict[str, Any]]:
    block = json.loads(text, parse_float=Decimal)
    found = []
    for record in block["tx"]:
        coinbase = "coinbase" in record["vin"][0]
        found.append(
            {
                "txid": record["txid"],
                "ledger": block["height"],
                "coinbase": coinbase,
                "inputs": []
                if coinbase
                else [(None, None, (i["txid"], i["vout"])) for i in record["vin"]],
                "outputs": [
                    (o["n"], owner(o["scriptPubKey"].get("addresses"), o["scriptPubKey"]["hex"]),
                     int(Decimal(o["value"]) * COIN))
                    for o in record["vout"]
                ],
            }
        )  # fmt: skip
    return found


def read_history(text: str) -> list[dict[str, Any]]:
    return [
        {
            "txid": record["hash"],
            "ledger": record.get("block_height"),
            "coinbase": False,
            "inputs": [
                (owner([p["addr"]] if "addr" in p else None, p["script"]), p["value"], None)
                for p in (i["prev_out"] for i in record["inputs"])
            ],
            "outputs": [
                (o["n"], owner([o["addr"]] if "addr" in o else None, o["script"]), o["value"])
                for o in record["out"]
            ],
        }
        for record in json.loads(text)
    ]


def answer(records: list[dict[str, Any]], network: str) -> tuple[list[Edge], Counter[str], int]:
    """The edges, the rows by outcome, and the sum of the fees."""
    sound = [record for record in records if not spends_itself(record)]
    seen = {(r["txid"], n): (who, w) for r in sound for n, who, w in r["outputs"]}
    edges: list[Edge] = []
    outcomes: Counter[str] = Counter()
    fees = 0
    for record in records:
        outcome, accounts, fee = judge(record, seen)
        outcomes[outcome] += 1
        if outcome == "moved":
            edges += paid(record, accounts, network)
        # What pays nobody has paid its fee all the same.
        fees += fee if outcome in ("moved", "zero_amount") else 0
    return edges, outcomes, fees


def spends_itself(record: dict[str, Any]) -> bool:
    return any(place and place[0] == record["txid"] for *_, place in record["inputs"])


def judge(record: dict[str, Any], seen: dict[Any, Any]) -> tuple[str, dict[str, int], int]:
    """What becomes of a transaction, what each input account brings, and the fee."""
    if spends_itself(record):
        return "bad_value", {}, 0
    known = [
        (who, value) if value is not None else seen.get(place, (None, None))
        for who, value, place in record["inputs"]
    ]
    accounts: dict[str, int] = {"coinbase": 1} if record["coinbase"] else {}
    unresolved = any(value is None for _, value in known)
    for who, value in [] if unresolved else known:
        accounts[who] = accounts.get(who, 0) + value
    out = sum(w for *_, w in record["outputs"])
    fee = 0 if record["coinbase"] or unresolved else sum(accounts.values()) - out
    if fee < 0:
        return "negative_fee", {}, 0
    if record["ledger"] is None:
        return "unconfirmed", {}, 0
    if out == 0:
        return "zero_amount", {}, fee
    return ("unresolved_inputs" if unresolved else "moved"), accounts, fee


def paid(record: dict[str, Any], accounts: dict[str, int], network: str) -> list[Edge]:
    start = f"{network}:{record['ledger']}:{record['txid']}"
    return [
        (f"{start}:{n}:{k}", f"{network}:{giver}", f"{network}:{who}", str(part))
        for n, who, w in record["outputs"]
        for k, (giver, part) in enumerate(
            zip(accounts, shares(w, list(accounts.values())), strict=True)
        )
        if part
    ]
