"""New values in the style of a column: names, keys and amounts that look like the others."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from core.errors import InputError

if TYPE_CHECKING:
    from loader.mapping import Mapping
    from loader.synthesis.clean_ledger import CleanLedger
    from loader.synthesis.planting import Planting

_SAMPLE = 5_000
_TRIES = 20
_HABIT = 0.05
_PRECISION = 400
_SIGNIFICANT = 4
"""Digits that a planted amount keeps at least, so that its ratios to others stay what they are."""


def tokens(examples: pl.Series, rng: np.random.Generator) -> pl.Series:
    """One new token an example, of its length, each place filled as in other examples.

    Raises:
        InputError: so short a token cannot be new.
    """
    sample = examples.unique(maintain_order=True)
    if len(sample) > _SAMPLE:
        sample = sample.gather(rng.choice(len(sample), _SAMPLE, replace=False))
    by_length: dict[int, list[str]] = {}
    for text in sample:
        by_length.setdefault(len(text), []).append(text)
    alphabets = {
        length: [sorted({text[place] for text in texts}) for place in range(length)]
        for length, texts in by_length.items()
    }
    every = [a for texts in alphabets.values() for a in texts]
    kinds = _kinds(every)
    # A place that varies at all may hold every character of its kind.
    alphabets = {n: [_widened(a, kinds) for a in places] for n, places in alphabets.items()}
    lengths = sorted(by_length)
    used = set(sample)
    made: list[str] = []
    for example in examples:
        places = alphabets.get(len(example)) or alphabets[lengths[-1]]
        for _ in range(_TRIES):
            token = "".join(choices[int(rng.integers(len(choices)))] for choices in places)
            if token not in used:
                break
        else:
            raise InputError(f"No new value like '{example}' is left.")
        used.add(token)
        made.append(token)
    return pl.Series(made, dtype=pl.String)


def _kinds(alphabets: list[list[str]]) -> list[str]:
    """Digits, and all letters that occur at places that vary."""
    seen = {char for alphabet in alphabets if len(alphabet) > 1 for char in alphabet}
    return sorted(seen)


def _widened(alphabet: list[str], seen: list[str]) -> list[str]:
    if len(alphabet) == 1:
        return alphabet
    digits = all(char.isdigit() for char in alphabet)
    return [char for char in seen if char.isdigit()] if digits else seen


def accounts(ledger: CleanLedger, planting: Planting, rng: np.random.Generator) -> pl.Series:
    """The addresses of all accounts, those invented after those that exist."""
    known = ledger.accounts
    count = max([*planting.source, *planting.target, len(known) - 1]) + 1 - len(known)
    if not count:
        return known
    sample = known.gather(rng.integers(0, len(known), max(count, min(len(known), _SAMPLE))))
    made = pl.Series([], dtype=pl.String)
    for _ in range(_TRIES):
        drawn = tokens(sample, rng)
        free = drawn.filter(~drawn.is_in(known.implode()) & ~drawn.is_in(made.implode()))
        made = pl.concat([made, free])
        if len(made) >= count:
            return pl.concat([known, made.head(count).alias(known.name)])
    raise InputError("No new account names are left in the style of the ledger's.")


def amounts(
    ledger: CleanLedger,
    planting: Planting,
    meaning: Mapping,
    examples: pl.Series,
    rng: np.random.Generator,
) -> pl.Series:
    """The amounts of all planted transfers as text, with as many digits as others have."""
    fractions = examples.str.strip_chars().str.extract(r"\.(\d*)$").fill_null("").str.len_chars()
    fixed = int(fractions[0]) if fractions.n_unique() == 1 else None
    habits, often = np.unique(ledger.digits, return_counts=True)
    habits = habits[often > _HABIT * len(ledger.digits)]
    places = np.full(len(planting.amount), meaning.decimals)  # amounts of others are taken as such
    for pattern in planting.patterns:
        least = int(ledger.digits[rng.integers(0, len(ledger.digits))])
        for row in pattern.legs:
            needed = max(least, _SIGNIFICANT - 1 - Decimal(planting.amount[row]).adjusted())
            usual = habits[habits >= needed]
            places[row] = int(usual[0]) if len(usual) else meaning.decimals
    capital = examples[0].startswith("0x") if meaning.unit == "hex_base" else False
    texts = []
    for amount, kept in zip(planting.amount, places.tolist(), strict=True):
        base = _base(amount, kept, meaning.decimals)
        if meaning.unit == "whole":
            texts.append(_whole(base, meaning.decimals, fixed))
        else:
            text = f"{base:x}" if meaning.unit == "hex_base" else str(base)
            texts.append(f"0x{text}" if capital else text)
    return pl.Series(texts, dtype=pl.String)


def _base(amount: float, places: int, decimals: int) -> int:
    """Base units of an amount, rounded to a number of decimal places."""
    with localcontext(prec=_PRECISION):
        rounded = round(Decimal(repr(amount)), min(places, decimals))
        return max(1, int(rounded.scaleb(decimals)))


def _whole(base: int, decimals: int, fixed: int | None) -> str:
    """Whole units as text; with `fixed` places, or as few as there are."""
    head, tail = divmod(base, 10**decimals)
    fraction = str(tail).zfill(decimals) if decimals else ""
    fraction = fraction.rstrip("0").ljust(fixed or 0, "0")
    return f"{head}.{fraction}" if fraction else str(head)
