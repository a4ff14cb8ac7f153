"""Benign: subscribers pay a merchant the same fee again and again."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    subscribers = draw.size(others=1)
    fee = draw.amount()
    payments = int(draw.values["payments"])
    legs = [Leg(1 + i, 0, fee, number) for number in range(payments) for i in range(subscribers)]
    return Shape(["merchant", *["subscriber"] * subscribers], legs, batch=2 * DAY)


TYPOLOGY = Typology(
    "Benign: subscribers pay a merchant the same fee again and again.",
    _shape,
    accounts=(3, 8),
    least=2,
    days=(88, 120),
    values={"payments": 4},
    is_hard_negative=True,
)
