"""Stellar's text form of keys (strkey): pools and balances given in hexadecimal, muxed accounts.

Only distinct values are converted, and a column is then replaced by look-up.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = r"^G[A-Z2-7]{55}$"
ANY = r"^(?:[GLC][A-Z2-7]{55}|B[A-Z2-7]{57})$"
ASSET_CODE = r"^[A-Za-z0-9]{1,12}$"

_ACCOUNT_VERSION, _MUXED_VERSION = 6 << 3, 12 << 3
_POOL_VERSION, _BALANCE_VERSION = 11 << 3, 1 << 3
_CHECK_BYTES = 2
_MUXED_BYTES = 1 + 32 + 8


def encode(version: int, payload: bytes) -> str:
    """The strkey of a payload."""
    data = bytes([version]) + payload
    check = binascii.crc_hqx(data, 0).to_bytes(_CHECK_BYTES, "little")
    return base64.b32encode(data + check).decode().rstrip("=")


def account(key: bytes) -> str:
    """The `G...` of a public key of 32 bytes."""
    return encode(_ACCOUNT_VERSION, key)


def pool(text: str) -> str | None:
    """The `L...` of a pool id, given as such or in hexadecimal; null where it is neither."""
    if text.startswith("L"):
        return text
    payload = _hexadecimal(text, 32)
    return None if payload is None else encode(_POOL_VERSION, payload)


def balance(text: str) -> str | None:
    """The `B...` of a claimable balance id, given as such or in hexadecimal; else null."""
    if text.startswith("B"):
        return text
    payload = _hexadecimal(text, 36)
    # The type is four bytes in hexadecimal and one in a strkey; only type 0 exists.
    return None if payload is None else encode(_BALANCE_VERSION, payload[3:])


def underlying(text: str) -> str | None:
    """The `G...` account below a muxed `M...` address; null where it is none."""
    data = _muxed(text)
    return None if data is None else encode(_ACCOUNT_VERSION, data[1:33])


def muxed_id(text: str) -> str | None:
    """The id inside a muxed `M...` address, as decimal text; null where it is none."""
    data = _muxed(text)
    return None if data is None else str(int.from_bytes(data[33:41], "big"))


def converted(values: pl.Series, convert: Callable[[str], str | None]) -> pl.Series:
    """The column with each distinct value converted once."""
    distinct = values.drop_nulls().unique()
    if not distinct.len():
        return pl.Series(values.name, [None] * values.len(), dtype=pl.String)
    new = pl.Series([convert(value) for value in distinct], dtype=pl.String)
    return values.replace_strict(distinct, new, default=None, return_dtype=pl.String)


def _muxed(text: str) -> bytes | None:
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    fits = len(data) == _MUXED_BYTES + _CHECK_BYTES and data[0] == _MUXED_VERSION
    check = binascii.crc_hqx(data[:-_CHECK_BYTES], 0).to_bytes(_CHECK_BYTES, "little")
    return data if fits and check == data[-_CHECK_BYTES:] else None


def _hexadecimal(text: str, length: int) -> bytes | None:
    try:
        payload = bytes.fromhex(text)
    except ValueError:
        return None
    return payload if len(payload) == length else None
