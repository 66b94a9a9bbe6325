"""A file on its way: its bytes lie in a file of their own until all are there and right."""

from __future__ import annotations

import os
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from act_core.cancel import CancelToken
from act_core.errors import DownloadError, output_error
from act_core.hub.listing import HubFile

PART_SUFFIX = ".act-part"
_PIECE_BYTES = 8 << 20


class Part:
    """What has come of one file, kept over cancel, crash and restart.

    The hash goes along with the bytes. What an earlier attempt left is hashed again, for nobody
    knows whether a crash let all of it reach the disk.

    Args:
        path: Where the bytes lie; the folder is made.
        file: What they are to become.
        token: Polled while earlier bytes are hashed.

    Raises:
        OutputError: The place cannot be written.
        CancelledByPersonError: Cancelled.
    """

    def __init__(self, path: Path, file: HubFile, token: CancelToken) -> None:
        self._path, self._file = path, file
        self.done_bytes = 0
        self._digest = file.digest()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream: FileIO = path.open("a+b", buffering=0)
        except OSError as error:
            raise output_error(error, path) from error
        try:
            self._take_up(token)
        except BaseException:
            self._stream.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    @property
    def is_whole(self) -> bool:
        """Whether no byte is missing; that they are right, `check` says."""
        return self.done_bytes == self._file.size_bytes

    def write(self, data: bytes) -> None:
        """Add what comes next.

        Raises:
            DownloadError: It is more than the file should have.
            OutputError: It cannot be written; what was written stays.
        """
        if self.done_bytes + len(data) > self._file.size_bytes:
            raise DownloadError(
                f"{self._file.path} is longer than the Hub announced.", remedy="Try again later."
            )
        rest = memoryview(data)
        try:
            while rest:
                count = self._stream.write(rest)
                self._digest.update(rest[:count])
                self.done_bytes += count
                rest = rest[count:]
        except OSError as error:
            raise output_error(error, self._path) from error

    def start_again(self) -> None:
        """Throw away what is there.

        Raises:
            OutputError: It cannot be.
        """
        try:
            self._stream.truncate(0)
        except OSError as error:
            raise output_error(error, self._path) from error
        self.done_bytes, self._digest = 0, self._file.digest()

    def check(self) -> None:
        """Make sure that the whole file is right, and on the disk.

        Raises:
            DownloadError: It is not what the Hub announced.
            OutputError: The disk reports an error.
        """
        if self._digest.hexdigest() != self._file.etag:
            raise DownloadError(
                f"{self._file.path} does not have the hash that the Hub announced.",
                remedy="Try again later; if it stays so, tell its publisher.",
            )
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise output_error(error, self._path) from error

    def _take_up(self, token: CancelToken) -> None:
        try:
            there_bytes = os.fstat(self._stream.fileno()).st_size
            if there_bytes > self._file.size_bytes:
                self._stream.truncate(0)
            self._stream.seek(0)
            while piece := self._stream.read(_PIECE_BYTES):
                token.raise_if_cancelled()
                self._digest.update(piece)
                self.done_bytes += len(piece)
        except OSError as error:
            raise output_error(error, self._path) from error


def part_bytes(path: Path, file: HubFile) -> int:
    """How much of a file has come before and will be used.

    Raises:
        OutputError: The place cannot be read.
    """
    try:
        size_bytes = path.stat().st_size
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise output_error(error, path) from error
    return size_bytes if size_bytes <= file.size_bytes else 0
