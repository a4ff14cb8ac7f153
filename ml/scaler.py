"""Nulls, skew and scale of features: fitted on the training part, stored, applied unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import FormatError, StateError
from ml.profiles import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

    from ml.contract import Floats, Integers

_CLIP = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Scaler:
    """Sign-keeping log1p, then fill, mean and scale per column; masks are columns of 0 and 1.

    Attributes:
        features: columns of the subgraph that are read.
        masked: those of them that get a second column saying where they are null.
        fill, mean, scale: per feature, after the logarithm.
    """

    features: tuple[str, ...]
    masked: tuple[str, ...]
    fill: tuple[float, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]

    @property
    def names(self) -> list[str]:
        """Columns of the scaled matrix."""
        return [*self.features, *(name + MISSING for name in self.masked)]

    @classmethod
    def fit(cls, nodes: pl.DataFrame, features: list[str], rows: Integers) -> Scaler:
        """Learn from the given accounts only; constant columns are dropped.

        Raises:
            StateError: no column varies.
        """
        values = _logarithm(nodes[rows], features)
        fill = np.array([_median(column) for column in values.T])
        missing: NDArray[np.bool_] = np.isnan(values)
        values = np.where(missing, fill, values)
        mean, scale = values.mean(axis=0), values.std(axis=0)
        varies = np.atleast_1d(scale > 1e-9)  # noqa: PLR2004 - what rounding leaves of a constant
        share = missing.mean(axis=0)
        some = (share > 0) & (share < 1)
        if not varies.any():
            raise StateError("No feature varies over the training accounts.", "Load more data.")
        chosen = np.flatnonzero(varies | some)
        scale = np.where(varies, scale, 1.0)
        return cls(
            tuple(features[i] for i in chosen),
            tuple(features[i] for i in chosen if some[i]),
            tuple(fill[chosen].tolist()),
            tuple(mean[chosen].tolist()),
            tuple(scale[chosen].tolist()),
        )

    def apply(self, nodes: pl.DataFrame) -> Floats:
        """The scaled matrix, [accounts, columns].

        Raises:
            StateError: the subgraph lacks a feature.
        """
        lacking = [name for name in self.features if name not in nodes.columns]
        if lacking:
            raise StateError(
                f"The subgraph lacks the feature '{lacking[0]}' that the model was trained on.",
                "Export with the same feature families, or train again.",
            )
        values = _logarithm(nodes, list(self.features))
        missing = np.isnan(values)
        values = (np.where(missing, self.fill, values) - self.mean) / self.scale
        places = [self.features.index(name) for name in self.masked]
        return np.hstack([np.clip(values, -_CLIP, _CLIP), missing[:, places].astype(np.float64)])

    def facts(self) -> dict[str, object]:
        """As JSON values."""
        return {name: list(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def restore(cls, facts: Mapping[str, object], where: str) -> Scaler:
        """The scaler of `facts`.

        Raises:
            FormatError: a part is missing or malformed.
        """
        try:
            texts = [tuple(str(v) for v in listed(facts[name])) for name in cls.__slots__[:2]]
            numbers = [
                tuple(float(str(v)) for v in listed(facts[name])) for name in cls.__slots__[2:]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError("model", where, "its scaler is incomplete") from error
        if {len(texts[0])} != {len(column) for column in numbers}:
            raise FormatError("model", where, "its scaler is incomplete")
        return cls(texts[0], texts[1], numbers[0], numbers[1], numbers[2])


def listed(value: object) -> list[object]:
    """The value, which must be a list."""
    if not isinstance(value, list):
        raise TypeError
    return value


def _logarithm(nodes: pl.DataFrame, features: list[str]) -> Floats:
    values: Floats = nodes.select(features).to_numpy().astype(np.float64)
    compressed: Floats = np.sign(values) * np.log1p(np.abs(values))
    return compressed


def _median(column: Floats) -> float:
    known = column[~np.isnan(column)]
    return float(np.median(known)) if known.size else 0.0
