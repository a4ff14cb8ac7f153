"""What a model or detector file must offer, and the names of those that there are.

Nothing here imports torch or scikit-learn: a file of an open folder is imported when it is used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UnknownNameError
from core.registry import OpenFolder

if TYPE_CHECKING:
    from pathlib import Path

FAMILIES = ("activity",)
"""Families of features from the database that models get where nothing else is asked for."""

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """How to train.

    Attributes:
        seed: of the split, the weights and the sampling.
        epochs: at most; training stops early.
        patience: epochs without a better validation part after which it stops.
        sampled_above: accounts above which neighbours are sampled instead of all read.
        batch_size: seed accounts of a mini-batch where neighbours are sampled.
        validation, test: shares of the labelled accounts.
        unlabelled_sample, unlabelled_weight: how many accounts without a label are taken for
            good, and what they weigh together in units of all labelled ones.
    """

    seed: int = 42
    epochs: int = 200
    patience: int = 40
    hidden: int = 64
    learning_rate: float = 0.003
    weight_decay: float = 5e-4
    dropout: float = 0.5
    fan_out: tuple[int, ...] = (25, 10)
    batch_size: int = 512
    sampled_above: int = 300_000
    validation: float = 0.2
    test: float = 0.2
    unlabelled_sample: int = 2_000
    unlabelled_weight: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What a model sees: scaled features and edges, in the order of the accounts.

    Attributes:
        features: [accounts, features], without nulls.
        source, target: [transfers], row numbers of the accounts.
    """

    features: Floats
    source: Integers
    target: Integers

    def active(self) -> NDArray[np.bool_]:
        """Whether each account takes part in a transfer, [accounts]."""
        found = np.zeros(self.features.shape[0], dtype=np.bool_)
        found[self.source] = found[self.target] = True
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Labelled accounts: `y` is 1 for bad and 0 for good, each row in one part."""

    row: Integers
    y: Integers
    part: NDArray[np.str_]

    def of(self, part: str) -> tuple[Integers, Integers]:
        """Rows and labels of one part: train, validation or test."""
        chosen = self.part == part
        return self.row[chosen], self.y[chosen]


class Fitted(ABC):
    """A trained model."""

    @abstractmethod
    def predict(self, inputs: Inputs) -> Floats:
        """One value per account, higher is worse."""

    @abstractmethod
    def attribute(self, inputs: Inputs, rows: Integers) -> Floats:
        """Share of each feature in the value of each given account, [rows, features]."""

    @abstractmethod
    def save(self, folder: Path) -> str:
        """Write the weights without pickle; the name of the file."""

    def facts(self) -> dict[str, float]:
        """Numbers of the training that are worth keeping."""
        return {}


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of model.

    Attributes:
        summary: one sentence for lists.
        task: node_classification or anomaly_detection.
        transform: how features are scaled, see `ml.scaler`.
        fit: trains; targets are empty for a detector.
        restore: the model from its file, with the number of features and the options.
    """

    summary: str
    task: str
    fit: Callable[[Inputs, Targets, TrainOptions, Progress | None], Fitted]
    restore: Callable[[Path, int, TrainOptions], Fitted]

    @property
    def supervised(self) -> bool:
        """Whether it learns from labels."""
        return self.task == "node_classification"


MODELS = OpenFolder("ml.models", "MODEL", Model, "model")
DETECTORS = OpenFolder("ml.detectors", "DETECTOR", Model, "detector")


def names() -> list[str]:
    """Public names of all models and detectors, without importing any."""
    return sorted([*MODELS.names(), *DETECTORS.names()])


def get(name: str) -> Model:
    """Import one model or detector.

    Raises:
        UnknownNameError: there is no such file.
    """
    if name not in names():
        raise UnknownNameError("model", name, names())
    return (MODELS if name in MODELS.names() else DETECTORS).get(name)
