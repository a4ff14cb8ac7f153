"""Benign: many pay the same biller their bill once a month."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    payers = draw.size(others=1)
    bills = [draw.amount() for _ in range(payers)]
    months = int(draw.values["months"])
    legs = [
        Leg(1 + i, 0, bill * draw.kept(0.85, 1.15), month)
        for month in range(months)
        for i, bill in enumerate(bills)
    ]
    return Shape(["biller", *["payer"] * payers], legs, batch=2 * DAY)


TYPOLOGY = Typology(
    "Benign: many pay the same biller their bill once a month.",
    _shape,
    accounts=(9, 21),
    least=3,
    days=(88, 92),
    values={"months": 3},
    is_hard_negative=True,
)
