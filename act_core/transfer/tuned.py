"""A tuning as moves: tuned rows, or an adapter, in place of what a transfer changed.

The tuned model is one more specialist, of which every number is taken as it is. So the patch, its
verification, and candidates on a loaded model treat it like any other.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from act_core.hashing import content_hash
from act_core.models.adapter import read_adapter
from act_core.models.channels import layout_of
from act_core.models.reference import Model, with_adapter
from act_core.transfer.edits import Edit
from act_core.transfer.moved import edit_facts, moved_model
from act_core.transfer.moves import Move
from act_core.transfer.rows import RowWeights, load_rows

TUNED = "tuned"


def row_moves(target: Model, start: Sequence[Move], path: Path) -> tuple[Move, ...]:
    """The transfer `start` with the tuned rows of a file in place of those that it moved.

    Args:
        target: The target.
        start: What was transferred before the tuning; nothing where the plain target was tuned.
        path: The file of rows.

    Raises:
        TunedError: The file is missing, damaged, or of another model.
    """
    tuned = load_rows(path, layout_of(target), target.facts)
    moved = moved_model(target, start)
    model = dataclasses.replace(moved, weights=RowWeights(moved.weights, tuned))
    edits = (
        Edit(name, 1.0, None, rows) if name in tuned.transposed else Edit(name, 1.0, rows)
        for name, rows in tuned.rows.items()
    )
    return _in_place(target, start, model, edits)


def lora_moves(target: Model, start: Sequence[Move], folder: Path) -> tuple[Move, ...]:
    """The transfer `start` with an adapter merged into it.

    Args:
        target: The target.
        start: As in `row_moves`.
        folder: The adapter's.

    Raises:
        ActError: Everything that `with_adapter` raises.
    """
    model = with_adapter(f"{target.reference}+{folder}", moved_model(target, start), folder)
    suffix = ".lora_A.weight"
    pairs = (name for name in read_adapter(folder).headers if name.endswith(suffix))
    edits = (Edit(f"{name.removesuffix(suffix)}.weight", 1.0) for name in pairs)
    return _in_place(target, start, model, edits)


def moves_digest(moves: Sequence[Move]) -> str:
    """Hash of what moves, by name of who brings it, without a look at any weight."""
    return content_hash([[m.name, [edit_facts(edit) for edit in m.edits]] for m in moves])


def moved_channels(target: Model, moves: Sequence[Move]) -> NDArray[np.bool_]:
    """Channels that moves change in any way but by tied columns, bool `[channels]`."""
    layout = layout_of(target)
    found = np.zeros(layout.total, dtype=np.bool_)
    places = {
        tensor: (module, int(layout.starts[index]) + number * module.rows)
        for index, module in enumerate(layout.modules)
        for number, tensor in enumerate(module.tensors)
    }
    for edit in (edit for move in moves for edit in move.edits if edit.tensor in places):
        module, first = places[edit.tensor]
        channels = edit.columns if module.transposed else edit.rows
        if edit.whole:
            found[first : first + module.rows] = True
        elif channels is not None:
            found[first + channels] = True
    return found


def _in_place(
    target: Model, start: Sequence[Move], model: Model, edits: Iterable[Edit]
) -> tuple[Move, ...]:
    """Moves of `start` on other tensors, and the tuned model's on its own.

    What else `start` changes in one of these, such as tied columns, is taken from the tuned model
    too, which stands on the transfer.
    """
    before: dict[str, list[Edit]] = {}
    for move in start:
        for edit in move.edits:
            before.setdefault(edit.tensor, []).append(edit)
    own = {edit.tensor: _joined((edit, *before.get(edit.tensor, ()))) for edit in edits}
    kept = (
        dataclasses.replace(move, edits=tuple(e for e in move.edits if e.tensor not in own))
        for move in start
    )
    others = tuple(move for move in kept if move.edits)
    return (*others, Move(TUNED, model, tuple(own.values())))


def _joined(edits: Sequence[Edit]) -> Edit:
    """One edit of everything that several name."""
    if any(edit.whole for edit in edits):
        return Edit(edits[0].tensor, 1.0)
    rows, columns = (
        functools.reduce(np.union1d, found) if found else None
        for found in (
            [edit.rows for edit in edits if edit.rows is not None],
            [edit.columns for edit in edits if edit.columns is not None],
        )
    )
    return Edit(edits[0].tensor, 1.0, rows, columns)
