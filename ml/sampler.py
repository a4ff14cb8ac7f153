"""Draws the neighbours of accounts for mini-batches, in both directions, behind PyG's interface.

It stands in for pyg-lib, which has no wheels in the package index. Everything is NumPy over a CSR
of the graph in which each transfer is two messages: relation 0 from payer to payee, relation 1 from
payee to payer. Fan-outs hold per account and relation.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch_geometric.sampler import (
    BaseSampler,
    EdgeSamplerInput,
    NegativeSampling,
    NodeSamplerInput,
    SamplerOutput,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.contract import Integers

ALL = -1
"""A fan-out that takes every neighbour."""


@dataclass(frozen=True, slots=True, eq=False)
class Adjacency:
    """Messages by receiver.

    Attributes:
        start: [accounts + 1], where the messages to an account begin in the next two.
        sender: [messages], who sends.
        edge: [messages], row of the transfer.
    """

    start: Integers
    sender: Integers
    edge: Integers

    @classmethod
    def of(cls, sender: Integers, receiver: Integers, accounts: int) -> Adjacency:
        """Sort messages by receiver, keeping their order."""
        order = np.argsort(receiver, kind="stable")
        start = np.zeros(accounts + 1, dtype=np.int64)
        np.cumsum(np.bincount(receiver, minlength=accounts), out=start[1:])
        return cls(start, sender[order], order.astype(np.int64))


def draw(
    degree: Integers, fan_out: int, random: np.random.Generator, *, replace: bool = False
) -> tuple[Integers, Integers]:
    """Choose positions among neighbours, each set of positions with equal probability.

    Args:
        degree: [n], neighbours of each account.
        fan_out: at most so many; with `replace` exactly so many where there is a neighbour.
        random: the source of chance.
        replace: whether one neighbour may be drawn twice.

    Returns:
        Which account, [m], and which of its neighbours from 0 on, [m].
    """
    if fan_out == ALL:
        return _everything(degree)
    if replace:
        owner = np.repeat(np.flatnonzero(degree > 0), fan_out)
        return owner, (random.random(owner.size) * degree[owner]).astype(np.int64)
    few = np.where(degree <= fan_out, degree, 0)
    owner, position = _everything(few)
    many = np.flatnonzero(degree > fan_out)
    chosen = _floyd(degree[many], fan_out, random)
    return (
        np.concatenate([owner, np.repeat(many, fan_out)]),
        np.concatenate([position, chosen.ravel()]),
    )


def _everything(degree: Integers) -> tuple[Integers, Integers]:
    owner = np.repeat(np.arange(degree.size), degree)
    first = np.cumsum(degree) - degree
    return owner, np.arange(owner.size) - first[owner]


def _floyd(degree: Integers, count: int, random: np.random.Generator) -> Integers:
    """Robert Floyd's sampling without replacement, for all rows at once: [n, count]."""
    chosen = np.full((degree.size, count), -1, dtype=np.int64)
    for step in range(count):
        last = degree - count + step
        pick = (random.random(degree.size) * (last + 1)).astype(np.int64)
        taken = (chosen[:, :step] == pick[:, None]).any(axis=1)
        chosen[:, step] = np.where(taken, last, pick)
    return chosen


def sampler_in_use() -> str:
    """Which sampler draws neighbours, for `doctor`."""
    found = "is installed, but not needed" if find_spec("pyg_lib") else "is not installed"
    return f"LedgerGraph's own, vectorised; pyg-lib {found}"


class NeighborSampler(BaseSampler):  # type: ignore[misc]  # PyG is untyped
    """Samples a fan-out per hop around seed accounts.

    The data it serves hold the messages of both relations in `edge_index`, those of relation 0
    first; sampled messages point towards the seeds.
    """

    def __init__(
        self,
        source: Integers,
        target: Integers,
        accounts: int,
        fan_out: Sequence[int],
        *,
        seed: int = 42,
        replace: bool = False,
    ) -> None:
        self.accounts, self.transfers = accounts, source.size
        self.fan_out, self.replace = list(fan_out), replace
        self.random = np.random.default_rng(seed)
        self.adjacency = (
            Adjacency.of(source, target, accounts),
            Adjacency.of(target, source, accounts),
        )
        self._place = np.full(accounts, -1, dtype=np.int64)

    def sample_from_nodes(self, index: NodeSamplerInput, **_: object) -> SamplerOutput:
        """The sampled surroundings of the seeds, which come first in `node`."""
        seeds = index.node.numpy().astype(np.int64)
        known, frontier = [seeds], seeds
        place = self._place
        place[seeds] = np.arange(seeds.size)
        size, rows, columns, edges = seeds.size, [], [], []
        nodes_by_hop, edges_by_hop = [seeds.size], []
        for fan_out in self.fan_out:
            sender, receiver, edge = self._hop(frontier, fan_out)
            fresh = np.unique(sender[place[sender] < 0])
            place[fresh] = size + np.arange(fresh.size)
            size += fresh.size
            rows.append(place[sender])
            columns.append(place[receiver])
            edges.append(edge)
            known.append(fresh)
            nodes_by_hop.append(fresh.size)
            edges_by_hop.append(edge.size)
            frontier = fresh
        node = np.concatenate(known)
        place[node] = -1  # the array is kept for the next batch
        return SamplerOutput(
            node=torch.from_numpy(node),
            row=torch.from_numpy(np.concatenate(rows)),
            col=torch.from_numpy(np.concatenate(columns)),
            edge=torch.from_numpy(np.concatenate(edges)),
            num_sampled_nodes=nodes_by_hop,
            num_sampled_edges=edges_by_hop,
            metadata=(index.input_id, index.time),
        )

    def _hop(self, frontier: Integers, fan_out: int) -> tuple[Integers, Integers, Integers]:
        parts = []
        for relation, adjacency in enumerate(self.adjacency):
            degree = adjacency.start[frontier + 1] - adjacency.start[frontier]
            owner, position = draw(degree, fan_out, self.random, replace=self.replace)
            at = adjacency.start[frontier[owner]] + position
            edge = adjacency.edge[at] + relation * self.transfers
            parts.append((adjacency.sender[at], frontier[owner], edge))
        sender, receiver, edges = (np.concatenate(part) for part in zip(*parts, strict=True))
        return sender, receiver, edges

    def sample_from_edges(
        self, index: EdgeSamplerInput, neg_sampling: NegativeSampling | None = None
    ) -> SamplerOutput:
        """Not offered: the models here classify accounts."""
        raise NotImplementedError
