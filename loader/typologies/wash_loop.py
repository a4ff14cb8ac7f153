"""The same ring of accounts is walked round and round with like amounts."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    length = draw.size()
    rounds = int(draw.values["rounds"])
    asked = draw.values["base_amount"]
    amounts = draw.around(asked or draw.amount(), length * rounds, 0.03)
    legs = [Leg(i % length, (i + 1) % length, amount, i) for i, amount in enumerate(amounts)]
    return Shape(["origin", *["member"] * (length - 1)], legs, longest=6.5 * DAY)


TYPOLOGY = Typology(
    "The same ring of accounts is walked round and round with like amounts.",
    _shape,
    accounts=(2, 6),
    least=2,
    days=(1, 6),
    values={"rounds": 5, "base_amount": 0},
)
