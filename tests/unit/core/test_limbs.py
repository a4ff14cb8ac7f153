"""Sums of limbs against Python's integers."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from core import limbs

LIMBS = limbs.names("x", 7)


@given(st.lists(st.lists(st.integers(-(2**60), 2**60), min_size=7, max_size=7), min_size=1))
def test_text_is_the_integer(rows: list[list[int]]) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(LIMBS, pl.Int64), orient="row")
    values = [sum(limb * limbs.BASE**place for place, limb in enumerate(row)) for row in rows]
    assert limbs.text(frame, LIMBS).to_list() == [str(value) for value in values]
    assert limbs.negative(frame, LIMBS).to_list() == [value < 0 for value in values]


def test_one_limb() -> None:
    frame = pl.DataFrame({"x_0": [0, -5, 7 * 10**15]})
    assert limbs.text(frame, ["x_0"]).to_list() == ["0", "-5", "7000000000000000"]


@given(st.lists(st.integers(0, 10**84 - 1), min_size=1))
def test_split_is_the_inverse_of_text(values: list[int]) -> None:
    texts = pl.Series("x", [str(value) for value in values])
    assert limbs.text(limbs.split(texts, 7), LIMBS).to_list() == texts.to_list()


def test_what_is_no_number_or_too_long_has_no_limbs() -> None:
    texts = pl.Series("x", ["-1", "", "1.5", "9" * 13, None, "007"])
    assert limbs.split(texts, 1)["x_0"].to_list() == [None, None, None, None, None, 7]
