from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import amounts

WIDE = Context(prec=2000, rounding=ROUND_HALF_EVEN, Emax=999999, Emin=-999999)

plain = st.from_regex(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})", fullmatch=True)
exponent = st.from_regex(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?[eE][+-]?[0-9]{1,2}", fullmatch=True)
ties = st.builds(
    lambda a, b: f"{a}.{b}", st.integers(0, 10**20), st.sampled_from(["5", "50", "49"])
)
nines = st.builds(
    lambda n, tail: "9" * n + "." + tail, st.integers(1, 30), st.sampled_from(["9", "5", "999"])
)


def reference(text: str, decimals: int) -> tuple[str, bool, bool]:
    with localcontext(WIDE):
        value = Decimal(text.strip()).scaleb(decimals)
        nearest = abs(value).to_integral_value(ROUND_HALF_EVEN)
        inexact = abs(abs(value) - nearest) > Decimal("0.01")
        return str(int(nearest)), value < 0 and nearest != 0, inexact


def convert(texts: list[str | None], decimals: int) -> list[tuple[object, ...]]:
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)})
    return amounts.to_base(frame, "text", decimals).rows()


@settings(max_examples=60)
@given(st.lists(plain | exponent | ties | nines, min_size=1, max_size=40), st.integers(0, 30))
def test_equals_exact_decimal_arithmetic(texts: list[str], decimals: int) -> None:
    expected = [reference(text, decimals) for text in texts]
    assert convert(list(texts), decimals) == expected


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [
        ("6.84E+16", 18, ("6840" + "0" * 31, False, False)),
        ("0E-18", 18, ("0", False, False)),
        ("1.5555555553999998e-08", 18, ("15555555554", False, False)),
        ("1.5", 0, ("2", False, True)),
        ("2.5", 0, ("2", False, True)),
        ("2.51", 0, ("3", False, True)),
        ("9.995", 2, ("1000", False, True)),
        ("3.009", 0, ("3", False, False)),
        ("3.01", 0, ("3", False, False)),
        ("3.0101", 0, ("3", False, True)),
        ("2.99", 0, ("3", False, False)),
        ("2.9899", 0, ("3", False, True)),
        ("-4", 7, ("40000000", True, False)),
        ("-0", 7, ("0", False, False)),
        ("1e-30", 18, ("0", False, False)),
        (str(2**256 - 1), 0, (str(2**256 - 1), False, False)),
        (" 4 ", 7, ("40000000", False, False)),
    ],
)
def test_documented_forms(text: str, decimals: int, expected: tuple[str, bool, bool]) -> None:
    assert convert([text], decimals) == [expected]


NO_NUMBERS = [
    "", " ", ".", "-", "e5", "NaN", "inf", "-Infinity", "1,5", "1_000", "0x10", "1e", "1 2",
    "1.2.3", "1e999999", "\u0661", None,
]  # fmt: skip


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_null(text: str | None) -> None:
    assert convert([text], 7) == [(None, False, False)]


def test_decimals_may_differ_by_row() -> None:
    frame = pl.DataFrame({"text": ["1.5", "1.5"], "decimals": [2, 8]})
    assert amounts.to_base(frame, "text", "decimals")["amount_base"].to_list() == [
        "150",
        "150000000",
    ]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2**256 - 1), min_size=1), st.integers(0, 30))
def test_amount_is_the_nearest_double(values: list[int], decimals: int) -> None:
    frame = pl.DataFrame({"base": [str(value) for value in values]})
    got = frame.select(amounts.to_amount(pl.col("base"), pl.lit(decimals)))["base"].to_list()
    assert got == [value / 10**decimals for value in values]


@settings(max_examples=60)
@given(st.lists(st.none() | st.integers(0, 2**300)))
def test_total_is_exact(values: list[int | None]) -> None:
    texts = [None if value is None else str(value) for value in values]
    assert amounts.total(pl.Series(texts, dtype=pl.String)) == sum(v for v in values if v)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 2**256 - 1), min_size=1), st.booleans())
def test_hexadecimal_is_exact(values: list[int], padded: bool) -> None:
    texts = [f"0x{value:064x}" if padded else f"{value:X}" for value in values]
    assert amounts.hex_to_base(pl.Series(texts)).to_list() == [str(value) for value in values]


def test_hexadecimal_refuses_other_text() -> None:
    texts = pl.Series(["", "0x", "xyz", "0x" + "f" * 65, None, "-0x1"])
    assert amounts.hex_to_base(texts).to_list() == [None] * 6
