"""Offline load: staged transfers as files, imported into a new store that replaces the live one.

The same rows end the same way as in `loader.stream`, and the graph is the same. The server is
stopped from the import to the start; when anything fails, it is up again with the old store.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import polars as pl

from core.errors import StateError, UsageError
from core.server.replacement import import_store, replace_store
from cypher.migrate import migrate
from loader import blocks, replay
from loader.import_files import ImportFiles
from loader.tally import Tally, Written

if TYPE_CHECKING:
    from core.server import ServerConfig, Status
    from cypher.graph import Graph
    from loader.dead_letter import DeadLetter
    from loader.report import LoadOptions, LoadReport
    from loader.staging import Staging

LARGE = 500_000
"""From this many transfers on, `auto` loads an empty database offline."""


def check_possible(graph: Graph, server: ServerConfig | None, options: LoadOptions) -> None:
    """Refuse a bulk load that cannot be, or that would lose what is there unasked.

    Raises:
        UsageError: the database is not the embedded one.
        StateError: it is not empty, and that was not said to be given up.
    """
    if server is None:
        raise UsageError(
            "'--mode bulk' is for the embedded database, and LEDGERGRAPH_NEO4J_URI names another.",
            "Load with '--mode stream', or unset LEDGERGRAPH_NEO4J_URI.",
        )
    if not options.replace and not is_empty(graph):
        raise StateError(
            f"The database holds {_contents(graph)}, which a bulk load would remove.",
            "Load with '--mode stream' to add to it, or add --replace to give it up "
            "('ledgergraph dump' saves it).",
        )


def is_empty(graph: Graph) -> bool:
    """Whether a bulk load would lose nothing."""
    return bool(graph.read("lookups/bulk_empty")["empty"][0])


def _contents(graph: Graph) -> str:
    return "; ".join(
        f"{nodes:,} {what}"
        if transfers is None
        else f"{nodes:,} accounts and {transfers:,} transfers of {what}"
        for what, nodes, transfers in graph.read("lookups/bulk_contents").rows()
    )


class Bulk:
    """Writes the staged transfers of one load into a store of their own."""

    batches = 0

    def __init__(
        self, graph: Graph, staging: Staging, letters: DeadLetter, report: LoadReport
    ) -> None:
        self.graph, self.staging, self.report = graph, staging, report
        self.network, self.load = report.network, report.batch
        self.tally = Tally(report, staging, letters)
        report.mode = "bulk"
        self.files = ImportFiles(staging.folder / "import", self.network)

    def write_accounts(self, accounts: pl.DataFrame) -> None:
        """Put listed accounts aside."""
        self.files.accounts.add_accounts(accounts)

    def write(self, batch: pl.DataFrame, max_rejects: int) -> None:
        """Put those transfers aside that do not repeat others.

        Raises:
            RejectedRowsError: altered rows pass the limit; the database is as it was.
        """
        outcomes, refused, fresh = replay.settle(batch)
        self.tally.refuse(refused)
        if refused.height and self.tally.letters.rejected > max_rejects:
            raise self.tally.too_many(max_rejects, self.batches)
        if fresh.height:
            self.files.add_transfers(fresh)
        self.tally.add(Written(transfers=fresh.height, outcomes=outcomes, created=fresh))

    def replaced(self, partition: pl.DataFrame) -> pl.Series:
        """No ledger: in a new store there is nothing to replace."""
        return partition["ledger"].clear()

    def write_blocks(self) -> None:
        """Nothing: the Checkpoint is made at the end, with its blocks."""

    def exchange(self, server: ServerConfig, options: LoadOptions) -> None:
        """Import what was put aside and make it the database.

        Raises:
            StateError: somebody else has written into the database meanwhile.
            ServerError: the import failed, or the server cannot be stopped or started.
        """
        begun = time.monotonic()
        report = self.report
        assets = self.staging.assets.filter(pl.col("id").is_in(list(self.tally.assets)))
        accounts = self.files.finish(assets, self._checkpoint())
        prepared = time.monotonic() - begun
        kept = pl.DataFrame()

        def before() -> None:
            nonlocal kept
            check_possible(self.graph, server, options)
            kept = self.graph.read("lookups/bulk_kept", load=self.load, others=not options.replace)

        def check(_: Status) -> None:
            migrate(self.graph)
            self.graph.write("writes/bulk_kept", nodes=kept.rows())
            self.graph.write(
                "writes/load_batch_advance",
                id=self.load,
                batch=1,
                transfers=report.transfers,
                accounts=accounts,
            )

        replaced = replace_store(
            server,
            lambda: import_store(server, self.files.nodes, self.files.transfers),
            check,
            before=before,
        )
        report.accounts, report.assets = accounts, assets.height
        report.phases = {
            "prepare": prepared,
            "stop": replaced.stop_seconds,
            "import": replaced.build_seconds,
            "start": replaced.start_seconds,
        }

    def _checkpoint(self) -> pl.DataFrame:
        ledgers = self.tally.ledgers
        high = ledgers[1] if ledgers else None
        told = self.staging.newest_blocks(high, pl.Series(dtype=pl.Int64))
        recent = blocks.recent(blocks.known([]), told, high or 0) or None
        return pl.DataFrame(
            {
                "network": [self.network],
                "ledger": [high],
                "recent_blocks": [recent],
                "transfers": [self.report.transfers],
                "writer": [self.load],
            },
            schema_overrides={"ledger": pl.Int64, "recent_blocks": pl.List(pl.String)},
        )
