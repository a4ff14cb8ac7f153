"""Decides on accounts proposed as infrastructure; the list of accepted ones has versions.

An accepted account gets a Tag of category infrastructure, as those of a loaded list have, and
`is_infra`, its copy, which is all that features, motifs and taint look at. A rejected one is not
proposed again; rejecting an accepted one takes the tag away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from core.errors import NotFoundError
from core.times import to_epoch_ms

if TYPE_CHECKING:
    from cypher.graph import Graph, Transaction

LABEL, SOURCE = "infrastructure (accepted proposal)", "analyst"
PROPOSED, ACCEPTED, REJECTED = "proposed", "accepted", "rejected"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, and the version of the network's list since then."""

    account: str
    state: str
    version: int


def decide(
    graph: Graph, account: str, analyst: str, *, accept: bool, reason: str | None = None
) -> Decided:
    """Accept or reject a proposed account.

    Raises:
        NotFoundError: the account was never proposed.
    """
    at, state = datetime.now(UTC), ACCEPTED if accept else REJECTED

    def work(transaction: Transaction) -> Decided:
        found = transaction.run(
            "writes/infra_decide",
            account=account,
            state=state,
            analyst=analyst,
            reason=reason,
            at=at,
        )
        if found.is_empty():
            raise NotFoundError(
                "proposal for",
                account,
                "Run the job 'infrastructure', or 'ledgergraph tag infrastructure FILE'.",
            )
        network, version, _ = found.row(0)
        key = tag_id(network, account)
        if accept:
            said = (network, LABEL, "infrastructure", reason, "low", "verified", 1.0, SOURCE)
            row = [account, key, *said, to_epoch_ms(at), None, None, None]
            transaction.run("writes/tag_merge", tags=[row])
        else:
            transaction.run("writes/tag_remove", id=key)
        transaction.run("writes/tag_infrastructure", accounts=[account])
        return Decided(account, state, version)

    return graph.transact("infrastructure", work)


def digest(graph: Graph, network: str) -> str:
    """The version of a network's list as every run keeps it: SHA-256 of its sorted ids."""
    listed = graph.read("lookups/infra_accounts", network=network)["account"]
    return sha256("\n".join(listed).encode()).hexdigest()


def tag_id(network: str, account: str) -> str:
    """The id of the tag that an accepted proposal makes (spec/loading.md section 9)."""
    parts = (network, account.removeprefix(f"{network}:"), SOURCE, LABEL)
    return sha256("|".join(parts).encode()).hexdigest()[:32]
