"""The temporary folder of a load, and the removal of those whose process was killed."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from loader import owner

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "ledgergraph-load-"
_OWNER = "owner"


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that goes when the load ends."""
    remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as temporary:
        root = Path(temporary)
        (root / _OWNER).write_text(owner.this_process(), encoding="utf-8")
        folder = root / "files"
        folder.mkdir()
        yield folder


def remove_abandoned() -> None:
    """Remove the folders of loads on this machine whose process is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            name = (folder / _OWNER).read_text(encoding="utf-8")
        except OSError:
            continue
        if owner.is_gone(name, abandoned=False):
            shutil.rmtree(folder, ignore_errors=True)
