"""Small ledgers written by hand, one transfer a line, as real transfers in the graph.

A line is `from to amount time`, the time counted from 2024-01-01 (`3d`, `36h`), then any of
`ledger=`, `ord=`, `asset=`, `kind=`, `flags=`, `id=`, `tx=`, `fee=` and `memo=TYPE:TEXT`. Without
them the ledger is the time in seconds, the id `t` and the number of the line.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.times import parse_duration, parse_instant, to_epoch_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cypher.graph import Graph

START = datetime(2024, 1, 1, tzinfo=UTC)
SET_PROPERTIES = "MATCH (a:Account {id: $id}) SET a += $properties"


def moment(text: str) -> datetime:
    """The instant that a line's time means."""
    return START + (timedelta() if text == "0" else parse_duration(text))


def write_ledger(
    graph: Graph,
    lines: Sequence[str],
    network: str = "case",
    accounts: Mapping[str, Mapping[str, object]] | None = None,
) -> None:
    """Write the lines on top of what the network holds; `accounts` sets properties by name."""
    rows: list[tuple[object, ...]] = []
    ends: dict[str, tuple[int, int]] = {}
    places: dict[str, int] = {}
    assets: set[str] = set()
    high = -1
    for number, line in enumerate(lines, 1):
        source, target, amount, time, *rest = line.split()
        options = dict(part.split("=", 1) for part in rest)
        ts = to_epoch_ms(moment(time))
        ledger = int(options.get("ledger", (ts - to_epoch_ms(START)) // 1000))
        asset = f"{network}:{options.get('asset', 'coin')}"
        flags = options["flags"].split(",") if "flags" in options else None
        for name in (source, target):
            seen = ends.get(name, (ts, ts))
            ends[name] = (min(seen[0], ts), max(seen[1], ts))
            places.setdefault(name, len(places))
        key = f"{network}:{ledger}:{options.get('id', f't{number}')}"
        kind, order = options.get("kind", "payment"), int(options.get("ord", "0"))
        ids = (places[source], places[target], key, asset)
        value = None if amount == "?" else float(amount)
        rest_of = (kind, flags, options.get("tx"), _extras(options))
        rows.append((*ids, amount, value, ts, ledger, order, *rest_of))
        assets.add(asset)
        high = max(high, ledger)
    merged = [(f"{network}:{name}", name, "account", *seen) for name, seen in ends.items()]

    with graph.driver.session() as session:
        for asset in assets:
            session.run("MERGE (:Asset {id: $id, network: $n})", id=asset, n=network).consume()
    graph.write("writes/checkpoint_lock", network=network)
    graph.write("writes/transfers_create", network=network, accounts=merged, transfers=rows)
    graph.write(
        "writes/checkpoint_raise",
        network=network,
        writer="test",
        ledger=high,
        transfers=len(rows),
        accounts=len(ends),
    )
    with graph.driver.session() as session:
        for name, properties in (accounts or {}).items():
            session.run(SET_PROPERTIES, id=f"{network}:{name}", properties=properties).consume()


def _extras(options: Mapping[str, str]) -> dict[str, str] | None:
    extras = {"fee_base": options["fee"]} if "fee" in options else {}
    if "memo" in options:
        kind, _, text = options["memo"].partition(":")
        extras |= {"memo_type": kind, "memo": text}
    return extras or None


def write_tags(graph: Graph, tags: Mapping[str, Mapping[str, str]], network: str = "case") -> None:
    """Tag accounts by name: `category`, and where given the other fields of a Tag."""
    rows = []
    for number, (name, tag) in enumerate(tags.items()):
        times = [
            to_epoch_ms(parse_instant(str(tag[key]))) if key in tag else None
            for key in ("known_from", "valid_from", "expires_at")
        ]
        rows.append((
            f"{network}:{name}", f"{network} tag {number}", network, name,
            tag.get("category", "unknown"), tag.get("subcategory"), "medium",
            tag.get("trust_level", "unverified"), float(tag.get("confidence", 0.9)),
            "test", times[0] or 0, times[1], times[2], None,
        ))  # fmt: skip
    graph.write("writes/tag_merge", tags=rows)


def write_prices(
    graph: Graph, lines: Sequence[str], network: str = "case", source: str = "test"
) -> None:
    """Prices of assets on days, `asset price day` a line, the day as a transfer's time."""
    rows = []
    for line in lines:
        asset, price, time = line.split()
        day = moment(time).date().isoformat()
        rows.append((f"{network}:{asset}", day, source, network, float(price)))
    graph.write("writes/prices_merge", prices=rows, precedence=0)


def short(names: Sequence[str]) -> tuple[str, ...]:
    """Ids without network and ledger."""
    return tuple(name.rsplit(":", 1)[-1] for name in names)
