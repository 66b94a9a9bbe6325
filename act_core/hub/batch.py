"""Several files of one commit, two at once, from whatever has come of them before."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import CancelledByPersonError, DiskFullError
from act_core.events import Event, EventSink
from act_core.files import free_bytes
from act_core.hub.connection import endpoint_of
from act_core.hub.fetch import Fetcher
from act_core.hub.line import Line
from act_core.hub.listing import HubFile
from act_core.hub.names import HubName
from act_core.hub.part import Part, part_bytes
from act_core.hub.place import Place
from act_core.meters import SharedMeter
from act_core.settings import HubSettings

STAGE = "download"
RESERVE_BYTES = 64 << 20  # that a disk keeps free
_THREADS = 2
_POLL_S = 0.1
_GRACE_S = 1.0


class Batch:
    """Files on their way to one place.

    Args:
        settings: The way to the Hub.
        name: Pinned.
        place: Where the files go; its lock is held.
        files: Those that are not there yet.
        emit: Progress in bytes, notes about waits.

    Raises:
        DiskFullError: The disk is too small.
        HubError: Proxy, certificates or endpoint cannot be used.
    """

    def __init__(
        self,
        settings: HubSettings,
        name: HubName,
        place: Place,
        files: Sequence[HubFile],
        emit: EventSink,
    ) -> None:
        self._place = place
        # Small ones first: what is wrong with a repository shows before the long ones.
        self._queue = sorted(files, key=lambda file: -file.size_bytes)
        self._there = {file.path: part_bytes(place.part(file), file) for file in files}
        self._lock = threading.Lock()
        self._sink = emit
        self._errors: list[BaseException] = []
        self._stop = CancelToken()
        self._fetched_bytes = 0
        total_bytes, done_bytes = sum(one.size_bytes for one in files), sum(self._there.values())
        _check_room(place.folder, total_bytes - done_bytes)
        self._meter = SharedMeter(self._emit, STAGE, total_bytes, done_bytes=done_bytes)
        self._line = Line(settings)
        self._fetcher = Fetcher(
            name,
            endpoint_of(settings),
            self._line,
            step=self._step,
            emit=self._emit,
            stop=self._stop,
        )

    def run(self, token: CancelToken) -> int:
        """Fetch all files.

        Args:
            token: Polled; what has come is kept.

        Returns:
            Bytes that came over the network.

        Raises:
            ActError: The first failure of a file.
            CancelledByPersonError: Cancelled.
        """
        threads = [
            threading.Thread(target=self._work, name=f"act-download-{number}", daemon=True)
            for number in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive() and not self._errors:
                    token.raise_if_cancelled()
                    thread.join(_POLL_S)
        finally:
            self._stop.cancel()
            self._line.cut()
            # One that is still looking up or greeting a host ends by itself, and writes nothing.
            for thread in threads:
                thread.join(_GRACE_S)
            self._line.close()
        if self._errors:
            raise self._errors[0]
        self._meter.finish()
        return self._fetched_bytes

    def _work(self) -> None:
        try:
            while (file := self._next()) is not None:
                with self._place.claim(file, self._stop):
                    self._bring(file)
        except CancelledByPersonError:
            return
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
            self._errors.append(error)

    def _next(self) -> HubFile | None:
        with self._lock:
            return self._queue.pop() if self._queue else None

    def _bring(self, file: HubFile) -> None:
        there_bytes = self._there[file.path]
        if self._place.take(file):
            self._meter.step(file.size_bytes - there_bytes)
            return
        with Part(self._place.part(file), file, self._stop) as part:
            self._meter.step(part.done_bytes - there_bytes)
            self._fetcher.fetch(file, part)
        self._place.put(file)

    def _step(self, size_bytes: int) -> None:
        with self._lock:
            self._fetched_bytes += max(0, size_bytes)
        self._meter.step(size_bytes)

    def _emit(self, event: Event) -> None:
        """Whoever listens is not told two things at once."""
        with self._lock:
            self._sink(event)


def _check_room(folder: Path, size_bytes: int) -> None:
    free = free_bytes(folder)
    if free < size_bytes + RESERVE_BYTES:
        raise DiskFullError(
            f"{size_bytes / 1e6:,.0f} MB are still to come to {folder}, and only "
            f"{free / 1e6:,.0f} MB are free there.",
            remedy="Free some space or choose another disk; what has come is kept.",
        )
