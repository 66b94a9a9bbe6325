"""An exported file held against the target's, byte for byte and entry for entry.

Written apart from the patch on purpose: it shares the plan and nothing else. Values are computed
with NumPy on the stored bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from act_core.cancel import CancelToken
from act_core.errors import VerificationError
from act_core.transfer.files import CarriedFile
from act_core.transfer.stored import STORED, not_finite, rounded, single
from act_core.transfer.work import PIECE_BYTES, Part, TensorPatch

_RUN_AGAIN = "Delete this output and run the transfer again; if it fails again, check the disk."


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found equal in one file.

    Attributes:
        name: The file's path below the export.
        same_bytes: Bytes outside the edits, all identical.
        entries: Entries inside the edits, all as the formula says and finite.
    """

    name: str
    same_bytes: int
    entries: int


def failed(check: str, reason: str) -> VerificationError:
    """The error of a failed check, named first."""
    return VerificationError(f"{check}: {reason}", remedy=_RUN_AGAIN)


def compare_file(
    file: CarriedFile,
    goal: Path,
    patches: tuple[TensorPatch, ...],
    cancel: CancelToken,
    step: Callable[[int], None],
) -> Compared:
    """Hold an exported file against its source, in bounded pieces.

    Args:
        file: The target's file.
        goal: The export's file.
        patches: What was to change in it, by offset.
        cancel: Polled between pieces.
        step: Told the bytes compared since its last call.

    Raises:
        VerificationError: Something differs that must not, or is not as the formula says.
        CancelledByPersonError: After a cancel.
    """
    try:
        with file.source.open("rb", buffering=0) as ours, goal.open("rb", buffering=0) as result:
            if goal.stat().st_size != file.size_bytes:
                raise failed("sizes of files", f"{file.name} is not {file.size_bytes} bytes long.")
            pair = _Pair(ours, result, file, cancel, step)
            at_bytes, entries = 0, 0
            for patch in patches:
                pair.same(at_bytes, patch.header.begin_bytes)
                for begin, end in patch.blocks():
                    entries += pair.moved(patch, begin, end)
                at_bytes = patch.header.begin_bytes + patch.header.size_bytes
            pair.same(at_bytes, file.size_bytes)
    except OSError as error:
        raise failed("readable files", f"{error.filename or goal}: {error.strerror}.") from error
    return Compared(file.name, pair.same_bytes, entries)


class _Pair:
    """Two open files and a buffer for each, used again for every piece."""

    def __init__(
        self,
        ours: FileIO,
        result: FileIO,
        file: CarriedFile,
        cancel: CancelToken,
        step: Callable[[int], None],
    ) -> None:
        self._files = (ours, result)
        self._file = file
        self._cancel = cancel
        self._step = step
        self._buffers = tuple(np.empty(PIECE_BYTES, dtype=np.uint8) for _ in range(2))
        self.same_bytes = 0

    def same(self, begin_bytes: int, end_bytes: int) -> None:
        """Check that a range of bytes is identical."""
        for at_bytes in range(begin_bytes, end_bytes, PIECE_BYTES):
            size_bytes = min(PIECE_BYTES, end_bytes - at_bytes)
            ours, result = self._read(at_bytes, size_bytes)
            if not _identical(ours, result):
                at_bytes += int(np.flatnonzero(ours != result)[0])
                raise self._changed(f"byte {at_bytes}")
            self.same_bytes += size_bytes

    def moved(self, patch: TensorPatch, begin: int, end: int) -> int:
        """Check a block of rows of a patched tensor; number of its entries that moved."""
        rows, width = patch.matrix
        row_bytes = patch.header.size_bytes // rows
        at_bytes = patch.header.begin_bytes + begin * row_bytes
        raw = self._read(at_bytes, (end - begin) * row_bytes)
        stored = STORED[patch.header.dtype]
        ours, result = (piece.view(stored).reshape(end - begin, width) for piece in raw)
        if patch.summed:
            entries = _check_summed(patch, ours, result, begin)
        else:
            entries = sum(_check_part(patch, part, ours, result, begin) for part in patch.parts)
        # The moved entries are the target's again now, so that the rest is compared at one go.
        if not _identical(*raw):
            row = begin + int(np.flatnonzero((ours != result).any(axis=1))[0])
            raise self._changed(f"row {row} of {patch.name}")
        self.same_bytes += raw[0].nbytes - entries * ours.itemsize
        return entries

    def _read(self, at_bytes: int, size_bytes: int) -> list[NDArray[np.uint8]]:
        self._cancel.raise_if_cancelled()
        pieces = []
        for stream, buffer in zip(self._files, self._buffers, strict=True):
            # A single row may be longer than a piece.
            long = size_bytes > len(buffer)
            piece = np.empty(size_bytes, dtype=np.uint8) if long else buffer[:size_bytes]
            view, done = piece.data, 0
            stream.seek(at_bytes)
            while done < size_bytes:
                count = stream.readinto(view[done:])
                if not count:
                    raise failed("sizes of files", f"{self._file.name} ended too early.")
                done += count
            pieces.append(piece)
        self._step(size_bytes)
        return pieces

    def _changed(self, where: str) -> VerificationError:
        check = "bytes outside the mask" if self._file.weights else "side files"
        return failed(check, f"{where} of {self._file.name} is not the target's.")


