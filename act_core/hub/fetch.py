"""One file over HTTP: from where it ended before, however often the connection breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from act_core.cancel import CancelToken
from act_core.errors import DownloadError, HubUnreachableError
from act_core.events import EventSink, Note
from act_core.hub.faults import hub_faults
from act_core.hub.file_request import check_answer, file_address, file_headers, place_of_body
from act_core.hub.line import Line
from act_core.hub.listing import HubFile
from act_core.hub.names import HubName
from act_core.hub.part import Part
from act_core.hub.waiting import patiently

if TYPE_CHECKING:
    from httpx2 import Response

# A connection that brought so much before it broke is worth another one at once.
WORTH_BYTES = 1 << 20


class Fetcher:
    """Fetches files of one repository at one commit.

    Nothing guards a resumed file against another content between two requests but its commit, the
    hash that the Hub announces beside it, and in the end the hash of its bytes: the hosts that keep
    large files give entity tags of their own, so If-Range would throw good parts away.

    Args:
        name: Pinned.
        endpoint: Address of the Hub.
        line: What requests go through.
        step: Told the bytes that have come; below zero where some are thrown away.
        emit: Notes about waits and second tries.
        stop: Polled at every piece.
    """

    def __init__(
        self,
        name: HubName,
        endpoint: str,
        line: Line,
        *,
        step: Callable[[int], None],
        emit: EventSink,
        stop: CancelToken,
    ) -> None:
        self._name, self._endpoint, self._line = name, endpoint, line
        self._step, self._emit, self._stop = step, emit, stop

    def fetch(self, file: HubFile, part: Part) -> None:
        """Bring a part to its whole length, with the right content; a damaged one once anew.

        Raises:
            DownloadError: What arrives is not what the Hub announced.
            HubError: Its kinds; a network that is lost is waited for.
            OutputError: The part cannot be written; what has come stays.
            CancelledByPersonError: Stopped; what has come stays.
        """
        try:
            self._complete(file, part)
        except DownloadError as error:
            self._start_again(part)
            self._emit(Note(f"{error.reason} It is fetched once more.", "warning"))
            try:
                self._complete(file, part)
            except DownloadError:
                self._start_again(part)
                raise

    def _complete(self, file: HubFile, part: Part) -> None:
        while not part.is_whole:
            patiently(lambda: self._go_on(file, part), self._emit, self._stop, tries=None)
        part.check()

    def _go_on(self, file: HubFile, part: Part) -> None:
        """One request for what is missing."""
        begin_bytes = part.done_bytes
        address = file_address(self._endpoint, self._name, file.path)
        headers = file_headers(f"{begin_bytes}-" if begin_bytes else "")
        try:
            with hub_faults(self._name.repo), self._line.get(address, headers) as response:
                self._check(response, file, part)
                for piece in response.iter_raw():
                    self._stop.raise_if_cancelled()
                    part.write(piece)
                    self._step(len(piece))
            if not part.is_whole:
                raise HubUnreachableError(
                    f"{response.url.host} ended {file.path} early.", remedy="Try again later."
                )
        except HubUnreachableError:
            self._stop.raise_if_cancelled()
            if part.done_bytes - begin_bytes < WORTH_BYTES:
                raise

    def _check(self, response: Response, file: HubFile, part: Part) -> None:
        """Refuse an answer whose body is not the rest of this file."""
        if response.status_code == 416:
            raise _other(file, "is shorter than the Hub announced")
        check_answer(response, self._endpoint, self._name, file.path)
        for one in (*response.history, response):
            etag = one.headers.get("X-Linked-Etag", file.etag)
            if etag.removeprefix("W/").strip('"') != file.etag:
                raise _other(file, "has another hash than the Hub announced")
        begin_bytes, total_bytes = place_of_body(response)
        if begin_bytes == 0 and part.done_bytes:  # a server that knows no ranges
            self._start_again(part)
        if begin_bytes != part.done_bytes:
            raise _other(file, "is sent from another place than the one asked for")
        if total_bytes not in (None, file.size_bytes):
            raise _other(file, "has another length than the Hub announced")

    def _start_again(self, part: Part) -> None:
        self._step(-part.done_bytes)
        part.start_again()


def _other(file: HubFile, how: str) -> DownloadError:
    return DownloadError(
        f"{file.path} {how}.",
        remedy="Try again later; if it stays so, tell its publisher.",
    )
