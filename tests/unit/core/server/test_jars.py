from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.server.jars import FOLDERS, LOCK_FILE, Jar, Lock, read_lock, write_lock

if TYPE_CHECKING:
    from pathlib import Path


def test_every_entry_of_the_lock_is_complete() -> None:
    lock = read_lock()
    assert len(lock.jars) > 300
    for jar in lock.jars:
        assert jar.folder in FOLDERS
        assert re.fullmatch(r"[0-9a-f]{64}", jar.sha256), jar
        assert jar.size_bytes > 0
        assert len(jar.coordinate.split(":")) in (3, 4)
    assert len({jar.path for jar in lock.jars}) == len(lock.jars)


def test_the_lock_names_no_address() -> None:
    text = LOCK_FILE.read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"\b(repo\d?|registry|mirror)\.", text)


def test_the_lock_holds_the_server_browser_and_gds_of_its_versions() -> None:
    lock = read_lock()
    held = {jar.coordinate for jar in lock.jars}
    assert {
        f"org.neo4j.app:neo4j-server:{lock.neo4j}",
        f"org.neo4j:neo4j-import-tool:{lock.neo4j}",
        f"org.neo4j.client:neo4j-browser:{lock.browser}",
        f"org.neo4j.gds:opengds-extension:{lock.gds}",
    } <= held


def test_no_library_is_there_in_two_versions() -> None:
    projects = [jar.coordinate.split(":") for jar in read_lock().jars]
    names = [(group, artifact, *rest[1:]) for group, artifact, *rest in projects]
    assert len(set(names)) == len(names)


def test_a_lock_survives_writing_and_reading(tmp_path: Path) -> None:
    lock = Lock("5.26.30", "2.13.9", "5.24.0", (Jar("server", "g:a:1:linux", "0" * 64, 7),))
    write_lock(lock, tmp_path / "lock.toml")
    assert read_lock(tmp_path / "lock.toml") == lock
    assert lock.jars[0].filename == "a-1-linux.jar"


def test_the_folder_name_follows_the_content() -> None:
    jar = Jar("server", "g:a:1", "0" * 64, 7)
    other = Jar("server", "g:a:1", "1" * 64, 7)
    assert Lock("5", "2", "5", (jar,)).name != Lock("5", "2", "5", (other,)).name
