"""What a transfer changes: which parts of which tensors move how far (design.md, section 2).

The same edits serve the patched checkpoint on disk, its verification, and candidates that are
applied to one loaded model and taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.errors import IncompatibleModelsError, MaskError
from act_core.localize.masks import Mask
from act_core.models.channels import layout_of, within
from act_core.models.reference import Model
from act_core.recipe import Part, Transfer

if TYPE_CHECKING:
    import torch


# What moves whole, by its name in the recipe.
PARTS = ("embeddings", "norms", "head", "router")


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One tensor's change. With neither rows nor columns the whole tensor moves.

    Attributes:
        tensor: Name of the tensor.
        strength: How far from the target (0) to the specialist (1).
        rows: Sorted indices on axis 0 that move, or None.
        columns: Sorted indices on axis 1 that move, or None; with rows, the union moves once.
        strengths: Strength of each of the rows, or of the columns where there are no rows, float32,
            none of them zero; `strength` is not read then. What several specialists change with
            strengths in one tensor is summed.
    """

    tensor: str
    strength: float
    rows: NDArray[np.int64] | None = field(default=None, repr=False)
    columns: NDArray[np.int64] | None = field(default=None, repr=False)
    strengths: NDArray[np.float32] | None = field(default=None, repr=False)

    def along(self, begin: int, end: int) -> NDArray[np.float32]:
        """Strengths of the indices `begin:end` on their axis, zero where nothing moves, float32."""
        indices = self.rows if self.rows is not None else self.columns
        found = np.zeros(end - begin, dtype=np.float32)
        if indices is not None and self.strengths is not None:
            first, last = np.searchsorted(indices, (begin, end))
            found[indices[first:last] - begin] = self.strengths[first:last]
        return found

    @property
    def whole(self) -> bool:
        """Whether every entry moves."""
        return self.rows is None and self.columns is None

    def entries(self, shape: tuple[int, ...]) -> int:
        """Number of parameters that move in a tensor of this shape."""
        total = int(np.prod(shape, dtype=np.int64))
        if self.whole:
            return total
        rows = 0 if self.rows is None else len(self.rows)
        columns = 0 if self.columns is None else len(self.columns)
        if len(shape) == 1:
            return rows
        return rows * shape[1] + columns * (shape[0] - rows)


def mask_edits(target: Model, mask: Mask, choices: Transfer) -> tuple[Edit, ...]:
    """Edits that move a mask's channels, and embeddings, norms and head as chosen.

    Raises:
        MaskError: The mask belongs to a model of another form.
    """
    layout = layout_of(target)
    if layout.fingerprint() != mask.layout.fingerprint():
        raise MaskError(
            f"The mask was made for another model than {target.reference}.",
            remedy="Localize again with this target.",
        )
    edits: list[Edit] = []
    for index, module in enumerate(layout.modules):
        every = mask.rows(index)
        all_columns = mask.columns.get(module.tensor)
        for expert, tensor in enumerate(module.tensors):
            channels = within(every, expert, module.rows)
            columns = None
            if all_columns is not None:
                columns = within(all_columns, expert, module.inputs)
            if columns is not None and not len(columns):
                columns = None
            if len(channels) or columns is not None:
                rows = channels if len(channels) else None
                pair = (columns, rows) if module.transposed else (rows, columns)
                edits.append(Edit(tensor, choices.strength, *pair))
        if len(every) and module.bias is not None:
            edits.append(Edit(module.bias, choices.strength, every))
    edits.extend(part_edits(target, choices))
    return tuple(edits)


def whole_edits(target: Model, strength: float) -> tuple[Edit, ...]:
    """Edits that move every tensor: interpolation, or at strength 1 the specialist itself."""
    return tuple(Edit(name, strength) for name in target.facts)


def check_same_form(target: Model, specialist: Model, edits: tuple[Edit, ...]) -> None:
    """Check that every edited tensor exists in both models in the same shape.

    Raises:
        IncompatibleModelsError: One does not.
    """
    for edit in edits:
        theirs = specialist.facts.get(edit.tensor)
        if theirs is None or theirs.shape != target.facts[edit.tensor].shape:
            raise IncompatibleModelsError(
                f"{edit.tensor} is "
                f"{'missing' if theirs is None else f'{list(theirs.shape)}'} in "
                f"{specialist.reference} and {list(target.facts[edit.tensor].shape)} in "
                f"{target.reference}.",
                remedy="Choose a specialist of the same architecture and vocabulary, or leave "
                "embeddings and head as they are.",
            )


def blend(target: torch.Tensor, specialist: torch.Tensor, strength: float) -> torch.Tensor:
    """theta^T + strength * (theta^S - theta^T) in float32, rounded once to the target's dtype.

    At strength 1 the specialist's own values are taken, so that a full transfer between equal
    dtypes is exact (design.md, section 2, "Transfer").
    """
    if strength == 1:
        return specialist.to(target.dtype)
    ours = target.float()
    return (ours + strength * (specialist.float() - ours)).to(target.dtype)


def blend_summed(
    target: torch.Tensor, brought: Sequence[tuple[torch.Tensor, torch.Tensor]]
) -> torch.Tensor:
    """theta^T + sum over k of g_k * (theta^S_k - theta^T), one sum in float32, rounded once.

    Where one specialist alone moves an entry, at strength 1, its own values are taken, as `blend`
    does; where none does, the target's.

    Args:
        target: `[rows, width]`.
        brought: Per specialist its values, of the target's shape, and its strengths, float32
            `[rows, 1]` or `[1, width]`. Where a strength is zero, the values are not read.
    """
    import torch

    ours = target.float()
    total = ours
    active = torch.stack([(strengths != 0).expand(ours.shape) for _, strengths in brought]).sum(0)
    for theirs, strengths in brought:
        values = theirs.float()
        moved = total + strengths * (values - ours)
        moved = torch.where((strengths == 1) & (active == 1), values, moved)
        total = torch.where(strengths != 0, moved, total)
    return torch.where(active > 0, total.to(target.dtype), target)


def part_edits(target: Model, choices: Transfer) -> list[Edit]:
    """Edits of embeddings, norms, head and routers as chosen."""
    family = target.family
    norms = tuple(name for name in target.facts if family.is_norm(name))
    head = () if target.tied else (family.head,)
    routers = tuple(name for name in target.facts if family.is_router(name))
    parts: tuple[tuple[Part, tuple[str, ...]], ...] = (
        (choices.embeddings, tuple(n for n in family.embeddings if n in target.facts)),
        (choices.norms, norms),
        (choices.head, head),
        (choices.router, routers),
    )
    return [
        Edit(name, 1.0 if choice == "move" else choice)
        for choice, names in parts
        if choice != "leave"
        for name in names
    ]
