from __future__ import annotations

from typing import TYPE_CHECKING

from core.server.checks import doctor
from core.server.config import ServerConfig

if TYPE_CHECKING:
    from pathlib import Path


def test_a_fresh_machine_is_in_order_and_left_untouched(tmp_path: Path) -> None:
    config = ServerConfig(
        tmp_path / "home", tmp_path / "cache", bolt_port=0, http_port=0, heap="1m", pagecache="1m"
    )
    checks = {check.name: check for check in doctor(config)}
    assert all(check.ok for check in checks.values()), checks
    assert checks.keys() == {
        "java", "jars", "disk", "home", "store", "memory", "ports", "server"
    }  # fmt: skip
    assert "will be downloaded" in checks["jars"].detail
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_said_with_what_to_do(tmp_path: Path) -> None:
    config = ServerConfig(
        tmp_path, tmp_path / "câche", bolt_port=0, http_port=0, heap="9999g", java_home=tmp_path
    )
    (tmp_path / "store.json").write_text('{"neo4j": "4.4.1"}')
    wrong = {check.name: check.detail for check in doctor(config) if not check.ok}
    assert wrong.keys() == {"java", "jars", "memory", "store"}
    assert "LEDGERGRAPH_JAVA_HOME" in wrong["java"]
    assert "LEDGERGRAPH_CACHE" in wrong["jars"]
    assert "LEDGERGRAPH_HEAP" in wrong["memory"]
    assert "4.4.1" in wrong["store"]