def _check_part(
    patch: TensorPatch,
    part: Part,
    ours: NDArray[np.generic],
    result: NDArray[np.generic],
    begin: int,
) -> int:
    """Check what one part moved in a block, and put the target's values back in `result`.

    Args:
        patch: The tensor.
        part: The part.
        ours: Block of the target as stored (bf16 as uint16), `[block rows, width]`.
        result: The same block of the export; the moved entries become the target's.
        begin: Number of the block's first row.

    Returns:
        Number of entries that moved.
    """
    edit = part.edit
    chosen = np.full(len(ours), edit.whole)
    if edit.rows is not None:
        inside = edit.rows[(edit.rows >= begin) & (edit.rows < begin + len(ours))]
        chosen[inside - begin] = True
    moved = None
    if edit.columns is not None:
        moved = np.repeat(chosen[:, None], ours.shape[1], axis=1)
        moved[:, edit.columns] = True
    rows = np.flatnonzero(chosen) if moved is None else np.arange(len(ours))
    if not len(rows):
        return 0
    start, found = ours[rows], result[rows]
    expected = _formula(start, _rows_of(part, patch, rows + begin), edit.strength, patch)
    _hold(patch, part.move, expected, found, moved)
    result[rows] = start if moved is None else np.where(moved, start, found)
    return found.size if moved is None else int(np.count_nonzero(moved))


def _check_summed(
    patch: TensorPatch, ours: NDArray[np.generic], result: NDArray[np.generic], begin: int
) -> int:
    """As `_check_part`, for all parts of a tensor whose parts have strengths."""
    by_row = not patch.parts[0].edit.by_column
    extent = (begin, begin + len(ours)) if by_row else (0, ours.shape[1])
    strengths = [part.edit.along(*extent) for part in patch.parts]
    active = np.count_nonzero(strengths, axis=0)
    every = np.arange(begin, begin + len(ours))
    some = np.flatnonzero(active)
    if by_row and len(some) < len(ours):  # of the other rows nothing is computed
        found = result[some]
        entries = _check_sums(patch, ours[some], found, every[some], [s[some] for s in strengths])
        result[some] = found
        return entries
    return _check_sums(patch, ours, result, every, strengths)


def _check_sums(
    patch: TensorPatch,
    ours: NDArray[np.generic],
    result: NDArray[np.generic],
    every: NDArray[np.int64],
    strengths: Sequence[NDArray[np.float32]],
) -> int:
    """As `_check_summed`, for the rows with the numbers `every`."""
    by_row = not patch.parts[0].edit.by_column
    active = np.count_nonzero(strengths, axis=0)
    start = single(ours) if by_row else single(ours).T
    total = start.copy()
    for part, shares in zip(patch.parts, strengths, strict=True):
        lines = np.flatnonzero(shares)
        if not len(lines):
            continue
        read = _rows_of(part, patch, every[lines] if by_row else every)
        theirs = single(read) if by_row else single(read).T[lines]
        own = start[lines]
        with np.errstate(over="ignore", invalid="ignore"):  # found before
            values = total[lines] + shares[lines, None] * (theirs - own)
        alone = (shares[lines] == 1) & (active[lines] == 1)
        total[lines] = np.where(alone[:, None], theirs, values)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = rounded(np.ascontiguousarray(total if by_row else total.T), patch.header.dtype)
    moved = np.broadcast_to(active[:, None] > 0 if by_row else active > 0, ours.shape)
    names = " and ".join(part.move for part in patch.parts)
    _hold(patch, names, expected, result, moved)
    result[...] = np.where(moved, ours, result)
    return int(np.count_nonzero(moved))


def _hold(
    patch: TensorPatch,
    move: str,
    expected: NDArray[np.generic],
    found: NDArray[np.generic],
    moved: NDArray[np.bool_] | None,
) -> None:
    """Compare moved entries (None: all) bit by bit, and refuse NaN and Inf among them."""
    bits = f"u{expected.itemsize}"
    differ = expected.view(bits) != found.view(bits)
    infinite = not_finite(found, patch.header.dtype)
    if moved is not None:
        differ, infinite = differ & moved, infinite & moved
    if infinite.any():
        raise failed("finite numbers", f"{patch.name} has NaN or Inf where it was moved.")
    if differ.any():
        raise failed(
            "rows inside the mask",
            f"{patch.name} is not what the formula gives from target and {move}.",
        )


def _rows_of(part: Part, patch: TensorPatch, rows: NDArray[np.int64]) -> NDArray[np.generic]:
    """The specialist's rows as they come, bf16 as uint16, `[len(rows), width]`."""
    import torch

    if patch.header.shape:
        tensor = part.weights.read_rows(part.source, rows)
    else:
        tensor = part.weights.read(part.source)
    tensor = tensor.reshape(len(rows), patch.matrix[1])
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16)
    values: NDArray[np.generic] = tensor.numpy()
    return values


def _formula(
    ours: NDArray[np.generic], theirs: NDArray[np.generic], strength: float, patch: TensorPatch
) -> NDArray[np.generic]:
    """theta^T + strength * (theta^S - theta^T) in float32, rounded once to the stored dtype."""
    stored = STORED[patch.header.dtype]
    if strength == 1 and theirs.dtype == stored:
        return theirs
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows has been found already
        values = single(theirs)
        if strength != 1:
            start = single(ours)
            values = values - start  # a new array, so what follows may be done in place
            values *= np.float32(strength)
            values += start
        return rounded(values, patch.header.dtype)


def _identical(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Byte equality, eight at a time."""
    whole = len(one) // 8 * 8
    return np.array_equal(one[:whole].view(np.uint64), other[:whole].view(np.uint64)) and bool(
        np.array_equal(one[whole:], other[whole:])
    )
