"""Messages between accounts as tensors: of the whole graph, around accounts, in mini-batches."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.loader import NodeLoader
from torch_geometric.sampler import NodeSamplerInput

from ml.sampler import ALL, NeighborSampler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ml.contract import Inputs, Integers, TrainOptions

HOPS = 2
SMALL = 20_000
"""Accounts below which one thread is faster than handing out work to several."""


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """One round of messages as sparse matrices, [receivers, senders]; receivers come first.

    Attributes:
        incoming: along transfers, so that an account hears its payers.
        outgoing: against them, so that it hears its payees.
    """

    incoming: Tensor
    outgoing: Tensor

    @property
    def receivers(self) -> int:
        """How many accounts hear."""
        return int(self.incoming.size(0))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Surroundings of some accounts.

    Attributes:
        accounts: rows of the subgraph, the seeds first.
        rounds: messages by place in `accounts`, one round per layer; each round leaves out what
            no later one needs, and the last is heard by the seeds alone.
        seeds: how many.
    """

    accounts: Tensor
    rounds: list[Messages]
    seeds: int


@contextmanager
def threads(inputs: Inputs) -> Iterator[None]:
    """Let torch use one thread while the subgraph is small."""
    before = torch.get_num_threads()
    if inputs.features.shape[0] < SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def everything(inputs: Inputs) -> list[Messages]:
    """All messages of the subgraph, for every round."""
    accounts = inputs.features.shape[0]
    source, target = torch.from_numpy(inputs.source), torch.from_numpy(inputs.target)
    size = (accounts, accounts)
    return [Messages(_matrix(source, target, size), _matrix(target, source, size))] * HOPS


def around(inputs: Inputs, rows: Integers) -> Batch:
    """All that reaches the given accounts within the hops of a model: exact for them."""
    sampler = _sampler(inputs, (ALL,) * HOPS, 0)
    seeds = torch.from_numpy(rows.astype(np.int64))
    out = sampler.sample_from_nodes(NodeSamplerInput(input_id=None, node=seeds))
    index = torch.stack([out.row, out.col])
    hops = out.num_sampled_nodes, out.num_sampled_edges
    return _batch(out.node, index, out.edge, inputs.source.size, hops)


def batches(inputs: Inputs, rows: Integers, options: TrainOptions) -> Iterable[Batch]:
    """Batches of one epoch, anew each time: one exact batch, or sampled ones in a large graph."""
    if inputs.features.shape[0] <= options.sampled_above:
        return [around(inputs, rows)]
    return _Sampled(inputs, rows, options)


class _Sampled:
    """Mini-batches with drawn neighbours, through PyG's own loader."""

    def __init__(self, inputs: Inputs, rows: Integers, options: TrainOptions) -> None:
        along = np.stack([inputs.source, inputs.target])
        edges = torch.from_numpy(np.concatenate([along, along[::-1]], axis=1))
        self.transfers = inputs.source.size
        self.loader = NodeLoader(
            Data(edge_index=edges, num_nodes=inputs.features.shape[0]),
            node_sampler=_sampler(inputs, options.fan_out, options.seed),
            input_nodes=torch.from_numpy(rows.astype(np.int64)),
            batch_size=options.batch_size,
            shuffle=True,
            generator=torch.Generator().manual_seed(options.seed),
        )

    def __iter__(self) -> Iterator[Batch]:
        for data in self.loader:
            hops = data.num_sampled_nodes, data.num_sampled_edges
            yield _batch(data.n_id, data.edge_index, data.e_id, self.transfers, hops)


def _sampler(inputs: Inputs, fan_out: tuple[int, ...], seed: int) -> NeighborSampler:
    accounts = inputs.features.shape[0]
    return NeighborSampler(inputs.source, inputs.target, accounts, fan_out, seed=seed)


def _batch(
    accounts: Tensor,
    index: Tensor,
    edge: Tensor,
    transfers: int,
    hops: tuple[Sequence[int], Sequence[int]],
) -> Batch:
    """Cut a sample into rounds; the first hop's messages, which reach the seeds, come first."""
    nodes, edges = np.cumsum(hops[0]), np.cumsum(hops[1])
    rounds = []
    for hop in reversed(range(len(edges))):
        size = int(nodes[hop]), int(nodes[hop + 1])
        heard, along = index[:, : edges[hop]], edge[: edges[hop]] < transfers
        parts = [_matrix(heard[0, on], heard[1, on], size) for on in (along, ~along)]
        rounds.append(Messages(parts[0], parts[1]))
    return Batch(accounts, rounds, int(nodes[0]))


def _matrix(sender: Tensor, receiver: Tensor, size: tuple[int, int]) -> Tensor:
    order = torch.argsort(receiver, stable=True)
    start = torch.zeros(size[0] + 1, dtype=torch.long)
    torch.cumsum(torch.bincount(receiver, minlength=size[0]), 0, out=start[1:])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        # PyG sums over such a matrix in one multiplication, several times faster than by edges.
        values = torch.ones(sender.numel())
        return torch.sparse_csr_tensor(start, sender[order], values, size, check_invariants=False)
