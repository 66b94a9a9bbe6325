"""Copy, then patch: the target's files, with the moved rows written in place (design.md, 3)."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from act_core.cancel import CancelToken
from act_core.errors import NotFiniteError, output_error
from act_core.models.weights import Weights, runs, torch_dtype
from act_core.transfer.copying import copy_file, write_at
from act_core.transfer.edits import blend, blend_summed
from act_core.transfer.files import CarriedFile
from act_core.transfer.jobs import run_jobs
from act_core.transfer.work import Part, TensorPatch, Work

if TYPE_CHECKING:
    import torch

Result = TypeVar("Result")

# Below these, reading and writing whole blocks is cheaper than a call for each run of rows.
_LEAST_ROW_BYTES = 512
_MOST_SPARSE = 0.2
# Up to so many entries torch computes in the calling thread (at::internal::GRAIN_SIZE).
_SERIAL_ENTRIES = 32768


def write_files(
    work: Work,
    folder: Path,
    cancel: CancelToken,
    step: Callable[[int], None],
    then: Callable[[CarriedFile, CancelToken], Result],
) -> list[Result]:
    """Copy the carried files into a folder and patch them, two at a time.

    Args:
        work: What to do.
        folder: Where to; it exists.
        cancel: Ends the work within a fraction of a second.
        step: Told the bytes copied since its last call; called from several threads.
        then: Called with each file when it is whole, in the thread that wrote it, so that a check
            of one file overlaps with the copying of the next.

    Raises:
        OutputError: A file cannot be written.
        CorruptCheckpointError: A file cannot be read as its header says.
        NotFiniteError: A moved entry is NaN or Inf.
        CancelledByPersonError: After a cancel.
    """

    # Patching is many small calls; two threads at it hand the interpreter's lock to and fro, and
    # each is slower than one alone. Copying and comparing run beside it.
    alone = threading.Lock()

    def write(file: CarriedFile, stop: CancelToken) -> Result:
        goal = folder / file.name
        try:
            goal.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(error, goal) from error
        copy_file(file.source, goal, stop, step)
        with alone:
            patch_file(goal, work.patches.get(file.name, ()), work.target.weights, stop)
        return then(file, stop)

    return run_jobs([functools.partial(write, file) for file in work.files], cancel)


def patch_file(
    goal: Path, patches: Sequence[TensorPatch], target: Weights, cancel: CancelToken
) -> None:
    """Write the moved entries into a copy of one of the target's files.

    Raises:
        As `write_files`.
    """
    if not patches:
        return
    try:
        with goal.open("r+b", buffering=0) as stream:
            for patch in patches:
                for begin, end in patch.blocks():
                    cancel.raise_if_cancelled()
                    patch_block = _patch_summed if patch.summed else _patch_block
                    patch_block(stream, patch, target, begin, end)
    except OSError as error:
        raise output_error(error, goal) from error


def _patch_block(stream: FileIO, patch: TensorPatch, target: Weights, begin: int, end: int) -> None:
    """Rows `begin:end` of one tensor."""
    chosen = [_rows_within(part, begin, end) for part in patch.parts]
    row_bytes = _row_bytes(patch)
    count = sum(len(rows) for rows in chosen)
    by_row = all(part.edit.columns is None for part in patch.parts)
    sparse = row_bytes >= _LEAST_ROW_BYTES and count <= _MOST_SPARSE * (end - begin)
    if by_row and not count:
        return
    if by_row and sparse:
        for part, rows in zip(patch.parts, chosen, strict=True):
            if not len(rows):
                continue
            moved = _bytes_of(_blended(patch, part, target, rows))
            for first, last in runs(rows):
                at_bytes = patch.header.begin_bytes + int(rows[first]) * row_bytes
                write_at(stream, moved[first * row_bytes : last * row_bytes], at_bytes)
        return
    every = np.arange(begin, end)
    block = _read(target, patch.name, every, patch)
    for part, rows in zip(patch.parts, chosen, strict=True):
        _blend_into(block, patch, part, rows, every)
    write_at(stream, _bytes_of(block), patch.header.begin_bytes + begin * row_bytes)


def _patch_summed(
    stream: FileIO, patch: TensorPatch, target: Weights, begin: int, end: int
) -> None:
    """Rows `begin:end` of a tensor whose parts have strengths."""
    chosen = [_rows_of_sum(part, begin, end) for part in patch.parts]
    rows = functools.reduce(np.union1d, chosen)
    if not len(rows):
        return
    row_bytes = _row_bytes(patch)
    if row_bytes < _LEAST_ROW_BYTES or len(rows) > _MOST_SPARSE * (end - begin):
        rows = np.arange(begin, end)
    summed = _summed(patch, target, rows, chosen)
    moved = _bytes_of(summed)
    for first, last in runs(rows):
        at_bytes = patch.header.begin_bytes + int(rows[first]) * row_bytes
        write_at(stream, moved[first * row_bytes : last * row_bytes], at_bytes)


def _summed(
    patch: TensorPatch,
    target: Weights,
    rows: NDArray[np.int64],
    chosen: Sequence[NDArray[np.int64]],
) -> torch.Tensor:
    """New values of some rows, `[len(rows), width]`; of each part only its chosen ones are read."""
    import torch

    block = _read(target, patch.name, rows, patch)
    brought = []
    for part, some in zip(patch.parts, chosen, strict=True):
        theirs = torch.zeros(block.shape, dtype=torch.float32)
        if len(some):
            local = torch.from_numpy(np.searchsorted(rows, some))
            theirs[local] = _read(part.weights, part.source, some, patch).float()
        brought.append((theirs, _strengths(part, rows, block.shape[1])))
    names = " and ".join(part.move for part in patch.parts)
    step = max(1, _SERIAL_ENTRIES // max(1, block.shape[1]))
    for first in range(0, len(block), step):
        piece = slice(first, first + step)
        shares = [
            (theirs[piece], strengths if strengths.shape[0] == 1 else strengths[piece])
            for theirs, strengths in brought
        ]
        moved = functools.reduce(torch.logical_or, [share != 0 for _, share in shares])
        values = blend_summed(block[piece], shares)
        _finite(torch.where(moved, values, 0), patch, names)
        block[piece] = values
    return block


def _rows_of_sum(part: Part, begin: int, end: int) -> NDArray[np.int64]:
    """Rows of a block that are read from a specialist; every one where columns move."""
    if part.edit.by_column:
        return np.arange(begin, end)
    return _rows_within(part, begin, end)


def _strengths(part: Part, rows: NDArray[np.int64], width: int) -> torch.Tensor:
    """Strengths of some rows, `[rows, 1]`, or `[1, width]` where columns move."""
    import torch

    if part.edit.by_column:
        return torch.from_numpy(part.edit.along(0, width))[None]
    along = part.edit.along(int(rows[0]), int(rows[-1]) + 1)
    return torch.from_numpy(along[rows - rows[0]])[:, None]


def _row_bytes(patch: TensorPatch) -> int:
    return patch.header.size_bytes // patch.matrix[0]


def _rows_within(part: Part, begin: int, end: int) -> NDArray[np.int64]:
    """Rows of a part that lie in a block; all of them where the whole tensor moves."""
    if part.edit.whole:
        return np.arange(begin, end)
    rows = part.edit.rows
    if rows is None:
        return np.empty(0, dtype=np.int64)
    first, last = np.searchsorted(rows, (begin, end))
    return rows[first:last]


def _blended(
    patch: TensorPatch, part: Part, target: Weights, rows: NDArray[np.int64]
) -> torch.Tensor:
    """New values of some rows, `[len(rows), width]`."""
    import torch

    theirs = _read(part.weights, part.source, rows, patch)
    if part.edit.strength == 1:  # the target's values do not enter, only their dtype does
        ours = torch.empty(0, dtype=torch_dtype(patch.header.dtype))
    else:
        ours = _read(target, patch.name, rows, patch)
    return _moved(ours, theirs, patch, part)


def _blend_into(
    block: torch.Tensor,
    patch: TensorPatch,
    part: Part,
    rows: NDArray[np.int64],
    every: NDArray[np.int64],
) -> None:
    """Put one part's new values into a block of the target's rows."""
    import torch

    columns = part.edit.columns
    if columns is None and len(rows) < len(every):
        theirs = _read(part.weights, part.source, rows, patch)
        local = torch.from_numpy(rows - every[0])
        block[local] = _moved(block[local], theirs, patch, part)
        return
    theirs = _read(part.weights, part.source, every, patch)
    if columns is None:
        block.copy_(_moved(block, theirs, patch, part))
        return
    # Rows come from the untouched block, so that entries in a row and a column move once.
    local, across = torch.from_numpy(rows - every[0]), torch.from_numpy(columns)
    by_row = _moved(block[local], theirs[local], patch, part)
    block[:, across] = _moved(block[:, across], theirs[:, across], patch, part)
    block[local] = by_row


def _read(weights: Weights, name: str, rows: NDArray[np.int64], patch: TensorPatch) -> torch.Tensor:
    """Some rows as a matrix; a tensor without axes has one row of one entry."""
    if not patch.header.shape:
        return weights.read(name).reshape(1, 1)
    return weights.read_rows(name, rows).reshape(len(rows), patch.matrix[1])


def _moved(
    ours: torch.Tensor, theirs: torch.Tensor, patch: TensorPatch, part: Part
) -> torch.Tensor:
    """`blend` of two matrices (`ours` may be empty at strength 1), checked to be finite.

    In slices too small for torch to start threads: the threads that write files use all cores
    already, and torch's would spin beside them.
    """
    import torch

    result = torch.empty(theirs.shape, dtype=ours.dtype)
    step = max(1, _SERIAL_ENTRIES // max(1, theirs.shape[1]))
    for begin in range(0, len(theirs), step):
        piece = slice(begin, begin + step)
        values = blend(ours[piece], theirs[piece], part.edit.strength)
        result[piece] = _finite(values, patch, part.move)
    return result


def _finite(values: torch.Tensor, patch: TensorPatch, move: str) -> torch.Tensor:
    import torch

    # One NaN or Inf spoils the sum, and a sum is twelve times faster; only an overflow needs both.
    if torch.isfinite(values.sum(dtype=torch.float32)) or torch.isfinite(values).all():
        return values
    raise NotFiniteError(
        f"Moving {patch.name} from {move} gives NaN or Inf.",
        remedy="One of the two models is damaged, or its values exceed what "
        f"{patch.header.dtype} can hold; fetch it again or choose another.",
    )


def _bytes_of(values: torch.Tensor) -> memoryview:
    import torch

    return values.contiguous().view(torch.uint8).reshape(-1).numpy().data
