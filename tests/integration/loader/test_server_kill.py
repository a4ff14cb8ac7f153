"""Server and loader are killed at random in the middle of one load; the graph is the whole one."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

import loader
from core.server import up
from core.server.home import Home
from loader.hash import graph_hash
from tests.integration.loader.test_bulk import WIPE
from tests.integration.loader.test_kill import ROOT, SCRIPT, count, write_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from core.server import ServerConfig
    from cypher.graph import Graph

ROWS = 12_000
KILLS = ("server", "loader")
PATIENCE = 120


class Loading:
    """A load in a process of its own, started again when it was killed."""

    def __init__(self, graph: Graph, password_file: Path, source: Path) -> None:
        self.command = [
            sys.executable, str(SCRIPT), graph.uri, graph.user, str(password_file), "amlsim",
            str(source), str(source.parent), str(PATIENCE),
        ]  # fmt: skip
        self.starts = 0
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        self.starts += 1
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            self.command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )

    def line(self) -> str:
        """The next thing it says: a dot after every batch."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def kill(self) -> None:
        self.close()
        self.process = self.start()

    def close(self) -> None:
        self.process.kill()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


def kill_server(config: ServerConfig) -> None:
    """SIGKILL, and a new start on the same ports, as somebody's supervisor would."""
    home = Home(config.home)
    process, ports = home.process(), home.ports()
    assert process is not None
    assert ports is not None
    process.kill()
    with suppress(psutil.TimeoutExpired):
        process.wait(30)
    up(replace(config, bolt_port=ports.bolt, http_port=ports.http))


def load_through(
    kills: list[str], loading: Loading, config: ServerConfig, chance: random.Random, most: int
) -> str:
    """Kill as told, each after some batches; gives the last line of the load that gets through."""
    for what in kills:
        for _ in range(chance.randint(1, most)):
            assert loading.line() == ".\n"
        if what == "loader":
            loading.kill()
        else:
            kill_server(config)
    while (line := loading.line()) == ".\n":
        pass
    assert loading.process.wait(60) == 0
    return line


@pytest.mark.parametrize("rows", [ROWS])
def test_nothing_is_lost_and_nothing_comes_twice(
    rows: int, server: Graph, config: ServerConfig, tmp_path: Path
) -> None:
    with server.driver.session() as session:
        session.run(WIPE).consume()
    source = write_ledger(tmp_path, rows)
    undisturbed = loader.load(
        server, "amlsim", [source], loader.LoadOptions(dead_letter_dir=tmp_path)
    )
    expected = graph_hash(server)
    with server.driver.session() as session:
        session.run(WIPE).consume()
    chance = random.Random(rows)  # noqa: S311 - cases, not secrets
    kills = list(KILLS)
    chance.shuffle(kills)
    loading = Loading(server, config.home / "password", source)
    try:
        last = load_through(kills, loading, config, chance, most=max(2, rows // 6000))
    finally:
        loading.close()
    # The load that got through was never killed, and survived the kills of the server.
    assert last.startswith("done ")
    assert loading.starts == 1 + kills.count("loader")
    assert count(server) == undisturbed.transfers == rows
    assert graph_hash(server) == expected
    checkpoint = server.read("lookups/checkpoint_read", network="amlsim")
    assert checkpoint["transfers"].to_list() == [rows]
    with server.driver.session() as session:
        stored = session.run("MATCH ()-[r:TRANSFER]->() RETURN r.amount_base AS a").value("a")
    lines = source.read_text().splitlines()[1:]
    assert sum(map(int, stored)) == sum(int(line.split(",")[2].replace(".", "")) for line in lines)
