"""How a proposed mapping reads amounts, assets, times and success: from a sample of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from loader.synthesis.profile import Column

_DECIMALS = {"ethereum": 18, "bitcoin": 8, "stellar": 7}
_NATIVE = {"ethereum": "native", "bitcoin": "native", "stellar": "XLM"}
_SCALES = (2, 7, 8, 18)
_BIG_DIGITS = 12
_GOOD = {"1", "true", "ok", "success", "successful", "succeeded", "completed", "settled", "booked",
         "done", "confirmed", "executed"}  # fmt: skip
_BAD = {"0", "false", "failed", "failure", "error", "rejected", "cancelled", "reverted", "pending"}
_EPOCHS = {10: "epoch_s", 13: "epoch_ms"}
_LONGEST_SECOND, _LONGEST_MONTH = 10, 12


def amount(column: Column, chain: str) -> tuple[dict[str, object], str]:
    """The entry `amount` and why, for a column of numbers."""
    key, values = column.key, column.filled
    known = _DECIMALS.get(chain)
    if column.shape in ("hexadecimal", "hash"):
        return (
            {"column": key, "unit": "hex_base", "decimals": known or 18},
            "hexadecimal base units; check the decimals",
        )
    if column.shape == "integer":
        digits = values.str.strip_chars("+-").str.len_bytes().quantile(0.5) or 0
        if known is not None and digits >= _BIG_DIGITS:
            return (
                {"column": key, "unit": "base", "decimals": known},
                f"integers this long are base units of {chain}",
            )
        return (
            {"column": key, "unit": "whole", "decimals": known or 2},
            "integers: CHECK whether they count whole units or base units (cents, wei: unit base)",
        )
    if column.shape != "decimal":
        return (
            {"column": key, "unit": "whole", "decimals": known or 2},
            "CHECK: separators of thousands and decimal commas are rejected; write 1234.56",
        )
    fraction = values.str.extract(r"\.([0-9]*)", 1).str.len_bytes().fill_null(0)
    exponent = values.str.extract(r"[eE]-([0-9]+)", 1).cast(pl.Int64, strict=False).fill_null(0)
    seen = int((fraction.cast(pl.Int64) + exponent).max() or 0)  # type: ignore[arg-type]
    decimals = known or next((scale for scale in _SCALES if scale >= seen), 18)
    told = f"up to {seen} decimals seen"
    if seen > decimals:
        told += f"; CHECK: more than {decimals} are rounded and flagged amount_inexact"
    return {"column": key, "unit": "whole", "decimals": decimals}, told


def asset(column: Column | None, chain: str) -> tuple[dict[str, object], str]:
    """The entry `asset` and why; without a column it is the chain's own coin."""
    if column is not None:
        kinds = column.filled.n_unique()
        return (
            {"column": column.key, "template": f"{chain}:{{{column.key}}}"},
            f"column '{column.key}', {kinds} in the sample; CHECK that all have the same decimals",
        )
    if chain in _NATIVE:
        return (
            {"constant": f"{chain}:{_NATIVE[chain]}"},
            "no column names one, so the chain's own coin",
        )
    return {"constant": None}, f"no column names the currency; write such as {chain}:EUR"


def instant(column: Column) -> tuple[dict[str, object], str]:
    """The entry `time` and why: seconds or milliseconds by their length, dates by their shape."""
    key, values = column.key, column.filled
    if column.shape == "iso8601":
        zoned = values.str.contains(r"(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2})$").all()
        why = "ISO 8601" if zoned else "ISO 8601 without zone: CHECK the time zone, UTC is assumed"
        return {"column": key, "format": "iso8601", "timezone": "UTC"}, why
    if column.shape == "date":
        return _pattern(column)
    whole = values.str.extract(r"^[+-]?([0-9]+)", 1).str.len_bytes()
    length = int(whole.mode().sort()[0]) if whole.drop_nulls().len() else 0
    if length in _EPOCHS:
        form = _EPOCHS[length]
        unit = "seconds" if form == "epoch_s" else "milliseconds"
        return {"column": key, "format": form}, f"{length} digits are {unit} since 1970"
    return (
        {"column": key, "format": None},
        f"numbers of {length} digits are neither seconds nor milliseconds; turn them into one",
    )


def _pattern(column: Column) -> tuple[dict[str, object], str]:
    """A strptime pattern; day and month are told apart where one of them exceeds twelve."""
    values = column.filled
    first = str(values[0])
    mark = next(sign for sign in "/.-" if sign in first)
    parts = values.str.extract_groups(r"^([0-9]+)[/.-]([0-9]+)[/.-]([0-9]+)").struct.unnest()
    highest = [int(parts[name].cast(pl.Int64).max() or 0) for name in ("1", "2")]  # type: ignore[arg-type]
    clock = {0: "", 1: " %H:%M", 2: " %H:%M:%S"}[first.count(":")]
    if highest[0] > 31:  # noqa: PLR2004 - no month has more days, so it is a year
        return _entry(column, f"%Y{mark}%m{mark}%d{clock}", "year, month, day")
    if highest[0] > _LONGEST_MONTH:
        return _entry(column, f"%d{mark}%m{mark}%Y{clock}", "day before month: one exceeds 12")
    if highest[1] > _LONGEST_MONTH:
        return _entry(column, f"%m{mark}%d{mark}%Y{clock}", "month before day: one exceeds 12")
    return _entry(
        column, f"%d{mark}%m{mark}%Y{clock}",
        "CHECK: day and month cannot be told apart in the sample",
    )  # fmt: skip


def _entry(column: Column, form: str, why: str) -> tuple[dict[str, object], str]:
    entry: dict[str, object] = {"column": column.key, "format": form, "timezone": "UTC"}
    return entry, f"{why}; CHECK the time zone"


def success(column: Column) -> tuple[dict[str, object] | None, str]:
    """The entry `success` and why; null where the values do not say which of them is good."""
    values = column.values.unique().sort().to_list()
    told = ", ".join(repr(value) for value in values)
    negative = bool({"error", "failed"} & set(column.words))
    good, bad = (_BAD & {"0", "false"}, set[str]()) if negative else (_GOOD, _BAD)
    found = [value for value in values if value.lower() in good]
    unknown = [value for value in values if value.lower() not in good | bad]
    if not found or (unknown and not negative):
        return None, told
    return {"column": column.key, "equals": found}, f"values {told}; all others count as failed"
