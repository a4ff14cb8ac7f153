"""The evidence object of a pattern (spec/motifs.md section 1.6), put together from what is stored.

Positions, hops, amounts and times are not stored twice: they are read from the transfers by id.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from core.times import to_epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.types.rows import EvidenceRow, PatternRow


def compose(pattern: PatternRow, transfers: Mapping[str, EvidenceRow]) -> dict[str, Any]:
    """The evidence object.

    Args:
        pattern: the stored pattern.
        transfers: its transfers by id; one that is gone is left out.
    """
    start, end = to_epoch_ms(pattern.pattern_start_time), to_epoch_ms(pattern.pattern_end_time)
    members = zip(pattern.accounts, pattern.roles, strict=True)
    return {
        "pattern_id": pattern.id,
        "instance_id": pattern.instance_id,
        "pattern_type": pattern.pattern_type,
        "variant": pattern.variant,
        "asset": pattern.asset,
        "accounts": [
            {"id": account, "role": role, "position": place}
            for place, (account, role) in enumerate(members)
        ],
        "transfers": [
            {
                "id": key,
                "from": transfers[key].source,
                "to": transfers[key].target,
                "amount_base": transfers[key].amount_base,
                "ts": transfers[key].ts,
                "hop": hop,
            }
            for hop, key in enumerate(pattern.transfers)
            if key in transfers
        ],
        "start_ts": start,
        "end_ts": end,
        "duration_s": (end - start) / 1000,
        "total_amount_base": pattern.evidence_volume_base,
        "retained_ratio": pattern.retained_ratio,
        "params": json.loads(pattern.params),
        "truncated": pattern.truncated,
        "detector_version": pattern.detector_version,
    }
