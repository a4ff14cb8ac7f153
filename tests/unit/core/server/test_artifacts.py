from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp
from threading import Lock as Mutex

import pytest

from core.errors import ArtifactError
from core.server.artifacts import count_wrong, ensure
from core.server.jars import Jar, Lock

CONTENT = {f"g:lib{number}:1": f"content {number}".encode() for number in range(40)}
LOCK = Lock(
    "5.26.30",
    "2.13.9",
    "5.24.0",
    tuple(
        Jar(
            "plugins" if number % 3 else "server", name, hashlib.sha256(data).hexdigest(), len(data)
        )
        for number, (name, data) in enumerate(CONTENT.items())
    ),
)


class Source:
    """A repository in memory that may lose, damage or cut what it is asked for."""

    def __init__(self, *, fail_first: int = 0, damaged: str = "", missing: str = "") -> None:
        self.asked: Counter[str] = Counter()
        self.fail_first, self.damaged, self.missing = fail_first, damaged, missing
        self._mutex = Mutex()

    def __call__(self, coordinate: str, folder: Path) -> Path:
        with self._mutex:
            self.asked[coordinate] += 1
        if coordinate == self.missing or self.asked[coordinate] <= self.fail_first:
            raise ConnectionError("the network is away")
        path = Path(mkdtemp(dir=folder)) / "some.jar"
        data = CONTENT[coordinate]
        path.write_bytes(data[:-1] if coordinate == self.damaged else data)
        return path


def get(cache: Path, source: Source) -> Path:
    return ensure(cache, LOCK, fetch=source, quiet=True, waits_seconds=(0.0, 0.0))


def test_everything_is_fetched_once_and_then_only_verified(tmp_path: Path) -> None:
    source = Source()
    folder = get(tmp_path, source)
    assert get(tmp_path, source) == folder
    assert source.asked == dict.fromkeys(CONTENT, 1)
    for jar in LOCK.jars:
        assert (folder / jar.path).read_bytes() == CONTENT[jar.coordinate]
    assert sorted(path.name for path in folder.iterdir()) == ["plugins", "server"]


def test_a_network_that_fails_now_and_then_is_tried_again(tmp_path: Path) -> None:
    get(tmp_path, Source(fail_first=2))
    assert count_wrong(tmp_path, LOCK) == 0


def test_a_jar_with_a_wrong_sum_is_never_put_in_place(tmp_path: Path) -> None:
    bad = LOCK.jars[7]
    with pytest.raises(ArtifactError, match=rf"{bad.coordinate} has SHA-256 .*{bad.sha256}"):
        get(tmp_path, Source(damaged=bad.coordinate))
    assert not (tmp_path / LOCK.name / bad.path).exists()


def test_a_broken_download_goes_on_where_it_was(tmp_path: Path) -> None:
    lost = LOCK.jars[-1].coordinate
    with pytest.raises(ArtifactError, match=f"{lost} could not be downloaded: the network is away"):
        get(tmp_path, Source(missing=lost))
    left = count_wrong(tmp_path, LOCK)
    assert 1 <= left < len(CONTENT)
    source = Source()
    get(tmp_path, source)
    assert source.asked.total() == left


@pytest.mark.parametrize("damage", [b"", b"content x", b"content 3 and more"])
def test_a_damaged_jar_is_replaced_alone(tmp_path: Path, damage: bytes) -> None:
    folder = get(tmp_path, Source())
    victim = LOCK.jars[3]
    (folder / victim.path).write_bytes(damage)
    source = Source()
    get(tmp_path, source)
    assert source.asked == {victim.coordinate: 1}
    assert (folder / victim.path).read_bytes() == CONTENT[victim.coordinate]


def test_a_jar_that_nobody_locked_does_not_reach_the_class_path(tmp_path: Path) -> None:
    folder = get(tmp_path, Source())
    (folder / "plugins" / "stranger.jar").write_bytes(b"?")
    get(tmp_path, Source())
    assert not (folder / "plugins" / "stranger.jar").exists()


def test_two_at_once_download_once(tmp_path: Path) -> None:
    source = Source()
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: get(tmp_path, source), range(2)))
    assert folders[0] == folders[1]
    assert source.asked == dict.fromkeys(CONTENT, 1)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(ArtifactError, match="cannot be kept in"):
        get(tmp_path / "cache", Source())


def test_a_cache_that_java_cannot_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="LEDGERGRAPH_CACHE"):
        get(tmp_path / "a:b", Source())
