"""A load in a process of its own, to be killed.

Arguments: URI, user, password file, format, path, folder of rejected rows, seconds of retries.

Prints a dot after every batch, so that the killer knows where it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

import loader
from cypher.graph import Graph


def main() -> None:
    uri, user, password_file, name, path, letters, seconds = sys.argv[1:8]
    password = Path(password_file).read_text().strip() if password_file else ""
    options = loader.LoadOptions(batch_rows=2000, dead_letter_dir=Path(letters))
    with Graph.connect(uri, user, password, retry_seconds=float(seconds)) as graph:
        report = loader.load(graph, name, [Path(path)], options, tell)
    print(f"done {report.transfers}", flush=True)


def tell(progress: loader.LoadProgress) -> None:
    if progress.phase == "writing":
        print(".", flush=True)


if __name__ == "__main__":
    main()
