"""What a piece of work reads of the ledger: each range of a network once, whoever asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cypher import ledger

if TYPE_CHECKING:
    from datetime import datetime

    from cypher.graph import Graph
    from cypher.ledger import Ledger


class Reading:
    """A database, and the part of a ledger that was read last.

    It lives as long as one job or one match, so that nothing it holds outlives what it is for; and
    it holds one part at a time, so that memory does not grow with the motifs that share it.
    """

    def __init__(self, graph: Graph, *, base: bool = False) -> None:
        """Begin with nothing read.

        Args:
            graph: where from.
            base: whether somebody will want `amount_base`, so that nothing is read twice for it.
        """
        self.graph = graph
        self._base = base
        self._held: Ledger | None = None
        self._what: tuple[str, datetime | None, datetime | None, bool] | None = None

    def ledger(
        self,
        network: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        base: bool = False,
    ) -> Ledger:
        """The transfers of `[since, until)` of every asset, and all accounts; see `ledger.read`."""
        wanted = network, since, until
        if self._held is None or self._what not in ((*wanted, True), (*wanted, base)):
            base = base or self._base
            self._held = None  # before the next is read
            self._held = ledger.read(self.graph, network, since=since, until=until, base=base)
            self._what = (*wanted, base)
        return self._held
