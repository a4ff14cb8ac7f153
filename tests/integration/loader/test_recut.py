"""A hundred ways to cut, shuffle and repeat one ledger: always the same graph."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from loader.hash import graph_hash
from tests.integration.loader.conftest import MAPPING
from tests.integration.loader.test_replay import counted, wipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cypher.graph import Graph
    from loader import LoadReport

    Load = Callable[..., LoadReport]
    Cut = Callable[[random.Random], list[list[str]]]

CASES = 50
# Seven ledgers; equal rows, opposite rows, transfers to oneself, amounts beyond 2^53.
LEDGER = [
    "t1,1,0,a,b,10.00,100",
    "t2,1,1,a,b,10.00,100",
    "t3,1,2,b,a,10.00,100",
    "t4,2,0,c,a,90071992547409.93,112",
    "t5,3,0,a,a,1.00,124",
    "t6,3,1,a,a,1.00,124",
    "t7,3,2,a,a,1.00,125",
    "t8,4,0,e,d,0.01,136",
    "t9,5,0,d,e,0.01,148",
    "t10,5,1,d,e,0.02,148",
    "t11,7,0,b,e,70000000000000000.01,160",
    "t12,7,1,b,e,70000000000000000.01,160",
]
KEYLESS = "".join(
    line for line in MAPPING.splitlines(keepends=True) if not line.startswith(("id:", "order:"))
)


def anywhere(chance: random.Random) -> list[list[str]]:
    """Files that together hold every row, cut anywhere; rows may come again."""
    files = [chance.choices(LEDGER, k=chance.randint(1, 9)) for _ in range(chance.randint(0, 3))]
    rest = [row for row in LEDGER if not any(row in file for file in files)]
    rest += chance.choices(LEDGER, k=chance.randint(1, 5))
    return [*files, rest]


def between_ledgers(chance: random.Random) -> list[list[str]]:
    """Files that together hold every ledger, each ledger whole; ledgers may come again."""
    ledgers = sorted({ledger_of(row) for row in LEDGER})
    chosen = [
        set(chance.sample(ledgers, chance.randint(1, 5))) for _ in range(chance.randint(0, 3))
    ]
    rest = set(ledgers).difference(*chosen) | set(chance.sample(ledgers, 2))
    return [[row for row in LEDGER if ledger_of(row) in some] for some in (*chosen, rest)]


def ledger_of(row: str) -> int:
    return int(row.split(",")[1])


@pytest.mark.parametrize(("text", "cut"), [(MAPPING, anywhere), (KEYLESS, between_ledgers)],
                         ids=["keyed", "keyless"])  # fmt: skip
def test_any_cut_shuffle_and_repetition_gives_one_graph(
    text: str, cut: Cut, load_rows: Load, clean_graph: Graph, tmp_path: Path
) -> None:
    mapping = tmp_path / "this.yaml"
    mapping.write_text(text)
    whole = load_rows(LEDGER, mapping=mapping)
    assert (whole.loaded, whole.transfers) == (len(LEDGER), len(LEDGER))
    expected, size = graph_hash(clean_graph), counted(clean_graph)
    for seed in range(CASES):
        chance = random.Random(seed)  # noqa: S311 - cases, not secrets
        wipe(clean_graph)
        files = cut(chance)
        for file in files:
            chance.shuffle(file)
        chance.shuffle(files)
        # Some files go in together, others one after the other.
        together = chance.randint(1, len(files))
        for start in range(0, len(files), together):
            part = files[start : start + together]
            report = load_rows(*part, mapping=mapping, batch_rows=chance.randint(1, 6))
            assert report.read == report.loaded + report.duplicate == sum(map(len, part))
        assert graph_hash(clean_graph) == expected, (seed, files)
        assert counted(clean_graph) == size, (seed, files)
