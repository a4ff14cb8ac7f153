from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from loader.chains.utxo_split import split
from tests.unit.loader import utxo_oracle as oracle

AMOUNT = st.one_of(
    st.integers(0, 20),
    st.sampled_from([2**53 - 1, 2**53 + 1, 2**63 - 1, 2**63 + 1, 2**64 - 1]),
    st.integers(0, 2**64 - 1),
)


@st.composite
def transactions(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Inputs, and outputs none of which is more than all inputs together."""
    inputs = draw(st.lists(AMOUNT, min_size=1, max_size=7).filter(any))
    outputs = draw(st.lists(st.integers(1, sum(inputs)), min_size=1, max_size=4))
    return inputs, outputs


def parts(ledger: list[tuple[list[int], list[int]]]) -> dict[tuple[int, int], list[int]]:
    rows = [
        (row, n, k, w, v, sum(inputs))
        for row, (inputs, outputs) in enumerate(ledger)
        for n, w in enumerate(outputs)
        for k, v in enumerate(inputs)
    ]
    wide = pl.Int128()
    edges = pl.DataFrame(
        rows,
        schema={"row": pl.Int64, "n": pl.Int64, "k": pl.Int64, "w": wide, "v": wide, "total": wide},
        orient="row",
    )
    found: dict[tuple[int, int], list[int]] = {}
    for row, n, _, part in split(edges).sort("row", "n", "k")["row", "n", "k", "part"].iter_rows():
        found.setdefault((row, n), []).append(part)
    return found


@given(st.lists(transactions(), min_size=1, max_size=4))
def test_parts_are_the_largest_remainders_and_sum_to_the_output(
    ledger: list[tuple[list[int], list[int]]],
) -> None:
    found = parts(ledger)
    for row, (inputs, outputs) in enumerate(ledger):
        for n, output in enumerate(outputs):
            assert found[row, n] == oracle.shares(output, inputs)
            assert sum(found[row, n]) == output


def test_units_that_are_left_go_to_the_lower_account_when_fractions_are_equal() -> None:
    assert parts([([1, 1, 1], [2])]) == {(0, 0): [1, 1, 0]}


def test_products_beyond_128_bits_are_exact() -> None:
    inputs = [2**64 - 1] * 5 + [1]
    assert parts([(inputs, [2**64 - 1])])[0, 0] == oracle.shares(2**64 - 1, inputs)
