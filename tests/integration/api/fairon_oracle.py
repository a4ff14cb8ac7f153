"""FairOnChain's chain from the raw CSV in plain Python: an answer that shares no code with ours."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import IsolationForest

if TYPE_CHECKING:
    from pathlib import Path

EXCLUDED = {
    "0x0000000000000000000000000000000000000000",
    "0x000000000000000000000000000000000000dead",
    "0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
}
Row = dict[str, Any]
Pairs = dict[tuple[str, str], list[int]]


def transfers(folder: Path) -> list[tuple[str, str, int]]:
    """Sender, recipient and wei of every transfer of the projection."""
    found = []
    (path,) = folder.glob("ethereum__native_transfers__*.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            ends = line["from_address"].lower(), line["to_address"].lower()
            wei = int(line["value_binary"], 16)
            if wei >= 10**12 and not EXCLUDED & set(ends):
                found.append((*ends, wei))
    return found


def aggregate(rows: list[tuple[str, str, int]]) -> Pairs:
    """Wei and number of transfers of every ordered pair, in text order."""
    pairs: Pairs = defaultdict(lambda: [0, 0])
    for sender, recipient, wei in rows:
        pairs[sender, recipient][0] += wei
        pairs[sender, recipient][1] += 1
    return dict(sorted(pairs.items()))


def features(pairs: Pairs, infra: set[str]) -> dict[str, Row]:
    """Section 3 for every account, in the order of first appearance."""
    order = list(dict.fromkeys(end for pair in pairs for end in pair))
    return {
        account: {
            "node": node,
            "address": account,
            "is_infra": account in infra,
            **({} if account in infra else _own(account, pairs, infra)),
        }
        for node, account in enumerate(order)
    }


def _own(v: str, pairs: Pairs, infra: set[str]) -> Row:
    into = {u: x for (u, w), x in pairs.items() if w == v}
    out = {w: x for (u, w), x in pairs.items() if u == v}
    around = ((set(into) | set(out)) - infra) - {v}
    mutual = {u for u in around if u in into and u in out}
    loops = [
        [pairs[v, a], pairs[a, b], pairs[b, v]]
        for a, b in permutations(around, 2)
        if (v, a) in pairs and (a, b) in pairs and (b, v) in pairs
    ]
    ego = around | {v}
    edges = sum(1 for a, b in pairs if a != b and a in ego and b in ego)
    total_in, total_out = sum(x[0] for x in into.values()), sum(x[0] for x in out.values())
    n = len(ego)
    return {
        "in_degree": len(into),
        "out_degree": len(out),
        "in_transfer_count": sum(x[1] for x in into.values()),
        "out_transfer_count": sum(x[1] for x in out.values()),
        "total_input_amount": total_in,
        "total_output_amount": total_out,
        "balance_proxy": total_in - total_out,
        "self_loop_count": int((v, v) in pairs),
        "two_node_loop_count": len(mutual),
        "two_node_loop_amount": sum(into[u][0] + out[u][0] for u in mutual),
        "two_node_loop_tx_count": sum(into[u][1] + out[u][1] for u in mutual),
        "triangle_loop_count": len(loops),
        "triangle_loop_amount": sum(x[0] for loop in loops for x in loop),
        "triangle_loop_tx_count": sum(x[1] for loop in loops for x in loop),
        "egonet_node_count": n,
        "egonet_edge_count": edges,
        "egonet_density": edges / (n * (n - 1)) if n > 1 else 0.0,
    }


def thresholds(rows: list[Row]) -> dict[str, float]:
    """q99 of degrees over all, of loop figures over values above zero; infinite without any."""
    found = {x: float(np.quantile([r[x] for r in rows], 0.99)) for x in ("in_degree", "out_degree")}
    for loop in ("two_node_loop", "triangle_loop"):
        for part in ("amount", "tx_count"):
            above = [float(r[f"{loop}_{part}"]) for r in rows if r[f"{loop}_{part}"] > 0]
            found[f"{loop}_{part}"] = float(np.quantile(above, 0.99)) if above else math.inf
    return found


def flags(row: Row, q: dict[str, float]) -> list[int]:
    """H1 to H6 of one account."""
    into, out = row["total_input_amount"], row["total_output_amount"]
    close = into > 0 and abs(into - out) * 100 <= 5 * into
    many_in, many_out = row["in_degree"] >= q["in_degree"], row["out_degree"] >= q["out_degree"]
    loops = [
        row[f"{loop}_count"] >= 1
        and any(row[f"{loop}_{part}"] >= q[f"{loop}_{part}"] for part in ("amount", "tx_count"))
        for loop in ("two_node_loop", "triangle_loop")
    ]
    rules = [
        many_in and row["out_degree"] <= 3 and close,
        many_in and row["out_degree"] == 0,
        row["in_degree"] == 1 and many_out,
        many_in and many_out and close,
        *loops,
    ]
    return [int(rule) for rule in rules]


def scores(rows: list[Row]) -> None:
    """Sections 4 to 6, added to the rows of the accounts that are no infrastructure."""
    rows.sort(key=lambda row: row["address"])
    q = thresholds(rows)
    logs = [
        *("in_degree", "out_degree", "total_input_amount", "total_output_amount"),
        *("two_node_loop_count", "triangle_loop_count"),
    ]
    columns = [np.array([math.log1p(row[name]) for row in rows]) for name in logs]
    columns.append(np.array([row["egonet_density"] for row in rows]))
    columns += [columns[0] - columns[1], columns[2] - columns[3]]
    varying = [x for x in columns if np.ptp(x) > 0]
    z = np.column_stack([(x - x.mean()) / x.std(ddof=1) for x in varying])
    centred = z - z.mean(axis=0)
    inverse = np.linalg.pinv(np.cov(z, rowvar=False), rcond=1e-10, hermitian=True)
    distance = np.sqrt(np.einsum("ij,jk,ik->i", centred, inverse, centred))
    forest = IsolationForest(
        n_estimators=300, max_samples=len(rows), contamination="auto", random_state=42
    )
    isolation = -forest.fit(z).decision_function(z)
    n = len(rows)
    # Distances that differ by rounding only share their rank.
    shares = [(rankdata(np.round(x, 9)) - 0.5) / n * 100 for x in (distance, isolation)]
    for place, row in enumerate(rows):
        fired = flags(row, q)
        raw = int(any(fired[:4])) + fired[4] + fired[5]
        rule = round(raw * 100 / 3, 2)
        row |= {f"H{k}_flag": flag for k, flag in enumerate(fired, 1)}
        row |= {
            "mahalanobis_distance": distance[place],
            "iforest_score": isolation[place],
            "rule_score_raw": raw,
            "rule_score_100": rule,
            "mahalanobis_distance_stats_score_100": shares[0][place],
            "iforest_stats_score_100": shares[1][place],
            "final_score_0_100": (rule + shares[0][place] + shares[1][place]) / 3,
        }
    final = rankdata([-round(row["final_score_0_100"], 9) for row in rows])
    for row, rank in zip(rows, final, strict=True):
        row["final_score_top_percent"] = round(rank / n * 100, 2)


def table(folder: Path) -> list[Row]:
    """Every account of the projection in the order of the result table."""
    text = (folder / "infrastructure.csv").read_text(encoding="utf-8")
    infra = {line.strip().lower() for line in text.splitlines()[1:]}
    rows = list(features(aggregate(transfers(folder)), infra).values())
    scores([row for row in rows if not row["is_infra"]])
    return rows
