"""Raw outputs to probabilities, fitted on the validation part and stored with the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import FormatError
from ml.scaler import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml.contract import Floats, Integers

ISOTONIC_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Calibration:
    """A non-decreasing map: `platt` is a logistic curve, `isotonic` steps between points.

    Attributes:
        method: none, platt or isotonic.
        x, y: slope and intercept are `x[0], y[0]` for platt; points of the curve for isotonic.
    """

    method: str = "none"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, raw: Floats) -> Floats:
        """Probabilities in [0, 1]; the raw values where nothing was fitted."""
        if self.method == "platt":
            exponent = np.clip(-(self.x[0] * raw + self.y[0]), -700, 700)
            return 1.0 / (1.0 + np.exp(exponent))
        if self.method == "isotonic":
            return np.interp(raw, self.x, self.y)
        return raw

    def facts(self) -> dict[str, object]:
        """As JSON values."""
        return {"method": self.method, "x": list(self.x), "y": list(self.y)}

    @classmethod
    def restore(cls, facts: Mapping[str, object], where: str) -> Calibration:
        """The calibration of `facts`.

        Raises:
            FormatError: a part is missing or malformed.
        """
        try:
            method, x, y = str(facts["method"]), facts["x"], facts["y"]
            points = [tuple(float(str(v)) for v in listed(column)) for column in (x, y)]
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError("model", where, "its calibration is incomplete") from error
        if len(points[0]) != len(points[1]):
            raise FormatError("model", where, "its calibration is incomplete")
        return cls(method, points[0], points[1])


def fit(raw: Floats, y: Integers) -> Calibration:
    """Isotonic from 1,000 rows on, Platt below; none where only one class is there."""
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - slow to import
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    if not 0 < y.sum() < y.size:
        return Calibration()
    if y.size >= ISOTONIC_ROWS:
        curve = IsotonicRegression(out_of_bounds="clip", y_min=0, y_max=1).fit(raw, y)
        return Calibration(
            "isotonic", tuple(curve.X_thresholds_.tolist()), tuple(curve.y_thresholds_.tolist())
        )
    # Platt's targets: a class of n rows is never believed beyond (n + 1) / (n + 2).
    bad, good = float(y.sum()), float(y.size - y.sum())
    weight = np.where(y == 1, (bad + 1) / (bad + 2), (good + 1) / (good + 2))
    both = np.concatenate([raw, raw])[:, None]
    targets = np.concatenate([y, 1 - y])
    weights = np.concatenate([weight, 1 - weight])
    line = LogisticRegression(C=1e6).fit(both, targets, sample_weight=weights)
    return Calibration("platt", (float(line.coef_[0, 0]),), (float(line.intercept_[0]),))
