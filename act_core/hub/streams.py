"""Files as streams that are sent: counted as they are read, and cut short by a cancel."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class Stream(io.BufferedIOBase):
    """A file that is open only while it is read, and tells what is read of it for the first time.

    Args:
        path: The file.
        watch: Is given numbers of bytes; what it raises ends the reading.

    Attributes:
        seen: Bytes read for the first time, by which `watch` was told.
    """

    def __init__(self, path: Path, watch: Callable[[int], None]) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._at = 0
        self._file: BinaryIO | None = None
        self.begin(watch)

    def begin(self, watch: Callable[[int], None]) -> None:
        """From here on everything is read for the first time again."""
        self.watch: Callable[[int], None] | None = watch
        self.seen = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = start + offset
        self._shut()
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Read at most `size` bytes; all that is left where it is negative or None."""
        if self._file is None:
            self._file = self._path.open("rb")
            self._file.seek(self._at)
        piece = self._file.read(-1 if size is None else size)
        self._at += len(piece)
        if self._at >= self._size:
            self._shut()
        fresh = self._at - self.seen
        if self.watch is not None and fresh > 0:
            self.seen = self._at
            self.watch(fresh)
        return piece

    def _shut(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


@contextmanager
def bare() -> Iterator[None]:
    """huggingface_hub hides what stopped an upload in a RuntimeError; raise the cause itself."""
    try:
        yield
    except RuntimeError as error:
        if error.__cause__ is None:
            raise
        raise error.__cause__ from None


@contextmanager
def quiet() -> Iterator[None]:
    """Without huggingface_hub's bars, and its warnings about streams and that nothing is to commit.

    A bar would be written to the standard error, which a program with a window may not have.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

    has_bars = constants.HF_HUB_DISABLE_PROGRESS_BARS is None
    if has_bars:
        disable_progress_bars()
    noisy = [logging.getLogger(f"huggingface_hub.{name}") for name in ("_commit_api", "hf_api")]
    before = [one.level for one in noisy]
    for one in noisy:
        one.setLevel(logging.ERROR)
    try:
        yield
    finally:
        if has_bars:
            enable_progress_bars()
        for one, level in zip(noisy, before, strict=True):
            one.setLevel(level)
