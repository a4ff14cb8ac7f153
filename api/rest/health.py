"""`/healthz`: the process answers. `/readyz`: the database does too, and has its migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.security.errors import AWAY
from core.errors import GraphError
from cypher import catalog

if TYPE_CHECKING:
    from cypher.reader import Reader


def health(reader: Reader) -> APIRouter:
    """The two routes."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        """Touches nothing."""
        return JSONResponse({"status": "alive"})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """503 with the reasons until the server can do its work."""
        try:
            applied = set((await reader.read("lookups/migrations_applied"))["name"])
        except GraphError:
            return JSONResponse({"status": "not ready", "reasons": [AWAY]}, 503)
        missing = [name for name in catalog.names("migrations") if name not in applied]
        if missing:
            reasons = [f"The migration {name} is not applied." for name in missing]
            return JSONResponse({"status": "not ready", "reasons": reasons}, 503)
        return JSONResponse({"status": "ready"})

    return router
