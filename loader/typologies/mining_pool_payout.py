"""Benign: a pool pays its miners their shares, again and again."""

from __future__ import annotations

from loader.synthesis.typology import Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    miners = draw.size(others=1)
    pot = draw.amount(0.5) * miners
    shares = draw.parts(pot, miners)
    rounds = int(draw.values["rounds"])
    legs = [
        Leg(0, 1 + i, share * draw.kept(0.9, 1.1), number)
        for number in range(rounds)
        for i, share in enumerate(shares)
    ]
    return Shape(["pool", *["miner"] * miners], legs, batch=3_600)


TYPOLOGY = Typology(
    "Benign: a pool pays its miners their shares, again and again.",
    _shape,
    accounts=(7, 17),
    least=3,
    days=(3, 8),
    values={"rounds": 4},
    is_hard_negative=True,
)
