"""A large sum moves through fresh accounts, and small amounts are peeled off."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    peels = 4
    hops = max(5, min(20, (draw.size() - 1) // (1 + peels)))
    amount = draw.amount(0.8)
    roles, legs = ["origin"], []
    holder = 0
    for hop in range(hops):
        following = len(roles)
        small = draw.parts(amount * draw.kept(0.02, 0.08), peels)
        onward = amount * draw.kept(0.86, 0.915)
        legs.append(Leg(holder, following, onward, hop))
        legs += [Leg(holder, following + 1 + i, part, hop) for i, part in enumerate(small)]
        roles += ["chain", *["peel_target"] * peels]
        holder, amount = following, onward
    fresh = frozenset(slot for slot, role in enumerate(roles) if role == "chain")
    return Shape(roles, legs, fresh=fresh, quiet=fresh, longest=hops * DAY / 2)


TYPOLOGY = Typology(
    "A large sum moves through fresh accounts, and small amounts are peeled off.",
    _shape,
    accounts=(26, 41),
    least=26,
    days=(1, 5),
)
