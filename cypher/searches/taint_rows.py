"""The taint motifs: reads seeds and ledger, follows the money, tells every account it reached."""

from __future__ import annotations

from fractions import Fraction
from math import log10
from typing import TYPE_CHECKING, cast

import numpy as np
import polars as pl

from core.errors import ParameterError
from core.times import from_epoch_ms
from cypher import catalog, values
from cypher.ledger import Ledger
from cypher.searches import taint, walks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from cypher.reading import Reading
    from cypher.searches.walks import Ground

ALWAYS = -(2**62)
TOP = 5
"""Seeds named an account."""

Row = tuple[object, ...]


def match(
    reading: Reading, name: str, bound: Mapping[str, object], method: taint.Method
) -> pl.DataFrame:
    """Rows of a taint motif: most tainted money first, then by account and asset."""
    decay = cast("float", bound.get("decay", 1.0))
    if not 0 <= decay <= 1:
        raise ParameterError(f"motifs/{name}", "decay", f"is not between 0 and 1: {decay}")
    found: list[tuple[int, Row]] = []
    for network in walks.networks(reading, bound):
        ground = walks.ground(reading, network, bound, base=True)
        ledger = ground.ledger
        seeds, stops = _ends(reading, network, ground, bound)
        marked = ledger.transfers["id"].is_in(cast("list[str]", bound["seed_transfers"]))
        if not seeds and not marked.any():
            continue
        for (asset,), transfers in (
            ledger.transfers.with_columns(marked=marked)
            .partition_by("asset", as_dict=True, maintain_order=True)
            .items()
        ):
            part = Ledger(ledger.accounts, transfers)
            rules = taint.Rules(
                seeds=seeds,
                transfers=transfers["marked"].to_numpy(),
                stops=stops,
                max_hops=cast("int", bound["max_hops"]),
                least=_base_units(transfers, cast("float", bound["min_amount"])),
                factor=Fraction(str(decay)),
            )
            outcome = taint.follow(part, rules, method)
            found += _rows(part, str(asset), outcome, seeds, method)
    found.sort(key=lambda entry: (-entry[0], cast("list[str]", entry[1][0])[0], str(entry[1][6])))
    limit = cast("int", bound["limit"])
    cut = max(0, len(found) - limit)
    columns = catalog.load(f"motifs/{name}").columns
    return values.frame(columns, [(*row[:8], cut > 0, cut, *row[8:]) for _, row in found[:limit]])


def _ends(
    reading: Reading, network: str, ground: Ground, bound: Mapping[str, object]
) -> tuple[dict[int, int], NDArray[np.bool_]]:
    """Seeds with the epoch ms from which they count, and which accounts absorb."""
    as_of = bound["as_of"] or bound["until"]
    number = ground.ledger.accounts.select("account").with_row_index("number")
    given = cast("list[str]", bound["seed_accounts"])
    if given or bound["seed_transfers"]:
        seeds = number.filter(pl.col("account").is_in(given)).with_columns(since=pl.lit(ALWAYS))
    else:
        labelled = reading.graph.read(
            "lookups/labelled_accounts",
            network=network,
            categories=bound["categories"],
            blacklisted=True,
            min_confidence=bound["min_confidence"],
            as_of=as_of,
        )
        seeds = number.join(labelled, on="account").with_columns(pl.col("since").fill_null(ALWAYS))
    stops = ground.stops
    if bound["stop_categories"]:
        labelled = reading.graph.read(
            "lookups/labelled_accounts",
            network=network,
            categories=bound["stop_categories"],
            min_confidence=bound["min_confidence"],
            as_of=as_of,
        )
        stops = stops | number["account"].is_in(labelled["account"].implode()).to_numpy()
    return dict(seeds.select("number", "since").iter_rows()), stops


def _base_units(transfers: pl.DataFrame, amount: float) -> int:
    """Whole units in base units, with the decimals that the transfers themselves show."""
    known = transfers.filter(pl.col("amount") > 0, pl.col("amount_base").is_not_null())
    if not amount or not known.height:
        return int(amount)
    largest = known.sort("amount").tail(1)
    decimals = round(log10(int(largest["amount_base"][0]) / largest["amount"][0]))
    return int(Fraction(str(amount)) * 10**decimals)


def _rows(
    ledger: Ledger,
    asset: str,
    outcome: taint.Outcome,
    seeds: Mapping[int, int],
    method: taint.Method,
) -> Iterator[tuple[int, Row]]:
    """The columns of a row but `truncated` and `cut`, behind what they are ordered by."""
    transfers, names = ledger.transfers, ledger.accounts["account"]
    incoming = np.zeros(names.len())
    other = transfers.filter(pl.col("source") != pl.col("target"))
    base = other["amount_base"].cast(pl.Float64).fill_null(0.0).to_numpy()
    np.add.at(incoming, other["target"].to_numpy(), base)
    for number, held in outcome.holdings.items():
        if not held.received or (seeds.get(number) == ALWAYS):
            continue
        parts = {-place: part for part, place in held.parts}
        rows = sorted(parts)
        evidence = transfers[rows]
        senders = sorted(set(evidence["source"].to_list()))
        injecting = set(evidence.filter("marked")["source"].to_list()) | {
            sender
            for sender in senders
            if seeds.get(sender, 2**62) <= int(evidence["ts"].max())  # type: ignore[arg-type]
        }
        top = sorted(held.origins.items(), key=lambda entry: (-entry[1], entry[0]))
        times = from_epoch_ms(int(evidence["ts"][0])), from_epoch_ms(int(evidence["ts"][-1]))
        yield (
            held.received,
            (
                [names[number], *(names[sender] for sender in senders)],
                ["absorber" if held.absorbed else "tainted"]
                + ["seed" if sender in injecting else "carrier" for sender in senders],
                evidence["id"].to_list(),
                float(evidence["amount"].sum()),
                *times,
                asset,
                "temporal",
                str(held.received),
                str(method.tainted(held)),
                str(held.absorbed),
                min(1.0, held.received / incoming[number]) if incoming[number] else 0.0,
                from_epoch_ms(held.first),
                held.hops,
                [names[seed] if seed >= 0 else "others" for seed, _ in top[:TOP]],
                [str(parts[row]) for row in rows],
                str(held.opening),
                str(outcome.injected),
                str(outcome.absorbed),
                str(outcome.decayed),
            ),
        )
