"""A sum is split over branches of uneven length that meet again."""

from __future__ import annotations

from loader.synthesis.typology import DAY, Draw, Leg, Shape, Typology


def _shape(draw: Draw) -> Shape:
    members = draw.size(others=2, least=2)
    branches = max(2, min(4, members // 2))
    roles = ["source", "merge_point"]
    legs: list[Leg] = []
    for number in range(branches):
        inner = max(1, min(3, members // branches + (number < members % branches)))
        slots = list(range(len(roles), len(roles) + inner))
        roles += ["branch_member"] * inner
        amount = draw.amount()
        # First hops leave together and last ones arrive together, however long the branch.
        stages = [*range(inner), 3]
        for a, b, stage in zip([0, *slots], [*slots, 1], stages, strict=True):
            legs.append(Leg(a, b, amount, stage))
            amount *= draw.kept(0.95, 0.995)
    return Shape(roles, legs, longest=3.6 * DAY)


TYPOLOGY = Typology(
    "A sum is split over branches of uneven length that meet again.",
    _shape,
    accounts=(6, 10),
    least=4,
    days=(1, 3),
)
