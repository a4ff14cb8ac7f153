"""Benign: a market maker trades to and fro with several partners."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    partners = draw.size(others=1)
    legs = []
    for number in range(partners * int(draw.values["trades"])):
        partner = 1 + number % partners
        ends = (0, partner) if draw.rng.random() < 0.5 else (partner, 0)  # noqa: PLR2004
        legs.append(Leg(*ends, draw.amount()))
    return Shape(["maker", *["partner"] * partners], legs)


TYPOLOGY = Typology(
    "Benign: a market maker trades to and fro with several partners.",
    _shape,
    accounts=(4, 9),
    least=2,
    days=(2, 10),
    values={"trades": 6},
    is_hard_negative=True,
)
