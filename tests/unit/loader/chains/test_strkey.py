"""The vectors of SEP-23."""

from __future__ import annotations

import polars as pl
import pytest

from loader.chains import strkey

KEY = "3f0c34bf93ad0d9971d04ccc90f705511c838aad9734a4a2fb0d7a03fc7fe89a"
MUXED = "MA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVAAAAAAAAAAAAAJLK"


def test_pools_and_balances() -> None:
    pool = "LA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJUPJN"
    assert strkey.pool(KEY) == strkey.pool(pool) == pool
    balance = "BAAD6DBUX6J22DMZOHIEZTEQ64CVCHEDRKWZONFEUL5Q26QD7R76RGR4TU"
    assert strkey.balance("00000000" + KEY) == balance


def test_muxed() -> None:
    below = "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ"
    assert strkey.underlying(MUXED) == below
    assert strkey.muxed_id(MUXED) == "9223372036854775808"


@pytest.mark.parametrize("text", ["", "M", MUXED[:-1] + "A", "MAAA", "no strkey", KEY])
def test_what_is_none(text: str) -> None:
    assert strkey.underlying(text) is None
    assert strkey.muxed_id(text) is None


def test_columns_keep_their_nulls() -> None:
    column = pl.Series("pool", [KEY, None, "zz"])
    assert strkey.converted(column, strkey.pool).to_list()[1:] == [None, None]
