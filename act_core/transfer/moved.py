"""A target with moves on it that stands on no disk: read like any model, blended as it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.hashing import content_hash
from act_core.models.reference import Model
from act_core.models.weights import TensorFacts, Weights
from act_core.transfer.edits import Edit, blend, blend_summed, check_same_form
from act_core.transfer.moves import Move

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class MovedModel(Model):
    """What an export would be, before it is written."""

    made_of: tuple[str, ...] = field(default=(), repr=False)

    def fingerprint(self) -> str:
        """Hash of the target, the specialists, and what each of them moves."""
        return content_hash([Model.fingerprint(self), *self.made_of])


class MovedWeights:
    """The target's tensors with moves on them, in the target's dtype.

    Args:
        target: The target's own.
        moves: What each specialist brings; no entry is claimed twice, but for changes with
            strengths, which are summed.
    """

    def __init__(self, target: Weights, moves: Sequence[Move]) -> None:
        self._target = target
        self._edits: dict[str, list[tuple[Weights, Edit]]] = {}
        for move in moves:
            for edit in move.edits:
                shares = self._edits.setdefault(edit.tensor, [])
                shares.append((move.specialist.weights, edit))

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes of all tensors: the target's."""
        return self._target.facts

    @property
    def files(self) -> tuple[Path, ...]:
        """The target's files."""
        return self._target.files

    def read(self, name: str) -> torch.Tensor:
        """One whole tensor on the CPU."""
        edits = self._edits.get(name, ())
        read = [(weights.read(name), edit) for weights, edit in edits]
        return _moved(self._target.read(name), read, None)

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows of one tensor; of target and specialists, too, only these are read."""
        edits = self._edits.get(name, ())
        read = [(weights.read_rows(name, rows), edit) for weights, edit in edits]
        return _moved(self._target.read_rows(name, rows), read, rows)


def _moved(
    ours: torch.Tensor,
    brought: Sequence[tuple[torch.Tensor, Edit]],
    rows: NDArray[np.int64] | None,
) -> torch.Tensor:
    """A tensor, or some rows of it, with edits on it.

    Args:
        ours: The target's.
        brought: By edit, the specialist's, of the same shape.
        rows: Which rows they are; None: all.
    """
    import torch

    if brought and brought[0][1].strengths is not None:
        return _summed(ours, brought, rows)
    result = ours
    for theirs, edit in brought:
        moved = torch.full(ours.shape, edit.whole)
        if edit.rows is not None:
            every = np.arange(len(ours)) if rows is None else rows
            moved[torch.from_numpy(np.isin(every, edit.rows))] = True
        if edit.columns is not None:
            moved[:, torch.from_numpy(edit.columns)] = True
        result = torch.where(moved, blend(ours, theirs, edit.strength), result)
    return result


def _summed(
    ours: torch.Tensor,
    brought: Sequence[tuple[torch.Tensor, Edit]],
    rows: NDArray[np.int64] | None,
) -> torch.Tensor:
    """As `_moved`, where edits have strengths."""
    import torch

    matrix = ours.reshape(len(ours), -1)
    every = np.arange(len(ours)) if rows is None else rows
    shares = []
    for theirs, edit in brought:
        if edit.by_column:
            strengths = torch.from_numpy(edit.along(0, matrix.shape[1]))[None]
        else:
            first = int(every[0]) if len(every) else 0
            along = edit.along(first, int(every[-1]) + 1 if len(every) else 0)
            strengths = torch.from_numpy(along[every - first])[:, None]
        shares.append((theirs.reshape(matrix.shape), strengths))
    return blend_summed(matrix, shares).reshape(ours.shape)


def moved_model(target: Model, moves: Sequence[Move]) -> Model:
    """The target with moves on it.

    Raises:
        IncompatibleModelsError: A tensor is missing or shaped otherwise in a specialist.
    """
    for move in moves:
        check_same_form(target, move.specialist, move.edits)
    made_of = tuple(
        content_hash(
            [
                move.specialist.fingerprint(),
                [edit_facts(edit) for edit in move.edits],
            ]
        )
        for move in moves
    )
    return MovedModel(
        target.reference,
        target.source,
        target.folder,
        target.config,
        target.family,
        target.shape,
        MovedWeights(target.weights, moves),
        made_of,
    )


def edit_facts(edit: Edit) -> list[object]:
    """What decides an edit, as plain data."""
    facts: list[object] = [edit.tensor, edit.strength, _listed(edit.rows), _listed(edit.columns)]
    if edit.strengths is not None:
        facts.append(hashlib.sha256(edit.strengths.tobytes()).hexdigest())
    return facts


def _listed(indices: NDArray[np.int64] | None) -> list[int] | None:
    return None if indices is None else indices.tolist()
