"""A controller funds members, and they and it take turns in paying each other."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    members = draw.size(others=1)
    each = int(draw.values["transfers_per_member"])
    amounts = draw.around(draw.values["base_amount"] or draw.amount(), members * each, 0.2)
    legs = []
    for number, amount in enumerate(amounts):
        turn, member = number // members, 1 + number % members
        ends = (0, member) if turn % 2 == 0 else (member, 0)
        legs.append(Leg(*ends, amount, turn))
    roles = ["controller", *["member"] * members]
    called = frozenset(range(1, 1 + members))
    return Shape(roles, legs, fresh=called, quiet=called, strangers=True, longest=each * 0.9 * DAY)


TYPOLOGY = Typology(
    "A controller funds members, and they and it take turns in paying each other.",
    _shape,
    accounts=(6, 10),
    least=3,
    days=(1, 3),
    values={"transfers_per_member": 3, "base_amount": 0},
)
