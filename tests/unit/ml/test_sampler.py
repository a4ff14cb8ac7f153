from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.sampler import NodeSamplerInput

from ml.sampler import ALL, NeighborSampler, draw


@pytest.mark.parametrize("replace", [False, True])
def test_every_neighbour_is_drawn_equally_often(replace: bool) -> None:
    random = np.random.default_rng(1)
    rounds, degree, count = 20_000, 12, 5
    owner, position = draw(np.full(rounds, degree), count, random, replace=replace)
    seen = np.bincount(position, minlength=degree)
    expected = rounds * count / degree
    chi_square = ((seen - expected) ** 2 / expected).sum()
    assert np.bincount(owner).tolist() == [count] * rounds
    assert chi_square < 31.3  # 0.999 quantile with 11 degrees of freedom


def test_every_set_is_drawn_equally_often_and_holds_no_one_twice() -> None:
    rounds = 30_000
    _, position = draw(np.full(rounds, 5), 2, np.random.default_rng(2))
    pairs = np.sort(position.reshape(rounds, 2), axis=1)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    seen = np.unique(pairs @ [10, 1], return_counts=True)[1]
    assert seen.size == 10
    assert ((seen - rounds / 10) ** 2 / (rounds / 10)).sum() < 27.9  # 9 degrees of freedom


def test_few_neighbours_are_all_taken_once() -> None:
    owner, position = draw(np.array([0, 2, 3]), 3, np.random.default_rng(0))
    assert sorted(zip(owner.tolist(), position.tolist(), strict=True)) == [
        (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)
    ]  # fmt: skip


def _sample(fan_out: tuple[int, ...], seeds: list[int], seed: int = 0) -> object:
    # 0 pays 1 and 2, 3 pays 0, 4 pays 3, 5 stands apart with 6.
    source, target = np.array([0, 0, 3, 4, 5]), np.array([1, 2, 0, 3, 6])
    sampler = NeighborSampler(source, target, 7, fan_out, seed=seed)
    index = NodeSamplerInput(input_id=None, node=torch.tensor(seeds))
    return sampler.sample_from_nodes(index)


def test_both_directions_and_seeds_first() -> None:
    out = _sample((ALL, ALL), [0])
    node = out.node.tolist()  # type: ignore[attr-defined]
    sent = [(node[r], node[c]) for r, c in zip(out.row, out.col, strict=True)]  # type: ignore[attr-defined]
    relation = (out.edge >= 5).tolist()  # type: ignore[attr-defined]
    first_hop = set(zip(sent[:3], relation[:3], strict=True))
    assert node[0] == 0
    assert sorted(node) == [0, 1, 2, 3, 4]
    # 3 pays 0: heard along the transfer; 0 pays 1 and 2: heard against it.
    assert first_hop == {((3, 0), False), ((1, 0), True), ((2, 0), True)}
    assert out.num_sampled_nodes == [1, 3, 1]  # type: ignore[attr-defined]


def test_fan_out_holds_per_direction_and_seed_decides() -> None:
    out, same = _sample((1,), [0], seed=4), _sample((1,), [0], seed=4)
    assert out.num_sampled_edges == [2]  # type: ignore[attr-defined]
    assert torch.equal(out.edge, same.edge)  # type: ignore[attr-defined]
