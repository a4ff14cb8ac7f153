"""Benign: the same payees are paid by one payer once a month."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    payees = draw.size(others=1)
    wages = [draw.amount(0.4) for _ in range(payees)]
    months = int(draw.values["months"])
    legs = [Leg(0, 1 + i, wage, month) for month in range(months) for i, wage in enumerate(wages)]
    return Shape(["payer", *["payee"] * payees], legs, batch=1_800)


TYPOLOGY = Typology(
    "Benign: the same payees are paid by one payer once a month.",
    _shape,
    accounts=(9, 21),
    least=3,
    days=(88, 92),
    values={"months": 3},
    is_hard_negative=True,
)
