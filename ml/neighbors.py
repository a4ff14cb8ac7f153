"""Messages between accounts as tensors: of the whole graph, around accounts, in mini-batches."""

from __future__ import annotations

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
    from collections.abc import Iterable, Iterator

    from ml.contract import Inputs, Integers, TrainOptions

HOPS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Messages:
    """[2, messages] from sender to receiver: along transfers, and against them."""

    incoming: Tensor
    outgoing: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Surroundings of some accounts.

    Attributes:
        accounts: rows of the subgraph, the seeds first.
        messages: by place in `accounts`.
        seeds: how many.
    """

    accounts: Tensor
    messages: Messages
    seeds: int


def everything(inputs: Inputs) -> Messages:
    """All messages of the subgraph."""
    along = torch.from_numpy(np.stack([inputs.source, inputs.target]))
    return Messages(along, along.flip(0))


def around(inputs: Inputs, rows: Integers) -> Batch:
    """All that reaches the given accounts within the hops of a model: exact for them."""
    sampler = _sampler(inputs, (ALL,) * HOPS, 0)
    seeds = torch.from_numpy(rows.astype(np.int64))
    out = sampler.sample_from_nodes(NodeSamplerInput(input_id=None, node=seeds))
    index = torch.stack([out.row, out.col])
    return Batch(out.node, _apart(index, out.edge, inputs.source.size), rows.size)


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
            messages = _apart(data.edge_index, data.e_id, self.transfers)
            yield Batch(data.n_id, messages, int(data.batch_size))


def _sampler(inputs: Inputs, fan_out: tuple[int, ...], seed: int) -> NeighborSampler:
    accounts = inputs.features.shape[0]
    return NeighborSampler(inputs.source, inputs.target, accounts, fan_out, seed=seed)


def _apart(index: Tensor, edge: Tensor, transfers: int) -> Messages:
    along = edge < transfers
    return Messages(index[:, along], index[:, ~along])
