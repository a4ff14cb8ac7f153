"""One account pays again and again just under a threshold."""

from __future__ import annotations

import math

from loader.synthesis.typology import Draw, Leg, Shape, Typology

_NEAR = 0.8
"""The share of a threshold from which an amount is near it (motif catalogue, 5.2)."""


def _shape(draw: Draw) -> Shape:
    receivers = draw.size(others=1)
    threshold = draw.values["threshold"]
    if draw.amounts[-1] < _NEAR * threshold:
        # Where none of the asset's amounts comes near it, a round sum large among them.
        large = draw.amount(0.97)
        threshold = round(large, -math.floor(math.log10(large)))
    count = draw.count(12, 20)  # most of what such an account pays
    legs = [Leg(0, 1 + i % receivers, threshold * draw.kept(0.81, 0.985)) for i in range(count)]
    return Shape(["structurer", *["receiver"] * receivers], legs, quiet=frozenset({0}))


TYPOLOGY = Typology(
    "One account pays again and again just under a threshold.",
    _shape,
    accounts=(3, 5),
    least=2,
    days=(3, 14),
    values={"threshold": 10_000},
)
