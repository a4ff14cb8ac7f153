"""Loaders that answer many questions of one request with one query each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from api.dataloaders.accounts import accounts
from api.dataloaders.alerts import alerts
from api.dataloaders.evidence import evidence
from api.dataloaders.features import features
from api.dataloaders.patterns import patterns
from api.dataloaders.prices import prices
from api.dataloaders.scores import scores
from api.dataloaders.tags import tags
from api.dataloaders.transfers import transfers

if TYPE_CHECKING:
    from cypher.reader import Reader

BATCH = 200
"""Keys in one query."""

EVIDENCE_BATCH = 2_000
"""Transfers in one query: a pattern may stand on hundreds."""


class Loaders:
    """The loaders of one request, one for each question."""

    def __init__(self, reader: Reader) -> None:
        self.accounts = DataLoader(accounts(reader), max_batch_size=BATCH)
        self.alerts = DataLoader(alerts(reader), max_batch_size=BATCH)
        self.evidence = DataLoader(evidence(reader), max_batch_size=EVIDENCE_BATCH)
        self.features = DataLoader(features(reader), max_batch_size=BATCH)
        self.patterns = DataLoader(patterns(reader), max_batch_size=BATCH)
        self.prices = DataLoader(prices(reader), max_batch_size=BATCH)
        self.scores = DataLoader(scores(reader), max_batch_size=BATCH)
        self.tags = DataLoader(tags(reader), max_batch_size=BATCH)
        self.transfers = DataLoader(transfers(reader), max_batch_size=BATCH)
