"""Moves put on a loaded target, and taken back.

What is put on is exactly what the exported checkpoint would hold: the same blend in the target's
stored dtype, then the same conversion to the dtype of the computation. Taking it back reads the
target again the way it was loaded, so nothing is left behind and no copy is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.models.reference import Model
from act_core.models.resident import live_tensors
from act_core.transfer.edits import Edit, blend, blend_summed, check_same_form
from act_core.transfer.moves import Move

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

# Gives a part of a tensor by an index on its first axis.
Values = Callable[[Any], "torch.Tensor"]

# Entries blended at once, so that float32 temporaries stay at a few MB.
_ENTRIES_AT_ONCE = 1 << 22


@contextmanager
def applied(module: PreTrainedModel, target: Model, moves: Sequence[Move]) -> Iterator[None]:
    """Within the block, the loaded target is the export; afterwards it is the target again.

    Args:
        module: The target as `load_resident` loads it; changed in place.
        target: The target.
        moves: What is put on it. Where two claim an entry, the later one has it; changes with
            strengths are summed, and come last.

    Raises:
        IncompatibleModelsError: A specialist lacks an edited tensor or has another shape.
        CorruptCheckpointError: A file was cut while it was in use.
    """
    for move in moves:
        check_same_form(target, move.specialist, move.edits)
    live = live_tensors(module, target)
    twin = _twin(module, target, live)
    touched: list[Edit] = []
    try:
        _put_all_on(live, twin, target, moves, touched)
        yield
    finally:
        for edit in touched:
            _take_back(_goals(live, edit.tensor, twin, target), target, edit)


def put_on(module: PreTrainedModel, target: Model, moves: Sequence[Move]) -> None:
    """Make the loaded target the export for good; arguments and errors as `applied`."""
    for move in moves:
        check_same_form(target, move.specialist, move.edits)
    live = live_tensors(module, target)
    _put_all_on(live, _twin(module, target, live), target, moves, [])


def _put_all_on(
    live: dict[str, torch.Tensor],
    twin: str | None,
    target: Model,
    moves: Sequence[Move],
    touched: list[Edit],
) -> None:
    """Put moves on; each edit is noted in `touched` before it changes anything."""
    sums: dict[str, list[tuple[Model, Edit]]] = {}
    for move in moves:
        for edit in move.edits:
            if edit.tensor not in live or edit.tensor == twin:
                continue
            touched.append(edit)
            if edit.strengths is not None:
                sums.setdefault(edit.tensor, []).append((move.specialist, edit))
                continue
            _put_on(_goals(live, edit.tensor, twin, target), target, move.specialist, edit)
    for tensor, shares in sums.items():
        _put_sum_on(_goals(live, tensor, twin, target), target, shares)


def _twin(module: PreTrainedModel, target: Model, live: dict[str, torch.Tensor]) -> str | None:
    """The head's name where it is stored although it is the embedding's equal twin.

    Such a head follows the embedding, here as in the exported checkpoint, and has no edits of its
    own.
    """
    head, embedding = target.family.head, target.family.embeddings[0]
    tied = target.config.get("tie_word_embeddings") is True and not target.tied
    if not tied or live[head].shape != live[embedding].shape:
        return None
    return head if live[head].equal(live[embedding]) else None


def _goals(
    live: dict[str, torch.Tensor], tensor: str, twin: str | None, target: Model
) -> tuple[torch.Tensor, ...]:
    if twin is not None and tensor == target.family.embeddings[0]:
        return live[tensor], live[twin]
    return (live[tensor],)


def _put_on(goals: tuple[torch.Tensor, ...], target: Model, specialist: Model, edit: Edit) -> None:
    rows = edit.rows if edit.columns is None else None
    ours, theirs = (
        weights.read(edit.tensor) if rows is None else weights.read_rows(edit.tensor, rows)
        for weights in (target.weights, specialist.weights)
    )

    def moved(part: Any) -> torch.Tensor:
        return blend(ours[part], theirs[part], edit.strength)

    for goal in goals:
        if rows is None:
            _write(goal, edit, moved)
        else:
            _write_rows(goal, rows, moved)


def _put_sum_on(
    goals: tuple[torch.Tensor, ...], target: Model, shares: Sequence[tuple[Model, Edit]]
) -> None:
    """What several specialists change with strengths in one tensor."""
    import torch

    tensor = shares[0][1].tensor
    ours = target.weights.read(tensor)
    matrix = ours.reshape(len(ours), -1)
    brought = []
    for specialist, edit in shares:
        if edit.rows is None:
            theirs = specialist.weights.read(tensor).reshape(matrix.shape)
        else:  # as the patch reads them: of adapters, rows may round otherwise
            theirs = torch.zeros(matrix.shape, dtype=torch.float32)
            read = specialist.weights.read_rows(tensor, edit.rows)
            theirs[torch.from_numpy(edit.rows)] = read.reshape(len(read), -1).float()
        if edit.by_column:
            strengths = torch.from_numpy(edit.along(0, matrix.shape[1])).expand(matrix.shape)
        else:
            strengths = torch.from_numpy(edit.along(0, matrix.shape[0]))[:, None]
        brought.append((theirs, strengths))
    for goal in goals:
        for part in _ranges(goal.shape[0], goal):
            pieces = [(theirs[part], strengths[part]) for theirs, strengths in brought]
            new = blend_summed(matrix[part], pieces).reshape(goal[part].shape)
            goal[part] = new.to(goal.device, goal.dtype)


def _take_back(goals: tuple[torch.Tensor, ...], target: Model, edit: Edit) -> None:
    """Always from the whole tensor, as it was loaded: of adapters, rows may round otherwise."""
    ours = target.weights.read(edit.tensor)
    for goal in goals:
        _write(goal, edit, lambda part: ours[part])


def _write_rows(goal: torch.Tensor, rows: NDArray[np.int64], values: Values) -> None:
    """Write some rows; `values` gives a range of them, counted among the rows."""
    import torch

    for part in _ranges(len(rows), goal):
        places = torch.from_numpy(rows[part]).to(goal.device)
        goal[places] = values(part).to(goal.device, goal.dtype)


def _write(goal: torch.Tensor, edit: Edit, values: Values) -> None:
    """Write what the edit names; `values` gives a range of the tensor's rows."""
    import torch

    if not goal.dim():
        goal.copy_(values(...))
        return
    for part in _ranges(goal.shape[0], goal):
        new = values(part).to(goal.device, goal.dtype)
        now = goal[part]
        if edit.whole:
            now.copy_(new)
        if edit.columns is not None:
            columns = torch.from_numpy(edit.columns).to(goal.device)
            now[:, columns] = new[:, columns]
        if edit.rows is not None:
            inside = edit.rows[(edit.rows >= part.start) & (edit.rows < part.stop)] - part.start
            places = torch.from_numpy(inside).to(goal.device)
            now[places] = new[places]


def _ranges(rows: int, goal: torch.Tensor) -> Iterator[slice]:
    width = int(np.prod(goal.shape[1:], dtype=np.int64))
    step = max(1, _ENTRIES_AT_ONCE // max(1, width))
    for begin in range(0, rows, step):
        yield slice(begin, min(begin + step, rows))
