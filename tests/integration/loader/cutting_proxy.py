"""A TCP proxy in front of the database that loses the answer to some commits."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""Bolt's message of that name, in a chunk of its own."""


class CuttingProxy:
    """Passes bytes on, and cuts a connection after COMMIT as often as it is told.

    Every other time the server's answer is awaited first, and lost; else nobody knows whether the
    server saw the message before the connection ended.

    Attributes:
        uri: where it listens.
        commits: messages seen.
        cuts: connections cut.
    """

    def __init__(self, uri: str, wanted: Callable[[int], bool]) -> None:
        parts = urlsplit(uri)
        self._server = (parts.hostname or "", parts.port or 7687)
        self._wanted = wanted
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"
        self.commits = self.cuts = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                mute = threading.Event()
                answered = threading.Event()
                for work in (self._upstream, self._downstream):
                    arguments = (client, server, mute, answered)
                    threading.Thread(target=work, args=arguments, daemon=True).start()

    def _upstream(
        self,
        client: socket.socket,
        server: socket.socket,
        mute: threading.Event,
        answered: threading.Event,
    ) -> None:
        with suppress(OSError):
            while data := client.recv(1 << 16):
                cut = False
                if data.endswith(COMMIT):
                    self.commits += 1
                    cut = self._wanted(self.commits)
                if cut:
                    answered.clear()
                    mute.set()
                server.sendall(data)
                if cut:
                    self.cuts += 1
                    if self.cuts % 2:
                        answered.wait(5)
                    break
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _downstream(
        self,
        client: socket.socket,
        server: socket.socket,
        mute: threading.Event,
        answered: threading.Event,
    ) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if mute.is_set():
                    answered.set()
                else:
                    client.sendall(data)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
