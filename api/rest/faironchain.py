"""FairOnChain's addresses: `/v1/top` and `/v1/address`, read from the tables that `anomaly` keeps.

spec/features-and-rules.md section 6. 400 is a bad parameter, 404 a period without a run.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import polars as pl
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.anomaly import table
from api.anomaly.job import CHAIN_IDS
from api.security.gate import REST
from core.errors import NotFoundError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cypher.reader import Reader

MOST = 1000
_WEI_DIGITS = 18
_SIX = Decimal("0.000001")
_UNITS = {
    "amounts": "ETH",
    "egonet_density": "0 to 1",
    "degree": "accounts",
    "scores": "0 to 100",
}
_ADDRESS = re.compile(r"[0-9A-Za-z_.\-]{1,128}")
_DEGREE = ("in_degree", "out_degree", "in_transfer_count", "out_transfer_count")
_MOTIFS = ("self_loop_count", "two_node_loop_count", "triangle_loop_count")
_SCORES = {
    "rule_score_100": "rule_score_100",
    "mahalanobis_stats_100": "mahalanobis_distance_stats_score_100",
    "iforest_stats_100": "iforest_stats_score_100",
    "final_score_0_100": "final_score_0_100",
    "final_score_top_percent": "final_score_top_percent",
}


def faironchain(reader: Reader, archive: Path | None) -> APIRouter:
    """The two routes; the gate has checked the caller's key."""
    router = APIRouter(prefix=REST.rstrip("/"))

    @router.get("/top")
    async def top(request: Request) -> JSONResponse:
        """The accounts with the highest fused scores of a month."""

        async def answer() -> object:
            chain, year, month = _period(request.query_params)
            count = _integer(request.query_params, "n", 1, MOST, default=100)
            path = await _path(reader, archive, chain, year, month)
            return await anyio.to_thread.run_sync(lambda: _top(path, count))

        return await _answered(answer)

    @router.get("/address")
    async def address(request: Request) -> JSONResponse:
        """What a month's run says of one account; an unknown one gives an empty list."""

        async def answer() -> object:
            chain, year, month = _period(request.query_params)
            asked = request.query_params.get("addr", "").strip()
            if not _ADDRESS.fullmatch(asked):
                raise ParameterError("/v1/address", "addr", "is missing or no address")
            path = await _path(reader, archive, chain, year, month)
            own = asked.lower() if asked.lower().startswith("0x") else asked
            rows = await anyio.to_thread.run_sync(lambda: _rows(path, own))
            return _account(rows[0], chain) if rows else []

        return await _answered(answer)

    return router


async def _answered(answer: Callable[[], Any]) -> JSONResponse:
    try:
        return JSONResponse(await answer())
    except (ParameterError, NotFoundError) as error:
        status = 400 if isinstance(error, ParameterError) else 404
        body = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
        return JSONResponse(body, status)


def _period(given: Mapping[str, str]) -> tuple[str, int, int]:
    """The network, year and month that are asked for; a chain is a name or an EVM chain id."""
    chain = given.get("chain", "").strip().lower()
    by_number = {str(number): name for name, number in CHAIN_IDS.items()}
    network = by_number.get(chain, chain)
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", network):
        raise ParameterError("/v1", "chain", "is missing or no name of a network")
    return network, _integer(given, "year", 1970, 9999), _integer(given, "month", 1, 12)


def _integer(
    given: Mapping[str, str], name: str, low: int, high: int, default: int | None = None
) -> int:
    text = given.get(name)
    if text is None and default is not None:
        return default
    if text is None or not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        raise ParameterError("/v1", name, f"is no number from {low} to {high}")
    return int(text)


async def _path(reader: Reader, archive: Path | None, chain: str, year: int, month: int) -> Path:
    """The newest table of a period.

    Raises:
        NotFoundError: no run of `anomaly` has kept one.
    """
    runs = await reader.read("lookups/score_runs_sealed", model="fairon", network=chain)
    for run, parameters in runs.iter_rows():
        facts = json.loads(parameters)
        if archive is None or (facts.get("year"), facts.get("month")) != (year, month):
            continue
        if (path := table.path(archive, run)).exists():
            return path
    remedy = "Run 'ledgergraph run anomaly' over that month."
    raise NotFoundError("run", f"of {chain} for {year:04d}-{month:02d}", remedy)


def _top(path: Path, count: int) -> list[dict[str, object]]:
    score = pl.col("final_score_0_100")
    order = [score, pl.col("address")]
    ranked = pl.scan_parquet(path).filter(score.is_not_null()).sort(order, descending=[True, False])
    found = ranked.select("address", score.round(1)).head(count).collect()
    return found.with_row_index("ranking", 1).to_dicts()


def _rows(path: Path, address: str) -> list[dict[str, Any]]:
    return pl.scan_parquet(path).filter(pl.col("address") == address).collect().to_dicts()


def _account(row: Mapping[str, Any], chain: str) -> dict[str, object]:
    judged = not row["is_infra"]
    met = [rule for rule in table.RULES if judged and row[f"{rule}_flag"]]
    features = {
        "degree": {name: row[name] for name in _DEGREE},
        "amounts": {
            f"{name}_eth": _ether(row[name])
            for name in ("total_input_amount", "total_output_amount")
        },
        "motifs": {name: row[name] for name in _MOTIFS},
        "egonet": {"egonet_density": _rounded(row["egonet_density"])},
    }
    inner = {
        "scores": {name: _rounded(row[column]) for name, column in _SCORES.items()},
        "explanations": {
            "rule_ids": met,
            "rules": [{"rule": r, "description": row[f"{r}_description"]} for r in met],
        },
    }
    return {
        "meta": {
            "chain": chain,
            "period": f"{row['year']:04d}-{row['month']:02d}",
            "address": row["address"],
            "units": _UNITS,
        },
        "features": {
            "is_infra": row["is_infra"],
            **{name: value if judged else None for name, value in features.items()},
        },
        **{name: value if judged else None for name, value in inner.items()},
    }


def _ether(wei: str | None) -> str | None:
    """Exact wei as ether with six decimals."""
    return None if wei is None else str(Decimal(wei).scaleb(-_WEI_DIGITS).quantize(_SIX))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
