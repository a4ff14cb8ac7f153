from __future__ import annotations

import json
import os
import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING

import psutil
import pytest

from core.errors import StartError, StoreVersionError
from core.server.config import ServerConfig
from core.server.home import ENTRY_POINT, Home
from core.server.process import down, status
from core.server.resources import Ports

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_home_and_the_password_are_private(home: Home) -> None:
    assert home.ensure_password()
    first = home.password_file.read_text()
    assert len(first) >= 32
    assert mode(home.path) == 0o700
    assert mode(home.password_file) == 0o600
    home.password_file.chmod(0o644)
    home.ensure_password()
    assert home.password_file.read_text() == first
    assert mode(home.password_file) == 0o600


def test_a_database_whose_password_is_gone_is_not_given_a_new_one(home: Home) -> None:
    (home.path / "data" / "databases" / "system").mkdir(parents=True)
    with pytest.raises(StartError, match="is missing"):
        home.ensure_password()


def test_an_unknown_process_under_the_recorded_number_is_not_taken_for_the_server(
    home: Home,
) -> None:
    home.record(psutil.Process(os.getpid()), Ports(7001, 7002))
    assert home.process() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', "null"])
def test_an_unreadable_record_is_as_good_as_none(home: Home, text: str) -> None:
    (home.path / "server.json").write_text(text)
    assert home.recorded() is None
    assert home.process() is None


def test_a_stale_record_is_cleared_by_down(home: Home) -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    record = {"pid": done.pid, "create_time": 1.0, "bolt_port": 7001, "http_port": 7002}
    done.wait()
    (home.path / "server.json").write_text(json.dumps(record))
    config = ServerConfig(home=home.path)
    assert not status(config).running
    assert status(config).pid is None
    assert not down(config).running
    assert not (home.path / "server.json").exists()


@pytest.mark.parametrize("with_record", [True, False])
def test_a_server_is_found_with_and_without_its_record(home: Home, *, with_record: bool) -> None:
    home.conf.write_text(
        "server.bolt.listen_address=127.0.0.1:7001\nserver.http.listen_address=127.0.0.1:7002\n"
    )
    # Stands in for the server: found by its command line, whatever the program is.
    sleeper = "import time; time.sleep(60)"
    command = [sys.executable, "-c", sleeper, ENTRY_POINT, f"--home-dir={home.path}"]
    with subprocess.Popen(command) as process:
        try:
            if with_record:
                home.record(psutil.Process(process.pid), Ports(7001, 7002))
            found = home.process()
            assert found is not None
            assert found.pid == process.pid
            assert home.ports() == Ports(7001, 7002)
            assert Home(home.path.parent / "other").process() is None
        finally:
            process.kill()
    assert home.process() is None


@pytest.mark.parametrize("version", ["5.26.30", "5.26.31"])
def test_the_same_or_a_later_patch_may_open_a_store(home: Home, version: str) -> None:
    home.claim_store("5.26.30")
    home.check_store(version)


@pytest.mark.parametrize("version", ["5.26.29", "5.27.0", "5.25.40", "6.26.30"])
def test_other_versions_may_not_open_a_store(home: Home, version: str) -> None:
    home.claim_store("5.26.30")
    with pytest.raises(StoreVersionError, match=rf"5\.26\.30 of Neo4j and this is {version}"):
        home.check_store(version)


def test_a_store_of_unknown_origin_is_refused(home: Home) -> None:
    home.check_store("5.26.30")
    (home.path / "data" / "databases").mkdir(parents=True)
    with pytest.raises(StoreVersionError, match="an unknown version"):
        home.check_store("5.26.30")
    (home.path / "store.json").write_text("{")
    with pytest.raises(StoreVersionError, match="an unreadable version"):
        home.check_store("5.26.30")


def test_a_home_is_held_by_one_thread_which_may_take_it_again(home: Home) -> None:
    refused: list[StartError] = []

    def take() -> None:
        try:
            with home.held(0.1):
                pass
        except StartError as error:
            refused.append(error)

    with home.held(1.0), home.held(1.0):
        other = Thread(target=take)
        other.start()
        other.join()
    assert len(refused) == 1
    assert "Another command" in refused[0].message
    take()
    assert len(refused) == 1
