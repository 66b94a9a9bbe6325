"""The work of a transfer, tensor by tensor: what both the patch and its verification go by."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from act_core.errors import MaskError, UnsupportedModelError
from act_core.models.headers import FLOAT_DTYPES, TensorHeader
from act_core.models.reference import Model
from act_core.models.weights import SafetensorsWeights, Weights
from act_core.transfer.edits import Edit, check_same_form
from act_core.transfer.files import CarriedFile, SkippedFile, files_of
from act_core.transfer.moves import Move

# Large enough that calls cost nothing, small enough for the processor's caches.
PIECE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The share of one specialist in one tensor.

    Attributes:
        move: Name of the specialist.
        weights: Its weights.
        source: Name of the tensor that is read there.
        edit: Which entries move how far.
    """

    move: str
    weights: Weights
    source: str
    edit: Edit


@dataclass(frozen=True, slots=True, eq=False)
class TensorPatch:
    """One tensor of the target that changes.

    Attributes:
        name: Its name in transformers' `state_dict`.
        header: Where it lies in the target, and just so in the export.
        parts: What moves in it; no entry is in two parts, unless all parts have strengths.
    """

    name: str
    header: TensorHeader
    parts: tuple[Part, ...]

    @property
    def matrix(self) -> tuple[int, int]:
        """The tensor's shape as rows (axis 0) and entries in a row."""
        rows = self.header.shape[0] if self.header.shape else 1
        return rows, math.prod(self.header.shape[1:])

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Half-open ranges of rows of about `PIECE_BYTES` each."""
        rows = self.matrix[0]
        if not self.header.size_bytes:
            return
        step = max(1, PIECE_BYTES * rows // self.header.size_bytes)
        for begin in range(0, rows, step):
            yield begin, min(begin + step, rows)

    @property
    def summed(self) -> bool:
        """Whether the parts have strengths, so that entries in several of them are summed."""
        return self.parts[0].edit.strengths is not None

    @property
    def claims(self) -> tuple[Edit, ...]:
        """Edits that name every entry that moves once."""
        edits = tuple(part.edit for part in self.parts)
        if not self.summed:
            return edits
        if edits[0].whole:
            return (Edit(self.name, 1.0),)
        axis = "columns" if edits[0].by_column else "rows"
        indices = [getattr(edit, axis) for edit in edits]
        return (Edit(self.name, 1.0, **{axis: functools.reduce(np.union1d, indices)}),)

    @property
    def moved(self) -> int:
        """Number of parameters that move."""
        return sum(edit.entries(self.header.shape or (1,)) for edit in self.claims)


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """Everything that turns the target's files into the export's.

    Attributes:
        target: The target.
        files: Its files that are carried over; weights first.
        skipped: Its files that are left behind.
        patches: By name of the export's file, the tensors that change in it, by offset.
    """

    target: Model
    files: tuple[CarriedFile, ...]
    skipped: tuple[SkippedFile, ...]
    patches: Mapping[str, tuple[TensorPatch, ...]]

    @property
    def all_patches(self) -> tuple[TensorPatch, ...]:
        """The patches of all files."""
        return tuple(itertools.chain.from_iterable(self.patches.values()))

    @property
    def headers(self) -> Mapping[str, TensorHeader]:
        """Where the target's tensors lie."""
        return headers_of(self.target)


def headers_of(target: Model) -> Mapping[str, TensorHeader]:
    """Where the tensors of a safetensors model lie (`files_of` has refused all others)."""
    return cast(SafetensorsWeights, target.weights).headers


def lay_out(target: Model, moves: Sequence[Move]) -> Work:
    """Check that the moves fit the target and each other, and sort them by file and tensor.

    Raises:
        UnsupportedModelError: The target is not in safetensors, or an edited tensor not of floats.
        IncompatibleModelsError: A tensor is missing or shaped otherwise in a specialist.
        MaskError: Indices do not fit their tensor, or two edits claim the same entries.
        CorruptCheckpointError: A file of the target has become shorter than its header says.
    """
    files, skipped = files_of(target)
    parts: dict[str, list[Part]] = {}
    for move in moves:
        edits = _with_twin(target, _moving(target, move.edits))
        check_same_form(target, move.specialist, tuple(_read_from(edit) for edit in edits))
        for edit, source in edits:
            _check_floats(target, move.specialist, edit.tensor, source)
            _check_inside(edit, target.facts[edit.tensor].shape)
            part = Part(move.name, move.specialist.weights, source, edit)
            for other in parts.setdefault(edit.tensor, []):
                _check_apart(other, part, target.facts[edit.tensor].shape)
            parts[edit.tensor].append(part)
    names = {file.source: file.name for file in files if file.weights}
    patches: dict[str, list[TensorPatch]] = {}
    headers = headers_of(target)
    for tensor in sorted(parts, key=lambda name: headers[name].begin_bytes):
        patch = TensorPatch(tensor, headers[tensor], tuple(parts[tensor]))
        patches.setdefault(names[patch.header.file], []).append(patch)
    return Work(target, files, skipped, {name: tuple(some) for name, some in patches.items()})


