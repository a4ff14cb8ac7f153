"""Most of one group pay most of another."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    members = draw.size(least=6)
    left, right = list(range(members // 2)), list(range(members // 2, members))
    legs = [Leg(a, b, draw.amount()) for a, b in draw.pairs(left, right, 0.7)]
    return Shape([*["source"] * len(left), *["destination"] * len(right)], legs)


TYPOLOGY = Typology(
    "Most of one group pay most of another.",
    _shape,
    accounts=(6, 12),
    least=6,
    days=(2, 10),
)
