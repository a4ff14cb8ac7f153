from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from core.errors import ParameterError, PortInUseError, ResourceError
from core.server import resources
from core.server.config import ServerConfig
from core.server.resources import GIB, MIB, Ports, check_disk, choose_ports, plan_memory

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A machine of the given total and available GiB."""
    total, available = request.param
    monkeypatch.setattr(
        resources, "machine_memory", lambda: (int(total * GIB), int(available * GIB))
    )


def test_a_taken_port_is_refused_by_the_name_of_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUseError, match=f"{port} .*LEDGERGRAPH_BOLT_PORT"):
            choose_ports(Ports(port, 0))
        with pytest.raises(PortInUseError, match=f"{port} .*LEDGERGRAPH_HTTP_PORT"):
            choose_ports(Ports(0, port))
    assert choose_ports(Ports(port, 0)).bolt == port


def test_zero_stands_for_two_different_free_ports() -> None:
    ports = choose_ports(Ports(0, 0))
    assert 0 not in (ports.bolt, ports.http)
    assert ports.bolt != ports.http


@pytest.mark.parametrize(
    ("machine", "heap_mib", "pagecache_mib"),
    [((24, 20), 1536, 768), ((8, 6), 1024, 256), ((256, 200), 16384, 8192), ((4, 1.2), 573, 256)],
    indirect=["machine"],
)
@pytest.mark.usefixtures("machine")
def test_memory_follows_the_machine(heap_mib: int, pagecache_mib: int) -> None:
    memory = plan_memory(ServerConfig())
    assert memory.heap // MIB == pytest.approx(heap_mib, abs=1)
    assert memory.pagecache // MIB == pytest.approx(pagecache_mib, abs=1)
    assert memory.transaction <= memory.heap


@pytest.mark.parametrize("machine", [(4, 0.9)], indirect=True)
@pytest.mark.usefixtures("machine")
def test_too_little_memory_is_refused() -> None:
    with pytest.raises(ResourceError, match=r"MiB are available.*LEDGERGRAPH_HEAP"):
        plan_memory(ServerConfig())


@pytest.mark.parametrize("machine", [(8, 6)], indirect=True)
@pytest.mark.usefixtures("machine")
def test_settings_are_taken_as_they_are_unless_they_do_not_fit() -> None:
    memory = plan_memory(ServerConfig(heap="2g", pagecache="300m", transaction_memory="512m"))
    assert (memory.heap, memory.pagecache) == (2 * GIB, 300 * MIB)
    assert memory.transaction == 512 * MIB
    with pytest.raises(ResourceError):
        plan_memory(ServerConfig(heap="6g"))
    with pytest.raises(ParameterError, match="LEDGERGRAPH_PAGECACHE"):
        plan_memory(ServerConfig(pagecache="much"))


def test_a_full_disk_is_refused_even_for_a_folder_yet_to_be_made(tmp_path: Path) -> None:
    check_disk(tmp_path / "not" / "there", 1)
    with pytest.raises(ResourceError, match="MiB free"):
        check_disk(tmp_path / "not" / "there", 1 << 60)
