"""Names of the graph and of the frames that packages hand to each other: one spelling each.

Times are UTC: `ts`, `first_seen` and `last_seen` are epoch milliseconds, `timestamp` the same
instant as a datetime. `amount_base` is the exact amount in base units as a decimal string, `amount`
the nearest double in whole units and null where the asset's decimals are unknown.
"""

from __future__ import annotations

from enum import StrEnum

import polars as pl


class NodeLabel(StrEnum):
    """Labels of nodes."""

    ACCOUNT = "Account"
    ASSET = "Asset"
    TAG = "Tag"
    PRICE = "Price"
    CHECKPOINT = "Checkpoint"
    LOAD_BATCH = "LoadBatch"
    JOB_RUN = "JobRun"
    SCORE_RUN = "ScoreRun"
    MODEL = "Model"
    PATTERN = "Pattern"
    ALERT = "Alert"
    ALERT_CLUSTER = "AlertCluster"
    FEEDBACK = "Feedback"
    INFRA_PROPOSAL = "InfraProposal"
    JOB = "Job"
    LEASE = "Lease"
    MIGRATION = "Migration"


class RelationshipType(StrEnum):
    """Types of relationships.

    INVOLVED_IN {role, position} leads from an account to a pattern, TRIGGERS from there to an
    alert, ABOUT to its account. SAME_ENTITY {rule, evidence, confidence, state} links accounts of
    one party, whose `entity` is a copy of the component they form. PROPOSED leads from an account
    to the proposal to treat it as infrastructure.
    """

    TRANSFER = "TRANSFER"
    FLOW = "FLOW"
    HAS_TAG = "HAS_TAG"
    SCORED = "SCORED"
    ACTIVE_RUN = "ACTIVE_RUN"
    INVOLVED_IN = "INVOLVED_IN"
    TRIGGERS = "TRIGGERS"
    ABOUT = "ABOUT"
    IN_CLUSTER = "IN_CLUSTER"
    ON = "ON"
    SAME_ENTITY = "SAME_ENTITY"
    PROPOSED = "PROPOSED"


class RunState(StrEnum):
    """Life of a JobRun or ScoreRun: writing, sealed, active, retired; or failed, skipped."""

    WRITING = "writing"
    SEALED = "sealed"
    ACTIVE = "active"
    RETIRED = "retired"
    FAILED = "failed"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """How grave an alert is, in ascending order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class AlertStatus(StrEnum):
    """What became of an alert; `duplicate` names the earlier one it repeats."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    DUPLICATE = "duplicate"


class Verdict(StrEnum):
    """What an analyst says of an alert."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    UNCLEAR = "unclear"


class Flag(StrEnum):
    """Values of a transfer's `flags`."""

    SELF = "self"
    MINT = "mint"
    BURN = "burn"
    CREATE = "create"
    AGGREGATED = "aggregated"
    ORDER_UNKNOWN = "order_unknown"
    TIME_APPROXIMATE = "time_approximate"
    AMOUNT_INEXACT = "amount_inexact"
    AMOUNT_UNKNOWN = "amount_unknown"
    SUCCESS_UNKNOWN = "success_unknown"
    LEGS_MISSING = "legs_missing"
    PATH_UNBALANCED = "path_unbalanced"
    CHANGE = "change"
    COINJOIN = "coinjoin"
    FX = "fx"
    UNCONFIRMED = "unconfirmed"


FEE_KIND = "fee"
"""The kind of transfer that features, motifs and FLOW leave out."""

TRANSFERS = pl.Schema(
    {
        "id": pl.String(),
        "source": pl.String(),
        "target": pl.String(),
        "asset": pl.String(),
        "amount_base": pl.String(),
        "amount": pl.Float64(),
        "ts": pl.Int64(),
        "ledger": pl.Int64(),
        "ord": pl.Int64(),
        "kind": pl.String(),
        "flags": pl.List(pl.String()),
        "tx_id": pl.String(),
    }
)
"""Transfers as formats emit them; `source` and `target` are account ids. Further columns are
extras that become properties of the same name."""

ACCOUNTS = pl.Schema(
    {
        "id": pl.String(),
        "network": pl.String(),
        "address": pl.String(),
        "kind": pl.String(),
        "members": pl.List(pl.String()),
    }
)
"""Accounts as formats emit them; `kind` is one of spec/loading.md section 1, `members` are the
addresses of a multisig and may be left out."""

ASSETS = pl.Schema(
    {
        "id": pl.String(),
        "network": pl.String(),
        "symbol": pl.String(),
        "issuer": pl.String(),
        "contract": pl.String(),
        "decimals": pl.Int64(),
        "asset_class": pl.String(),
    }
)
"""Assets as formats emit them; `decimals` is null where it is not known."""

SCORES = pl.Schema(
    {
        "account": pl.String(),
        "value": pl.Float64(),
        "percentile": pl.Float64(),
        "band": pl.String(),
        "reasons": pl.List(pl.String()),
    }
)
"""Scores as models return them: one row an account, `percentile` is Hazen in [0, 100], `band` is
low, medium, high or critical, `reasons` is empty where none were computed."""

MOTIF_COLUMNS = ("accounts", "roles", "transfers", "volume", "started", "ended")
"""The columns that every motif returns, in this order; it may add others."""
