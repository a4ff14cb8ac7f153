"""Families astro and swarm against plain numpy and scipy on a random ledger, whole and windowed."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from core.times import parse_instant, to_epoch_ms
from cypher.features import read_features
from tests.integration.cypher import behaviour_oracle as oracle
from tests.integration.gds_jobs.ledgers import START, short, write_ledger

if TYPE_CHECKING:
    from cypher.graph import Graph

FIRST = to_epoch_ms(START) // 1000


def ledger() -> list[str]:
    """Heavy-tailed over a year, with round amounts, self-transfers, ties in time and sleepers."""
    chance = Random(11)  # noqa: S311 - the same ledger each time
    lines = []
    hour = 1
    for _ in range(700):
        hour += chance.choice([0, 0, 1, 1, 2, 5, 40])
        ends = (int(25 * chance.random() ** 2), int(25 * chance.random() ** 2))
        amount = chance.choice([100, 250, 300, chance.randrange(1, 2000) / 7])
        lines.append(f"a{ends[0]} a{ends[1]} {amount} {hour}h")
    return [*lines, f"a0 sleeper 5 {hour - 40}h", "sleeper a1 9 2h"]


def seen(lines: list[str], start: float, end: float) -> dict[str, list[oracle.Row]]:
    rows: dict[str, list[oracle.Row]] = {}
    for line in lines:
        source, target, amount, hour = line.split()
        second = FIRST + int(hour.removesuffix("h")) * 3600
        if start <= second < end:
            rows.setdefault(target, []).append((source, False, second, float(amount)))
            rows.setdefault(source, []).append((target, True, second, float(amount)))
    return rows


@pytest.mark.parametrize("windowed", [False, True], ids=["whole", "window"])
def test_equal_an_independent_implementation(windowed: bool, clean_graph: Graph) -> None:
    lines = ledger()
    write_ledger(clean_graph, lines)
    moments = [FIRST + int(line.split()[3].removesuffix("h")) * 3600 for line in lines]
    start, end, scope = float(min(moments)), max(moments) + 0.001, {}
    if windowed:
        scope = {"since": parse_instant("2024-03-01"), "until": parse_instant("2024-07-01")}
        start, end = (instant.timestamp() for instant in scope.values())
    inside, before = seen(lines, start, end), seen(lines, 0, end)
    for family in ("astro", "swarm"):
        frame = read_features(clean_graph, [family], **scope)
        found = {short([row["account"]])[0]: row for row in frame.to_dicts()}
        assert set(found) == set(inside)
        for account, rows in inside.items():
            if family == "astro":
                expected = oracle.astro(rows, end, len(inside), account)
                first = min(r[2] for r in before[account])
                expected["account_age_seconds"] = end - first
                assert found[account]["astro_first_seen_ts"] == first * 1000
            else:
                expected = oracle.swarm(rows, start, end, account)
                expected |= oracle.recent(before[account], start, end)
            for name, value in expected.items():
                own = found[account][f"{family}_{name}"]
                wanted = None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)
                assert own == wanted, (account, name)
