"""GraphSAGE that keeps the direction of money: what comes in and what goes out, apart.

Two layers; in each, one `SAGEConv` takes the mean over payers and another the mean over payees,
and both are added to a linear map of the account itself:

    h_v = ReLU(W h_v + A mean_{u -> v} h_u + B mean_{v -> u} h_u)

The last layer sees the first two side by side, so that an account's own features keep their say.
Hamilton, Ying, Leskovec: Inductive Representation Learning on Large Graphs, arXiv 1706.02216.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch_geometric.nn import SAGEConv

from core.errors import FormatError
from ml import neighbors
from ml.contract import Fitted, Floats, Inputs, Integers, Model, Progress, Targets, TrainOptions
from ml.metrics import auc, average_precision

if TYPE_CHECKING:
    from pathlib import Path

FILE = "weights.safetensors"
_STEPS = 16


class _Layer(nn.Module):
    """One round of messages, [senders, inward] to [receivers, outward]."""

    def __init__(self, inward: int, outward: int) -> None:
        super().__init__()
        self.own = nn.Linear(inward, outward)
        self.incoming = SAGEConv(inward, outward, root_weight=False, bias=False)
        self.outgoing = SAGEConv(inward, outward, root_weight=False, bias=False)

    def forward(self, x: Tensor, messages: neighbors.Messages) -> Tensor:
        own = x[: messages.receivers]
        heard = self.incoming((x, own), messages.incoming)
        heard = heard + self.outgoing((x, own), messages.outgoing)
        summed: Tensor = self.own(own) + heard
        return summed


class Network(nn.Module):
    """Features, [accounts, features], to the two logits of the seeds, [seeds, 2]."""

    def __init__(self, features: int, options: TrainOptions) -> None:
        super().__init__()
        hidden = options.hidden
        self.first = _Layer(features, hidden)
        self.second = _Layer(hidden, hidden // 2)
        self.last = nn.Linear(features + hidden + hidden // 2, 2)
        self.dropout = nn.Dropout(options.dropout)

    def forward(self, x: Tensor, rounds: list[neighbors.Messages]) -> Tensor:
        """Logits of good and bad."""
        one = self.first(x, rounds[0]).relu()
        two = self.second(self.dropout(one), rounds[1]).relu()
        seeds = two.size(0)
        beside = torch.cat([x[:seeds], one[:seeds], two], dim=1)
        logits: Tensor = self.last(self.dropout(beside))
        return logits


class GraphSage(Fitted):
    """A trained network and how it reads neighbours."""

    def __init__(self, network: Network, options: TrainOptions) -> None:
        self.network, self.options = network.eval(), options
        self.best_epoch = 0

    def predict(self, inputs: Inputs) -> Floats:
        """Log-odds of being bad, [accounts]."""
        x = torch.from_numpy(inputs.features).float()
        with neighbors.threads(inputs), torch.no_grad():
            logits = self.network(x, neighbors.everything(inputs))
        odds: Floats = (logits[:, 1] - logits[:, 0]).double().numpy()
        return odds

    def attribute(self, inputs: Inputs, rows: Integers) -> Floats:
        """Integrated gradients from the average account over the accounts' own features.

        Neighbours keep their features on the path, so that what is attributed is what the account
        itself does.
        """
        total = np.zeros((rows.size, inputs.features.shape[1]))
        batch = neighbors.around(inputs, rows)
        x = torch.from_numpy(inputs.features[batch.accounts]).float()
        own = x[: rows.size].clone()
        with neighbors.threads(inputs):
            for step in range(_STEPS):
                share = ((step + 0.5) / _STEPS * own).requires_grad_()
                logits = self.network(torch.cat([share, x[rows.size :]]), batch.rounds)
                (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), share)
                total += gradient.double().numpy()
        contribution: Floats = total / _STEPS * own.double().numpy()
        return contribution

    def save(self, folder: Path) -> str:
        """Write the weights."""
        state = {name: value.contiguous() for name, value in self.network.state_dict().items()}
        save_file(state, folder / FILE)
        return FILE

    def facts(self) -> dict[str, float]:
        """Size and the epoch whose weights were kept."""
        size = sum(value.numel() for value in self.network.parameters())
        return {"parameters": float(size), "best_epoch": float(self.best_epoch)}


def fit(
    inputs: Inputs, targets: Targets, options: TrainOptions, progress: Progress | None
) -> GraphSage:
    """Train until the validation part no longer gets better, and keep the best weights."""
    with neighbors.threads(inputs):
        return _fit(inputs, targets, options, progress)


def _fit(
    inputs: Inputs, targets: Targets, options: TrainOptions, progress: Progress | None
) -> GraphSage:
    torch.manual_seed(options.seed)
    network = Network(inputs.features.shape[1], options)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
    )
    rows, answer, weight = _lessons(inputs, targets, options)
    validation, validation_y = targets.of("validation")
    batches = neighbors.batches(inputs, rows, options)
    check = neighbors.around(inputs, validation)
    features = torch.from_numpy(inputs.features).float()
    best, kept, best_epoch = -np.inf, deepcopy(network.state_dict()), 0
    for epoch in range(1, options.epochs + 1):
        network.train()
        for batch in batches:
            optimizer.zero_grad()
            logits = network(features[batch.accounts], batch.rounds)
            seeds = batch.accounts[: batch.seeds]
            losses = cross_entropy(logits, answer[seeds], reduction="none")
            loss = (losses * weight[seeds]).sum() / weight[seeds].sum()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        reached = _quality(network, features, check, validation_y)
        if reached > best:
            best, kept, best_epoch = reached, deepcopy(network.state_dict()), epoch
        if progress is not None:
            progress(epoch, options.epochs)
        if epoch - best_epoch >= options.patience:
            break
    network.load_state_dict(kept)
    fitted = GraphSage(network, options)
    fitted.best_epoch = best_epoch
    return fitted


def _lessons(
    inputs: Inputs, targets: Targets, options: TrainOptions
) -> tuple[Integers, Tensor, Tensor]:
    """Accounts to learn from, and for every account its answer and weight.

    Both classes weigh alike. Some accounts without a label are taken for good with a small weight:
    most are, and a model that never saw the like of them would have no reason to call them so.
    """
    train, y = targets.of("train")
    answer = np.zeros(inputs.features.shape[0], dtype=np.int64)
    weight = np.zeros(answer.size)
    answer[train] = y
    weight[train] = (y.size / (2 * np.maximum(np.bincount(y, minlength=2), 1)))[y]
    unknown = np.setdiff1d(np.arange(answer.size), targets.row)
    count = min(unknown.size, options.unlabelled_sample)
    drawn = np.random.default_rng(options.seed).choice(unknown, count, replace=False)
    weight[drawn] = options.unlabelled_weight * train.size / max(count, 1)
    rows = np.concatenate([train, np.sort(drawn)]) if options.unlabelled_weight > 0 else train
    return rows, torch.from_numpy(answer), torch.from_numpy(weight).float()


def _quality(network: Network, features: Tensor, batch: neighbors.Batch, y: Integers) -> float:
    network.eval()
    with torch.no_grad():
        logits = network(features[batch.accounts], batch.rounds)
    odds = (logits[:, 1] - logits[:, 0]).double().numpy()
    return auc(y, odds) + average_precision(y, odds)


def restore(folder: Path, features: int, options: TrainOptions) -> GraphSage:
    """Read the weights back.

    Raises:
        FormatError: the file is truncated, or holds the weights of another network.
    """
    network = Network(features, options)
    try:
        network.load_state_dict(load_file(folder / FILE))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = "its weights cannot be read, or are those of another network"
        raise FormatError("graphsage", folder / FILE, reason) from error
    return GraphSage(network, options)


MODEL = Model(
    summary="Direction-aware GraphSAGE: two layers, mean over payers and over payees apart.",
    task="node_classification",
    fit=fit,
    restore=restore,
)
