"""The first rows of a split on the Hub, of which little more than these rows is fetched."""

from __future__ import annotations

import io
import itertools
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from act_core.abilities.items import Row
from act_core.abilities.rows import parquet_rows, rows_of
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, HubError
from act_core.events import EventSink, discard
from act_core.hub.dataset_files import DatasetFacts
from act_core.hub.listing import HubFile
from act_core.hub.ranges import PieceReader
from act_core.settings import HubSettings

_BLOCK_BYTES = 256 << 10
_MOST_BYTES = 48 << 20


@dataclass(frozen=True, slots=True)
class SplitLook:
    """What a split begins with.

    Attributes:
        columns: Names of its fields, in the order of the first row.
        rows: Its first rows, as `read_rows` would give them; of a text file whole lines only.
        fetched_bytes: Came over the network.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)
    fetched_bytes: int


def preview_split(
    settings: HubSettings,
    facts: DatasetFacts,
    config: str | None,
    split: str,
    rows: int = 20,
    *,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> SplitLook:
    """Look at the first rows of a split.

    Args:
        settings: How the Hub is reached.
        facts: Of the data set.
        config: None where there is one only.
        split: Such as `train`.
        rows: At most so many.
        emit: Notes about waits.
        token: Polled.

    Raises:
        AbilityDataError: The file is not what its name says.
        HubError: One of its kinds, or the rows are too large to be looked at.
        CancelledByPersonError: Cancelled.
    """
    reader = PieceReader(settings, facts.name, emit, token or CancelToken())
    file = facts.split(config, split).files[0]
    path = Path(PurePosixPath(file.path).name)
    if file.path.lower().endswith(".parquet"):
        found = list(itertools.islice(parquet_rows(_Ranges(reader, file), path, rows), rows))
    else:
        found = _of_beginning(reader, file, rows)
    named = [
        row if "id" in row else {"id": f"{split}-{n}", **row} for n, row in enumerate(found, 1)
    ]
    columns = tuple(dict.fromkeys(str(name) for row in found for name in row))
    return SplitLook(columns, tuple(named), reader.fetched_bytes)


def _of_beginning(reader: PieceReader, file: HubFile, rows: int) -> list[Row]:
    """Rows of the whole lines that a text file begins with; more of it where there is none."""
    end = 0
    while True:
        end = min(file.size_bytes, max(_BLOCK_BYTES, 4 * end))
        if end > _MOST_BYTES:
            raise _too_large(file)
        content = reader.piece(file, 0, end)
        whole = content if end == file.size_bytes else content[: content.rfind(b"\n") + 1]
        if whole:
            return _parsed(file, whole, rows)


def _parsed(file: HubFile, content: bytes, rows: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"rows{PurePosixPath(file.path).suffix}"
        path.write_bytes(content)
        found: list[Row] = []
        try:
            for row in itertools.islice(rows_of(path), rows):
                found.append(row)
        except AbilityDataError as error:
            # A quoted field of CSV may hold the end of a line, where the piece was cut.
            if not found:
                reason = error.reason.replace(str(path), file.path)
                raise AbilityDataError(reason, remedy=error.remedy) from error
        return found


class _Ranges(io.RawIOBase):
    """A file on the Hub that is read where somebody looks, in blocks, each fetched once."""

    def __init__(self, reader: PieceReader, file: HubFile) -> None:
        self._reader, self._file = reader, file
        self._blocks: dict[int, bytes] = {}
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._file.size_bytes}
        self._at = starts[whence] + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        end = self._file.size_bytes
        if size is not None and size >= 0:
            end = min(end, self._at + size)
        taken = bytearray()
        while self._at < end:
            number, skip = divmod(self._at, _BLOCK_BYTES)
            piece = self._block(number)[skip : skip + end - self._at]
            taken += piece
            self._at += len(piece)
        return bytes(taken)

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if (len(self._blocks) + 1) * _BLOCK_BYTES > _MOST_BYTES:
                raise _too_large(self._file)
            begin = number * _BLOCK_BYTES
            end = min(begin + _BLOCK_BYTES, self._file.size_bytes)
            self._blocks[number] = self._reader.piece(self._file, begin, end)
        return self._blocks[number]


def _too_large(file: HubFile) -> HubError:
    return HubError(
        f"The first rows of {file.path} are larger than {_MOST_BYTES >> 20} MB.",
        remedy="Fetch the split to look at it, or choose another one.",
        title="Rows cannot be shown",
    )
