"""One file over HTTP: from where it ended before, however often the connection breaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from act_core.errors import DownloadError, HubChangedError, HubError, HubUnreachableError
from act_core.events import CancelToken, EventSink, Note
from act_core.hub.faults import hub_faults
from act_core.hub.line import Line
from act_core.hub.listing import HubFile
from act_core.hub.names import HubName
from act_core.hub.part import Part
from act_core.hub.waiting import patiently

if TYPE_CHECKING:
    from httpx2 import Response

# A connection that brought so much before it broke is worth another one at once.
WORTH_BYTES = 1 << 20
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


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
        try:
            with (
                hub_faults(self._name.repo),
                self._line.get(self._url(file), self._headers(begin_bytes)) as response,
            ):
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

    def _url(self, file: HubFile) -> str:
        kind = "datasets/" if self._name.kind == "dataset" else ""
        path = quote(file.path)
        return f"{self._endpoint}/{kind}{self._name.repo}/resolve/{self._name.revision}/{path}"

    def _headers(self, done_bytes: int) -> dict[str, str]:
        """Compression would make ranges meaningless."""
        from huggingface_hub.utils._headers import build_hf_headers

        ours = {"Accept-Encoding": "identity"}
        if done_bytes:
            ours["Range"] = f"bytes={done_bytes}-"
        headers: dict[str, str] = build_hf_headers(library_name="act-studio", headers=ours)
        return headers

    def _check(self, response: Response, file: HubFile, part: Part) -> None:
        """Refuse an answer whose body is not the rest of this file."""
        if response.status_code == 416:
            raise _other(file, "is shorter than the Hub announced")
        if response.status_code >= 400:
            self._refused(response, file)
        for one in (*response.history, response):
            commit = one.headers.get("X-Repo-Commit", self._name.revision)
            if commit != self._name.revision:
                raise HubChangedError(
                    f"The Hub answers with commit {commit} where {self._name.revision} was asked "
                    "for.",
                    remedy="Check the endpoint in the settings of the Hub.",
                )
            etag = one.headers.get("X-Linked-Etag", file.etag)
            if etag.removeprefix("W/").strip('"') != file.etag:
                raise _other(file, "has another hash than the Hub announced")
        begin_bytes, total = _range_of(response)
        if begin_bytes == 0 and part.done_bytes:  # a server that knows no ranges
            self._start_again(part)
        if begin_bytes != part.done_bytes:
            raise _other(file, "is sent from another place than the one asked for")
        if total is not None and total != file.size_bytes:
            raise _other(file, "has another length than the Hub announced")

    def _refused(self, response: Response, file: HubFile) -> None:
        from huggingface_hub.utils._http import hf_raise_for_status

        host = response.url.host
        if response.url.netloc.decode() != urlsplit(self._endpoint).netloc:
            raise HubError(
                f"{host}, where the Hub keeps {file.path}, refuses it "
                f"(status {response.status_code}).",
                remedy="Check proxy and firewall, then start again; what has come is kept.",
            )
        response.read()
        hf_raise_for_status(response)

    def _start_again(self, part: Part) -> None:
        self._step(-part.done_bytes)
        part.start_again()


def _range_of(response: Response) -> tuple[int, int | None]:
    """First byte of the body in the file, and the file's length where the answer tells it."""
    if response.status_code == 206:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None:
            return -1, None
        return int(found[1]), None if found[2] == "*" else int(found[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _other(file: HubFile, how: str) -> DownloadError:
    return DownloadError(
        f"{file.path} {how}.",
        remedy="Try again later; if it stays so, tell its publisher.",
    )
