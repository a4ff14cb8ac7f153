"""The embedded server for real: one home, started, broken, found again and stopped.

The tests run in their order on the one server that the module starts.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from core.errors import PortInUseError, StartError
from core.server import ServerConfig, admin, default_cache, doctor, down, status, up
from core.server.home import ENTRY_POINT, Home

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
UP = """
import sys
from pathlib import Path
from core.server import ServerConfig, up
home, cache = map(Path, sys.argv[1:])
status = up(ServerConfig(home, cache, bolt_port=0, http_port=0, heap="600m", quiet=True))
print(status.pid, status.started, status.running)
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerConfig]:
    cache = Path(os.environ.get("LEDGERGRAPH_CACHE") or default_cache())
    # A path that is neither plain ASCII nor without spaces, as people's own folders are.
    home = tmp_path_factory.mktemp("server") / "the hömé"
    config = ServerConfig(home, cache, bolt_port=0, http_port=0, heap="600m", quiet=True)
    yield config
    down(config)
    assert servers(config) == []


def start_up(config: ServerConfig) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", UP, str(config.home), str(config.cache)]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def servers(config: ServerConfig) -> list[int]:
    """Numbers of the processes that serve this home."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline", "status"])
        if process.info["status"] != psutil.STATUS_ZOMBIE
        and {ENTRY_POINT, f"--home-dir={config.home}"} <= set(process.info["cmdline"] or ())
    ]


def wait_for_server(config: ServerConfig) -> int:
    """Waits until a server process of the home was started and recorded."""
    for _ in range(300):
        if (record := Home(config.home).recorded()) is not None:
            return record.pid
        time.sleep(0.1)
    pytest.fail("no server was started")


def ask(config: ServerConfig, statement: str) -> str:
    """Sends one statement over HTTP and returns the answer as text."""
    ports, home = Home(config.home).ports(), Home(config.home)
    assert ports is not None
    token = base64.b64encode(f"neo4j:{home.password_file.read_text()}".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", ports.http, timeout=20)
    body = json.dumps({"statement": statement})
    connection.request("POST", "/db/neo4j/query/v2", body, headers)
    with connection.getresponse() as answer:
        text = answer.read().decode()
    connection.close()
    return text


def test_an_interrupted_start_leaves_no_server(config: ServerConfig) -> None:
    starting = start_up(config)
    wait_for_server(config)
    starting.send_signal(signal.SIGINT)
    starting.communicate(timeout=30)
    assert starting.returncode != 0
    assert servers(config) == []
    assert not status(config).running


def test_two_starts_at_once_give_one_server_even_after_a_third_was_killed(
    config: ServerConfig,
) -> None:
    killed = start_up(config)
    first = wait_for_server(config)
    killed.kill()
    killed.communicate()
    both = [start_up(config), start_up(config)]
    answers = [each.communicate(timeout=120) for each in both]
    assert [out for out, _ in answers] == [f"{first} False True\n"] * 2, answers
    assert servers(config) == [first]


def test_it_answers_with_gds_and_browser(config: ServerConfig) -> None:
    now = up(config)
    assert (now.running, now.started) == (True, False)
    assert (now.version, now.gds_version) == ("5.26.30", "2.13.9")
    ports = Home(config.home).ports()
    assert ports is not None
    assert now.uri == f"bolt://127.0.0.1:{ports.bolt}"
    connection = HTTPConnection("127.0.0.1", ports.http, timeout=20)
    connection.request("GET", "/browser/")
    with connection.getresponse() as answer:
        assert answer.status == 200
    connection.close()
    assert all(check.ok for check in doctor(config)), doctor(config)


def test_it_listens_on_loopback_only_and_hides_its_password(config: ServerConfig) -> None:
    pid = status(config).pid
    process = psutil.Process(pid)
    listening = [each for each in process.net_connections("tcp") if each.status == "LISTEN"]
    assert {each.laddr.ip.removeprefix("::ffff:") for each in listening} == {"127.0.0.1"}
    assert len(listening) == 2
    password = Home(config.home).password_file.read_text()
    assert password not in " ".join(process.cmdline())
    assert password not in "".join(process.environ().values())
    for path in config.home.rglob("*"):
        if path.is_file() and path.name != "password":
            assert password.encode() not in path.read_bytes(), path
    assert config.home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "file:///x.csv",
        "http://127.0.0.1:9/",
        "http://[::1]:9/",
        "ftp://127.0.0.1/x",
    ],
)
def test_load_csv_reads_no_file_and_calls_no_host(config: ServerConfig, address: str) -> None:
    (config.home / "import" / "x.csv").write_text("secret\n")
    answer = ask(config, f"LOAD CSV FROM '{address}' AS row RETURN row")
    assert "ExternalResourceFailed" in answer
    assert "Cannot load from URL" in answer


def test_procedures_beside_gds_are_not_there(config: ServerConfig) -> None:
    assert "ProcedureNotFound" in ask(config, "CALL apoc.help('load')")
    assert '"values":[["2.13.9"]]' in ask(config, "RETURN gds.version()")


def test_admin_refuses_while_the_server_runs(config: ServerConfig) -> None:
    with pytest.raises(StartError, match="is running"):
        admin(config, "database", "info")


def test_a_killed_server_is_started_again_with_what_was_committed(config: ServerConfig) -> None:
    assert "errors" not in ask(config, "CREATE (:Kept)")
    pid = wait_for_server(config)
    psutil.Process(pid).kill()
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)
    assert not status(config).running
    now = up(config)
    assert now.started
    assert now.pid != pid
    assert '"values":[[1]]' in ask(config, "MATCH (n:Kept) RETURN count(n)")


def test_a_port_of_another_program_is_refused(config: ServerConfig, tmp_path: Path) -> None:
    ports = Home(config.home).ports()
    assert ports is not None
    with pytest.raises(PortInUseError, match="LEDGERGRAPH_BOLT_PORT"):
        up(ServerConfig(tmp_path, config.cache, bolt_port=ports.bolt, http_port=0, quiet=True))
    assert not (tmp_path / "server.json").exists()


def test_down_leaves_no_process_and_a_store_that_admin_can_read(config: ServerConfig) -> None:
    pid = status(config).pid
    assert pid is not None
    stopped = down(config)
    assert (stopped.running, stopped.pid, stopped.killed) == (False, None, False)
    assert servers(config) == []
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    assert "Database name" in admin(config, "database", "info", "neo4j")
    with pytest.raises(StartError, match="database check nowhere failed"):
        admin(config, "database", "check", "nowhere")
    assert not down(config).killed
