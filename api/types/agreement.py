"""How far the three detectors of an anomaly run agree; fields are those of `ml.agreement`."""

from datetime import datetime
from typing import Any

import strawberry

from api.types.scalars import Long


@strawberry.type(description="The highest accounts of two detectors; ties in the order of ids.")
class TopAgreement:
    """One pair at one share."""

    first: str
    second: str
    share: float = strawberry.field(description="Of the accounts that were judged.")
    k: Long
    intersection: Long
    union: Long
    jaccard: float
    overlap: float = strawberry.field(description="Intersection / k.")


@strawberry.type(description="Accounts in the top of all three detectors.")
class TripleAgreement:
    """One share."""

    share: float
    k: Long
    intersection: Long


@strawberry.type(description="Where a detector's top ends.")
class TopCut:
    """One detector at one share."""

    detector: str
    share: float
    k: Long
    score: float
    tied: Long = strawberry.field(description="Accounts with the score of the last in the top.")
    tied_inside: Long = strawberry.field(description="Those in the top, by nothing but their id.")


@strawberry.type(description="Two detectors over all accounts; null where one is constant.")
class PairAgreement:
    """One pair."""

    first: str
    second: str
    spearman: float | None
    p_value: float | None
    kappa: float | None = strawberry.field(description="Cohen's, of scores from q99 on.")


@strawberry.type(description="A detector against the labels that tags give.")
class DetectorTruth:
    """One detector at one share."""

    detector: str
    share: float
    k: Long
    labelled: Long = strawberry.field(description="Accounts of the top that have a label.")
    precision: float | None
    recall: float
    auc: float
    average_precision: float


@strawberry.type(description="How far three detectors agree, which does not make them right.")
class Agreement:
    """The report of one run of the job `anomaly`."""

    run: strawberry.ID = strawberry.field(description="Of the job.")
    network: str
    as_of: datetime | None
    accounts: Long
    tops: list[TopAgreement]
    triples: list[TripleAgreement]
    cuts: list[TopCut]
    pairs: list[PairAgreement]
    before: strawberry.ID | None = strawberry.field(description="The run of the period before.")
    before_as_of: datetime | None
    stable_accounts: Long = strawberry.field(description="Judged in both periods.")
    stable_tops: list[TopAgreement]
    stable_pairs: list[PairAgreement]
    truth: list[DetectorTruth] = strawberry.field(description="Empty without labels of both kinds.")

    @classmethod
    def of(
        cls, run: str, network: str, as_of: datetime | None, told: dict[str, Any]
    ) -> "Agreement":
        """The report as the job kept it."""
        earlier = told["before_as_of"]
        return cls(
            run=strawberry.ID(run),
            network=network,
            as_of=as_of,
            accounts=told["accounts"],
            before=told["before"],
            before_as_of=datetime.fromisoformat(earlier) if earlier else None,
            stable_accounts=told["stable_accounts"],
            tops=[TopAgreement(**entry) for entry in told["tops"]],
            triples=[TripleAgreement(**entry) for entry in told["triples"]],
            cuts=[TopCut(**entry) for entry in told["cuts"]],
            pairs=[PairAgreement(**entry) for entry in told["pairs"]],
            stable_tops=[TopAgreement(**entry) for entry in told["stable_tops"]],
            stable_pairs=[PairAgreement(**entry) for entry in told["stable_pairs"]],
            truth=[DetectorTruth(**entry) for entry in told["truth"]],
        )
