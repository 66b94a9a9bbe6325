"""Small pieces of a repository's files: whole small ones, and headers by Range request.

What is asked for is known beforehand from the repository's listing, and nothing else is taken.
"""

from __future__ import annotations

import threading
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from act_core.cancel import CancelToken
from act_core.errors import CorruptCheckpointError, DownloadError, HubUnreachableError
from act_core.events import EventSink
from act_core.hub.connection import connect, endpoint_of
from act_core.hub.faults import hub_faults
from act_core.hub.file_request import check_answer, file_address, file_headers, place_of_body
from act_core.hub.listing import HubFile
from act_core.hub.names import HubName
from act_core.hub.waiting import asked
from act_core.models.headers import header_length
from act_core.settings import HubSettings

if TYPE_CHECKING:
    from httpx2 import Response

# What most headers fit into, so that one request does.
GUESS_BYTES = 64 << 10
# The longest that huggingface_hub takes; half a million tensors do not fill it.
_MOST_HEADER_BYTES = 25_000_000


class PieceReader:
    """Reads pieces of files of one repository at one commit; several threads may.

    Args:
        settings: How the Hub is reached.
        name: Pinned.
        emit: Notes about waits.
        token: Polled, also while a server is silent.

    Raises:
        HubOfflineError, HubError: As `connect`.
    """

    def __init__(
        self, settings: HubSettings, name: HubName, emit: EventSink, token: CancelToken
    ) -> None:
        connect(settings)
        self._endpoint = endpoint_of(settings)
        self._name, self._emit, self._token = name, emit, token
        self._lock = threading.Lock()
        self.fetched_bytes = 0

    def whole(self, file: HubFile, most_bytes: int) -> bytes:
        """A small file, checked by its hash.

        Raises:
            CorruptCheckpointError: It is larger than such a file may be.
            DownloadError: What arrives is not what the Hub announced.
            HubError: One of its kinds.
            CancelledByPersonError: Cancelled.
        """
        if file.size_bytes > most_bytes:
            raise CorruptCheckpointError(
                f"{file.path} of {self._name} has {file.size_bytes:,} bytes, where at most "
                f"{most_bytes:,} make sense.",
                remedy="Do not use this model, or ask its publisher.",
            )
        content = self.piece(file, 0, file.size_bytes)
        if not file.is_content(content):
            raise DownloadError(
                f"{file.path} of {self._name} does not have the hash that the Hub announced.",
                remedy="Try again; if it stays so, check the endpoint in the settings of the Hub.",
            )
        return content

    def start(self, file: HubFile) -> bytes:
        """What a safetensors file begins with, up to the end of its header.

        Raises:
            CorruptCheckpointError: The header cannot be so long.
            HubError, CancelledByPersonError: As `whole`.
        """
        guess = self.piece(file, 0, min(GUESS_BYTES, file.size_bytes))
        length = header_length(PurePosixPath(file.path), guess, file.size_bytes)
        if length > _MOST_HEADER_BYTES:
            raise CorruptCheckpointError(
                f"The header of {file.path} of {self._name} is said to have {length:,} bytes.",
                remedy="Do not use this model, or ask its publisher.",
            )
        end = 8 + length
        return guess[:end] + self.piece(file, len(guess), end)

    def piece(self, file: HubFile, begin: int, end: int) -> bytes:
        """Some of a file's bytes; that they are right, only the whole file's hash could tell.

        Args:
            file: The file.
            begin: The first byte.
            end: The one behind the last.

        Raises:
            HubError, CancelledByPersonError: As `whole`.
        """
        if begin >= end:
            return b""
        return asked(lambda: self._requested(file, begin, end), self._emit, self._token)

    def _requested(self, file: HubFile, begin: int, end: int) -> bytes:
        from huggingface_hub.utils._http import get_session

        address = file_address(self._endpoint, self._name, file.path)
        is_all = (begin, end) == (0, file.size_bytes)
        headers = file_headers("" if is_all else f"{begin}-{end - 1}")
        with (
            hub_faults(self._name.repo),
            get_session().stream("GET", address, headers=headers) as answer,
        ):
            check_answer(answer, self._endpoint, self._name, file.path)
            return self._taken(answer, file, begin, end)

    def _taken(self, answer: Response, file: HubFile, begin: int, end: int) -> bytes:
        """Of the body what was asked for; a server that knows no ranges sends more."""
        at, size_bytes = place_of_body(answer)
        if size_bytes not in (None, file.size_bytes) or at not in (0, begin):
            raise DownloadError(
                f"{file.path} of {self._name} is not as long as the Hub announced.",
                remedy="Try again; if it stays so, check the endpoint in the settings of the Hub.",
            )
        taken = bytearray()
        for piece in answer.iter_raw():
            self._token.raise_if_cancelled()
            taken += piece
            self._count(len(piece))
            if len(taken) >= end - at:
                return bytes(taken[begin - at : end - at])
        raise HubUnreachableError(
            f"{answer.url.host} ended {file.path} early.", remedy="Try again later."
        )

    def _count(self, size_bytes: int) -> None:
        with self._lock:
            self.fetched_bytes += size_bytes
