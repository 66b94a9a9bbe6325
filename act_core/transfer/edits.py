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
from act_core.transfer.policies import Shares

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """One tensor's change. With neither rows nor columns the whole tensor moves.

    Attributes:
        tensor: Name of the tensor.
        strength: How far from the target (0) to the specialist (1).
        rows: Sorted indices on axis 0 that move, or None.
        columns: Sorted indices on axis 1 that move, or None; with rows, the union moves once.
        strengths: Strength of each of the rows, or of the columns where there are no rows, or one
            where the whole tensor moves, float32, none of them zero; `strength` is not read then.
            What several specialists change with strengths in one tensor is summed.
    """

    tensor: str
    strength: float
    rows: NDArray[np.int64] | None = field(default=None, repr=False)
    columns: NDArray[np.int64] | None = field(default=None, repr=False)
    strengths: NDArray[np.float32] | None = field(default=None, repr=False)

    def along(self, begin: int, end: int) -> NDArray[np.float32]:
        """Strengths of the indices `begin:end` on their axis, zero where nothing moves, float32."""
        found = np.zeros(end - begin, dtype=np.float32)
        indices = self.rows if self.rows is not None else self.columns
        if self.strengths is not None and indices is None:
            found[:] = self.strengths[0]
        elif self.strengths is not None and indices is not None:
            first, last = np.searchsorted(indices, (begin, end))
            found[indices[first:last] - begin] = self.strengths[first:last]
        return found

    @property
    def by_column(self) -> bool:
        """Whether `strengths` are those of columns."""
        return self.rows is None and self.columns is not None

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


def mask_edits(
    target: Model, mask: Mask, strength: float, shares: Shares | None = None
) -> tuple[Edit, ...]:
    """Edits that move a mask's channels.

    Args:
        target: The target.
        mask: The mask.
        strength: How far they move.
        shares: How far channels move that other masks claim too; the weights that hold such
            channels get strengths for all of their channels.

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
                first = int(layout.starts[index]) + expert * module.rows
                strengths = _strengths(shares, first, module.rows, channels)
                edits.append(Edit(tensor, strength, *pair, strengths))
        if len(every) and module.bias is not None:
            strengths = _strengths(shares, int(layout.starts[index]), module.width, every)
            edits.append(Edit(module.bias, strength, every, None, strengths))
    return tuple(edits)


def _strengths(
    shares: Shares | None, first: int, width: int, channels: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Strengths of some channels of a weight that begins at channel `first`; None: all alike."""
    if shares is None or not shares.contested[first : first + width].any():
        return None
    return shares.strengths[first + channels]


def whole_edits(target: Model, strength: float) -> tuple[Edit, ...]:
    """Edits that move every tensor: interpolation, or at strength 1 the specialist itself."""
    return tuple(Edit(name, strength) for name in target.facts)


def shared_edits(target: Model, specialist: Model, strength: float) -> tuple[Edit, ...]:
    """As `whole_edits`, of those tensors that both models have in one form.

    Embeddings and head may be of another vocabulary, or the head tied in one model only; decoder
    layers are of one form wherever a pair fits.
    """
    return tuple(
        Edit(name, strength)
        for name, facts in target.facts.items()
        if name in specialist.facts and specialist.facts[name].shape == facts.shape
    )


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
    if any(strengths.shape != (len(ours), 1) for _, strengths in brought):
        # Channels are columns: as rows, so that entries that stay need no arithmetic.
        turned = [(t.T, s.expand(ours.shape)[:1].T) for t, s in brought]
        return blend_summed(target.T, turned).T
    active = torch.stack([strengths != 0 for _, strengths in brought]).sum(0)
    total = ours.clone()
    for theirs, strengths in brought:
        lines = strengths[:, 0].nonzero()[:, 0]
        values, far = theirs[lines].float(), strengths[lines]
        moved = total[lines] + far * (values - ours[lines])
        alone = (far == 1) & (active[lines] == 1)
        total[lines] = torch.where(alone, values, moved) if alone.any() else moved
    result = target.clone()
    lines = active[:, 0].nonzero()[:, 0]
    result[lines] = total[lines].to(target.dtype)
    return result
