from __future__ import annotations

from pathlib import Path

import pytest

from core.server.config import ServerConfig, default_cache, default_home, render
from core.server.resources import MIB, Memory, Ports

MEMORY = Memory(heap=1024 * MIB, pagecache=512 * MIB, transaction=256 * MIB)


@pytest.fixture
def conf(tmp_path: Path) -> dict[str, str]:
    text = render(ServerConfig(home=tmp_path), Ports(7001, 7002), MEMORY)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_every_hardened_setting_is_written(conf: dict[str, str]) -> None:
    assert conf.items() >= {
        ("dbms.security.auth_enabled", "true"),
        ("server.https.enabled", "false"),
        ("server.directories.import", "import"),
        ("dbms.security.allow_csv_import_from_file_urls", "false"),
        ("internal.dbms.cypher_ip_blocklist", "0.0.0.0/0,::/0"),
        ("dbms.usage_report.enabled", "false"),
        ("dbms.security.procedures.unrestricted", "gds.*"),
        ("dbms.security.procedures.allowlist", "gds.*"),
        ("db.memory.transaction.max", "256m"),
        ("db.transaction.timeout", "900s"),
        ("server.memory.pagecache.size", "512m"),
    }


def test_plans_are_kept_as_the_server_does_it_or_as_long_as_asked(
    conf: dict[str, str], tmp_path: Path
) -> None:
    assert "dbms.cypher.min_replan_interval" not in conf
    text = render(ServerConfig(home=tmp_path, replan_seconds=60), Ports(7001, 7002), MEMORY)
    assert "\ndbms.cypher.min_replan_interval=60s\n" in text


def test_it_listens_on_loopback_only(conf: dict[str, str]) -> None:
    addresses = {name: value for name, value in conf.items() if name.endswith("_address")}
    assert len(addresses) == 5
    assert {value.split(":")[0] for value in addresses.values()} == {"127.0.0.1"}
    assert addresses["server.bolt.advertised_address"] == "127.0.0.1:7001"


def test_no_absolute_path_is_written(conf: dict[str, str], tmp_path: Path) -> None:
    assert not any(str(tmp_path) in value for value in conf.values())


def test_home_and_cache_are_absolute_and_apart() -> None:
    config = ServerConfig(home=Path("some/../home"), cache=Path("~/cache"))
    assert config.home == Path.cwd() / "home"
    assert config.cache == Path.home() / "cache"
    assert default_home() != default_cache()
