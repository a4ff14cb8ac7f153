"""Features of sections 8 and 9, account by account with numpy and scipy: no code of ours."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
from scipy import stats

DAY = 86_400
Row = tuple[str, bool, int, float]
"""Counterparty, whether it was sent, second of the transfer, amount."""


def h2(counts: list[float]) -> float:
    return float(stats.entropy(counts, base=2)) if counts else 0.0


def gini(values: list[float]) -> float:
    x = sorted(v for v in values if v > 0)
    if len(x) < 2:
        return 0.0
    return float(np.abs(np.subtract.outer(x, x)).sum() / (2 * len(x) * sum(x)))


def summed(rows: list[Row], *, by_side: bool = False) -> dict[object, float]:
    found: dict[object, float] = {}
    for other, sent, _, v in rows:
        key = (other, sent) if by_side else other
        found[key] = found.get(key, 0.0) + v
    return found


def astro(rows: list[Row], end: float, accounts: int, own: str) -> dict[str, float | None]:
    got = sum(v for _, sent, _, v in rows if not sent)
    gave = sum(v for _, sent, _, v in rows if sent)
    days = Counter(t // DAY for *_, t, _ in rows)
    daily = [days[d] for d in range(min(days), max(days) + 1)]
    mu, sigma = np.mean(daily), np.std(daily, ddof=1) if len(daily) > 1 else 0.0
    weights = [math.exp(-0.01 * (end - t) / DAY) for *_, t, _ in rows]
    decayed = sum(w * row[3] for w, row in zip(weights, rows, strict=True))
    return {
        "tx_in_count": sum(not sent for _, sent, *_ in rows),
        "tx_out_count": sum(sent for _, sent, *_ in rows),
        "total_received": got,
        "total_sent": gave,
        "account_age_seconds": end - min(t for *_, t, _ in rows),
        "unique_asset_count": 1,
        "asset_entropy": 0.0,
        "mean_tx_per_day": float(mu),
        "std_tx_per_day": float(sigma),
        "burstiness": float((sigma - mu) / (sigma + mu)),
        "net_flow_ratio": (gave - got) / (gave + got),
        "log_net_flow_ratio": (math.log10(gave + 1) - math.log10(got + 1))
        / (math.log10(gave + 1) + math.log10(got + 1)),
        "decayed_sum": decayed,
        "decayed_mean": decayed / len(rows),
        "decayed_weighted_mean": decayed / sum(weights),
        "degree_centrality": len({o for o, *_ in rows} - {own}) / (accounts - 1),
    }


def swarm(rows: list[Row], start: float, end: float, own: str) -> dict[str, float | None]:
    v = np.array([x for *_, x in rows])
    into = [r for r in rows if not r[1]]
    out = [r for r in rows if r[1]]
    got, gave = sum(r[3] for r in into), sum(r[3] for r in out)
    volume = got + gave
    pairs, c = summed(rows, by_side=True), summed(rows)
    senders, receivers = {r[0] for r in into}, {r[0] for r in out}
    hours = np.bincount([t // 3600 % 24 for *_, t, _ in rows], minlength=24)
    days = np.bincount([(t // DAY + 3) % 7 for *_, t, _ in rows], minlength=7)
    hourly = np.bincount([r[2] // 3600 % 24 for r in rows], weights=v, minlength=24)
    mutual = sum(x for o, x in c.items() if o in senders & receivers and o != own)
    night = [t // 3600 % 24 < 6 for *_, t, _ in rows]
    weekend = [(t // DAY + 3) % 7 > 4 for *_, t, _ in rows]
    std = float(v.std(ddof=1)) if len(v) > 1 else 0.0
    cv = std / v.mean()
    regular = 1 - h2(list(hours)) / math.log2(24)
    once = sorted(r[2] for r in rows if r[1] or r[0] != own)
    gaps = np.array([b - a for a, b in pairwise(once)], float)
    span = max(1, (max(once) - min(once)) // DAY)
    share_in = sum(not side for _, side in pairs) / len(pairs)  # type: ignore[misc,has-type]
    varied = len(set(v.tolist())) > 1
    return {
        "unique_senders": len(senders),
        "unique_recipients": len(receivers),
        "unique_counterparties": len(senders | receivers),
        "total_in": got,
        "total_volume": volume,
        "avg_in": float(np.mean([r[3] for r in into])) if into else None,
        "median_out": float(np.median([r[3] for r in out])) if out else None,
        "max_amount": v.max(),
        "amount_variance": std**2,
        "volume_cv": cv,
        "amount_skewness": float(stats.skew(v)) if len(v) > 2 and varied else None,
        "amount_kurtosis": float(stats.kurtosis(v)) if len(v) > 3 and varied else None,
        "amount_predictability": 1 - min(1, cv),
        "round_number_ratio": float(np.mean((v >= 100) & (v % 100 == 0))),
        "outlier_count": int((v > np.quantile(v, 0.99)).sum()) if len(v) >= 20 else None,
        "flow_concentration": gini(list(pairs.values())),
        "counterparty_concentration": gini(list(c.values())),
        "volume_concentration_score": gini(list(hourly)),
        "concentration_ratio": max(c.values()) / volume,
        "flow_diversity": h2(list(c.values())) / math.log2(len(c)) if len(c) > 1 else 0.0,
        "activity_days": len({t // DAY for *_, t, _ in rows}),
        "activity_span_days": span,
        "hourly_entropy": h2(list(hours)),
        "daily_entropy": h2(list(days)),
        "regularity_score": regular,
        "burst_factor": hours.max() / (len(rows) / 24),
        "weekend_ratio": float(np.mean(weekend)),
        "night_ratio": float(np.mean(night)),
        "unusual_timing_score": float(np.mean(np.array(night) | np.array(weekend))),
        "peak_hour": int(hours.argmax()),
        "peak_day": int(days.argmax()),
        "reciprocity_ratio": 2 * min(got, gave) / volume,
        "velocity_score": min(len(rows) / max(1, (end - start) / DAY) / (100 / 30), 1),
        "flow_burstiness": _burst(gaps),
        "flow_reciprocity_entropy": h2([mutual, volume - mutual]),
        "hourly_volume_variance": float(np.var(hourly[hourly > 0])),
        "peak_volume_hour": int(hourly.argmax()),
        "intraday_volume_ratio": float(hourly.max() / (hourly.sum() / 24)),
        "in_out_ratio": got / volume,
        "flow_asymmetry": abs(got - gave) / volume,
        "dominant_flow_direction": 1 if got > 1.5 * gave else -1 if gave > 1.5 * got else 0,
        "flow_direction_entropy": h2([share_in, 1 - share_in]),
        "counterparty_overlap_ratio": len(senders & receivers) / len(senders | receivers),
        "counterparty_stability": _stability(rows, start, end),
        "rapid_movement_score": volume / max(1, span * 24),
    }


def _burst(gaps: np.ndarray) -> float | None:
    if len(gaps) < 2:
        return None
    sigma, mu = gaps.std(ddof=1), gaps.mean()
    return float(min(max((sigma - mu) / (sigma + mu), 0), 1))


def _stability(rows: list[Row], start: float, end: float) -> float | None:
    tops = []
    for quarter in range(4):
        part = [r for r in rows if (r[2] - start) * 4 // (end - start) == quarter]
        ranked = sorted(summed(part).items(), key=lambda x: (-x[1], str(x[0])))
        tops.append({other for other, _ in ranked[:10]})
    overlaps = [len(a & b) / len(a | b) for a, b in pairwise(tops) if a | b]
    return sum(overlaps) / len(overlaps) if overlaps else None


def recent(rows: list[Row], start: float, end: float) -> dict[str, float | None]:
    """Everything before the end counts here, also what is older than the start."""
    last = {days: [r for r in rows if r[2] >= end - days * DAY] for days in (7, 30, 90)}
    volume = {days: sum(r[3] for r in part) for days, part in last.items()}
    degree = {days: len({r[0] for r in part}) for days, part in last.items()}
    a, b = (np.bincount([r[2] // 3600 % 24 for r in last[d]], minlength=24) for d in (7, 30))
    size = np.linalg.norm(a) * np.linalg.norm(b)
    moments = sorted(r[2] for r in rows)
    slept = [y for x, y in pairwise(moments) if y - x >= 90 * DAY and y >= start]
    return {
        "volume_7d_vs_30d": volume[7] / volume[30] if volume[30] else None,
        "volume_30d_vs_90d": volume[30] / volume[90] if volume[90] else None,
        "degree_acceleration": (degree[7] - degree[30] * 7 / 30) / 7,
        "behavior_shift": float(1 - a @ b / size) if size else None,
        "is_new_address": int(moments[0] >= start),
        "is_dormant_reactivated": int(bool(slept)),
    }
