"""Who writes a load: the process, so that the record of one that was killed is not left running."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from cypher.graph import Graph

SILENCE = timedelta(hours=24)
"""A load of another machine that committed nothing for this long counts as gone."""

_TOLERANCE_SECONDS = 2.0


def this_process() -> str:
    """The name of this process: machine, number and time of start."""
    return f"{socket.gethostname()}|{os.getpid()}|{psutil.Process().create_time():.2f}"


def fail_abandoned(graph: Graph, network: str) -> None:
    """Mark the loads of a network as failed whose process is gone."""
    running = graph.read("lookups/load_batches_running", network=network)
    silent = datetime.now(UTC) - SILENCE
    for batch, owner, beat in running.select("id", "owner", "beat").rows():
        if is_gone(owner, abandoned=beat is None or beat < silent):
            graph.write("writes/load_batch_abandon", id=batch, owner=owner)


def is_gone(owner: str | None, *, abandoned: bool) -> bool:
    """Whether a process has ended.

    Args:
        owner: as `this_process` names it, or nothing known.
        abandoned: what to say where it cannot be looked up.
    """
    host, _, rest = (owner or "").partition("|")
    number, _, started = rest.partition("|")
    if host != socket.gethostname() or not number.isdigit():
        return abandoned
    try:
        return abs(psutil.Process(int(number)).create_time() - float(started)) > _TOLERANCE_SECONDS
    except psutil.NoSuchProcess:
        return True
    except (psutil.Error, ValueError):
        return abandoned
