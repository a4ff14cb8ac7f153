"""Reading for a server: asynchronous, without retries, with a time limit on every request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import neo4j

from cypher import catalog
from cypher.graph import to_frame, translated

if TYPE_CHECKING:
    import polars as pl


CONNECTIONS = 32
WAIT_SECONDS = 30.0
"""How long a read waits for a connection that others use."""


class Reader:
    """Runs reading queries without blocking the event loop.

    Retries are off on purpose: a request that needs too much memory fails as a transient error,
    and trying it again would only repeat the harm.
    """

    def __init__(self, driver: neo4j.AsyncDriver, uri: str, timeout_seconds: float = 10.0) -> None:
        self.driver, self.uri, self.timeout_seconds = driver, uri, timeout_seconds

    @classmethod
    def connect(cls, uri: str, user: str, password: str, timeout_seconds: float = 10.0) -> Reader:
        """Open the connections lazily; the first read tells whether the database answers."""
        driver = neo4j.AsyncGraphDatabase.driver(
            uri,
            auth=(user, password),
            connection_timeout=5,
            # Few connections and a long wait for one: more at once only slow each other down.
            max_connection_pool_size=CONNECTIONS,
            connection_acquisition_timeout=WAIT_SECONDS,
            max_transaction_retry_time=0,
            notifications_min_severity="OFF",
            user_agent="ledgergraph-api",
        )
        return cls(driver, uri, timeout_seconds)

    async def close(self) -> None:
        """Give the connections back."""
        await self.driver.close()

    async def read(self, name: str, /, **parameters: object) -> pl.DataFrame:
        """Run the reading query `folder/name` in one transaction and read its whole result."""
        query = catalog.load(name)
        bound = query.bind(parameters)
        metadata = {"app": "ledgergraph", "job": "api", "query": name}
        statement = neo4j.Query(query.text, metadata, self.timeout_seconds)
        with translated(name, uri=self.uri, seconds=self.timeout_seconds):
            async with self.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
                # An auto-commit transaction costs one round trip instead of three.
                result = await session.run(statement, bound)
                return to_frame(query, await result.values())
