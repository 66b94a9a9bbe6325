"""A line to the Hub for one download, which another thread can cut while a server stays silent."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from act_core.settings import HubSettings

if TYPE_CHECKING:
    from httpx2 import Response


class Line:
    """An HTTP client of its own, whose sockets are known.

    Closing a response does not wake a thread that waits for its next byte; shutting its socket
    down does.

    Args:
        settings: Proxy and certificates.

    Raises:
        HubError: These cannot be used.
    """

    def __init__(self, settings: HubSettings) -> None:
        from act_core.hub.client import ClientFactory

        self._client = ClientFactory(settings.proxy, settings.certificates)()
        self._lock = threading.Lock()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._is_cut = False

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[Response]:
        """An answer whose body is still to be read; redirects were followed.

        Raises:
            HubUnreachableError: No answer, or a status that says to try again.
        """
        extensions = {"trace": self._watch}
        request = self._client.build_request("GET", url, headers=headers, extensions=extensions)
        response = self._client.send(request, stream=True)
        try:
            yield response
        finally:
            response.close()

    def cut(self) -> None:
        """End what is under way, and whatever begins later."""
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                _shut(one)

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def _watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of a new connection (https://www.encode.io/httpcore/extensions/#trace)."""
        if not event.endswith(("connect_tcp.complete", "start_tls.complete")):
            return
        one = info["return_value"].get_extra_info("socket")
        with self._lock:
            self._sockets.add(one)
            if self._is_cut:
                _shut(one)


def _shut(one: socket.socket) -> None:
    """Of an encrypted socket too, as if the other side had hung up."""
    with contextlib.suppress(OSError):  # closed already
        socket.socket.shutdown(one, socket.SHUT_RDWR)