def _moving(target: Model, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits that move anything; a tie may name columns and then choose none."""
    trimmed = (
        dataclasses.replace(edit, columns=None)
        if edit.rows is not None and edit.columns is not None and not len(edit.columns)
        else edit
        for edit in edits
    )
    return tuple(edit for edit in trimmed if edit.entries(target.facts[edit.tensor].shape or (1,)))


def _read_from(edit: tuple[Edit, str]) -> Edit:
    """The edit with the name of the tensor that is read; twins have the same shape."""
    return dataclasses.replace(edit[0], tensor=edit[1])


def _with_twin(target: Model, edits: tuple[Edit, ...]) -> list[tuple[Edit, str]]:
    """Edits with the tensor that each reads from the specialist.

    Where a head is stored although it is tied to the embedding, it takes the embedding's edits, so
    that both copies stay equal; edits of its own would untie them.
    """
    head, embedding = target.family.head, target.family.embeddings[0]
    touched = any(edit.tensor in (head, embedding) for edit in edits)
    if not touched or not _stored_twice(target, head, embedding):
        return [(edit, edit.tensor) for edit in edits]
    mirrored = [
        (dataclasses.replace(edit, tensor=head), embedding)
        for edit in edits
        if edit.tensor == embedding
    ]
    return [(edit, edit.tensor) for edit in edits if edit.tensor != head] + mirrored


def _stored_twice(target: Model, head: str, embedding: str) -> bool:
    """Whether config ties head and embedding and the checkpoint holds two equal copies."""
    if target.config.get("tie_word_embeddings") is not True or embedding not in target.facts:
        return False
    if target.facts.get(head) != target.facts[embedding]:
        return False
    rows = target.facts[head].shape[0]
    step = max(1, PIECE_BYTES * rows // max(1, headers_of(target)[head].size_bytes))
    for begin in range(0, rows, step):
        piece = np.arange(begin, min(begin + step, rows))
        ours, theirs = (target.weights.read_rows(name, piece) for name in (head, embedding))
        if not ours.equal(theirs):
            return False
    return True


def _check_floats(target: Model, specialist: Model, tensor: str, source: str) -> None:
    for model, name in ((target, tensor), (specialist, source)):
        dtype = model.facts[name].dtype
        if dtype not in FLOAT_DTYPES:
            raise UnsupportedModelError(
                f"{name} of {model.reference} is stored as {dtype}, which cannot be blended.",
                remedy="Use models whose weights are stored as F32, F16 or BF16.",
            )


def _check_inside(edit: Edit, shape: tuple[int, ...]) -> None:
    """Refuse indices that are outside the tensor, out of order or doubled.

    Raises:
        MaskError: Some are.
    """
    for axis, indices in enumerate((edit.rows, edit.columns)):
        if indices is None or not len(indices):
            continue
        fits = axis < len(shape) and indices[0] >= 0 and indices[-1] < shape[axis]
        if not fits or np.any(np.diff(indices) <= 0):
            raise MaskError(
                f"The mask's indices do not fit {edit.tensor} {list(shape)}.",
                remedy="Localize again with these models.",
            )
    if edit.strengths is not None:
        _check_strengths(edit, edit.strengths)


def _check_strengths(edit: Edit, strengths: NDArray[np.float32]) -> None:
    """Refuse strengths that are not one finite number, other than zero, for each index.

    Raises:
        MaskError: They are not.
    """
    indices = edit.columns if edit.rows is None else edit.rows
    if (
        (edit.rows is not None and edit.columns is not None)
        or strengths.shape != ((1,) if indices is None else indices.shape)
        or not np.all(np.isfinite(strengths) & (strengths != 0))
    ):
        raise MaskError(
            f"The strengths of {edit.tensor} are not one number for each channel that moves.",
            remedy="Localize, or learn the gates, again with these models.",
        )


def _check_apart(one: Part, other: Part, shape: tuple[int, ...]) -> None:
    """Refuse two parts of one tensor that share an entry, unless both have strengths.

    Raises:
        MaskError: They do, or one moves rows and the other columns, or only one has strengths.
    """
    summed = [part.edit.strengths is not None for part in (one, other)]
    alike = one.edit.whole == other.edit.whole and one.edit.by_column == other.edit.by_column
    if all(summed) and alike:
        return
    if any(summed):
        raise MaskError(
            f"{one.move} and {other.move} change {one.edit.tensor} in ways that cannot be summed.",
            remedy="Transfer from one specialist at a time.",
        )
    claims = []
    for edit in (one.edit, other.edit):
        claim = np.full(shape[:2] if len(shape) > 1 else (*shape, 1), edit.whole)
        if edit.rows is not None:
            claim[edit.rows] = True
        if edit.columns is not None:
            claim[:, edit.columns] = True
        claims.append(claim)
    contested = int(np.count_nonzero(claims[0] & claims[1]))
    if contested:
        raise MaskError(
            f"{one.move} and {other.move} both claim {contested} entries of {one.edit.tensor}.",
            remedy="Choose a policy for contested channels, subtract one mask from the other, or "
            "transfer from one specialist at a time.",
        )
