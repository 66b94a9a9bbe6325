"""Linear modules of which some rows learn, by numbers of their own that stand in for the model's.

y = W x + b with y_j = w_j x + c_j in place of it for the chosen channels j: the gradient comes for
these rows alone, dL/dw_j = sum over tokens t of dL/dy_j(t) x_t, and no gradient of a whole weight
is ever formed. What learns is float32; products are in the model's dtype. The chosen rows are
computed twice on the way there, unless all of a module's are chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from act_core.models.reference import Model
from act_core.profile.routing import PackedExperts, Routing, packed_experts
from act_core.transfer.rows import RowPiece

if TYPE_CHECKING:
    import torch
    from torch import nn
    from transformers import PreTrainedModel

    from act_core.profile.routing import Product


@dataclass(frozen=True, slots=True, eq=False)
class LearnedRows:
    """The chosen channels of one module as leaves; data and gradient are views of one vector.

    Attributes:
        piece: Which channels.
        rows: float32 `[channels, inputs]`.
        entries: Of the bias, float32 `[channels]`, or None.
    """

    piece: RowPiece
    rows: torch.nn.Parameter = field(repr=False)
    entries: torch.nn.Parameter | None = field(repr=False)


def install_rows(
    module: PreTrainedModel, target: Model, pieces: Sequence[RowPiece], values: torch.nn.Parameter
) -> None:
    """Let the chosen channels of a loaded model be those of a vector.

    Args:
        module: The model in memory, without gradients; its own weights stay as they are.
        target: Whose form it has.
        pieces: The chosen channels.
        values: float32 vector as `pieces` says, on the module's device, with a gradient that is
            not None; every forward reads it, every backward adds to its gradient.
    """
    layers: Any = module.get_submodule(target.family.layers)
    of_experts: dict[int, dict[str, LearnedRows]] = {}
    for piece in pieces:
        learned = _leaves(piece, values)
        if piece.module.experts:
            of_experts.setdefault(piece.module.layer, {})[piece.module.kind] = learned
        else:
            name = piece.module.tensor.removesuffix(".weight")
            module.set_submodule(name, row_linear(module.get_submodule(name), learned))
    for layer, by_kind in of_experts.items():
        experts = packed_experts(layers[layer], target.family)
        if experts is not None:
            experts.run_by(row_experts(experts, by_kind))


def row_linear(linear: nn.Module, learned: LearnedRows) -> nn.Module:
    """A module that takes the place of a linear one, in whichever way its weight lies."""
    import torch

    chosen = torch.from_numpy(learned.piece.channels).to(learned.rows.device)
    every = len(learned.piece.channels) == learned.piece.module.width

    class RowLinear(torch.nn.Module):
        """Keeps the names `weight` and `bias`, which some families ask for."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = linear.weight
            self.bias = linear.bias

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            own = learned.rows.to(inputs.dtype)
            entries = None if learned.entries is None else learned.entries.to(inputs.dtype)
            new = torch.nn.functional.linear(inputs, own, entries)
            if every:
                return new
            outputs: torch.Tensor = linear(inputs)
            return outputs.index_copy(-1, chosen, new)

    return RowLinear()


def row_experts(experts: PackedExperts, by_kind: Mapping[str, LearnedRows]) -> Product:
    """The products of a layer's experts, of which some rows learn; a channel is expert x row.

    Which experts a token is sent to stays the model's own choice.
    """
    import torch

    chosen: dict[str, list[torch.Tensor]] = {}
    for kind, learned in by_kind.items():
        own = {tensor: channels for tensor, channels, _ in learned.piece.parts()}
        chosen[kind] = [
            torch.from_numpy(own[tensor]).to(learned.rows.device)
            if tensor in own
            else torch.empty(0, dtype=torch.int64, device=learned.rows.device)
            for tensor in learned.piece.module.tensors
        ]

    def product(kind: str, inputs: torch.Tensor, routing: Routing) -> torch.Tensor:
        outputs = routing.product(inputs, experts.weights[kind])
        if kind not in by_kind:
            return outputs
        places = chosen[kind]
        rows = by_kind[kind].rows.to(inputs.dtype).split([len(one) for one in places])
        counts = torch.bincount(routing.experts, minlength=routing.count).tolist()
        parts = zip(outputs.split(counts), inputs.split(counts), places, rows, strict=True)
        return torch.cat(
            [
                part.index_copy(1, place, torch.nn.functional.linear(read, own))
                for part, read, place, own in parts
            ]
        )

    return product


def _leaves(piece: RowPiece, values: torch.nn.Parameter) -> LearnedRows:
    import torch

    gradient: Any = values.grad

    def leaf(place: slice, *shape: int) -> torch.nn.Parameter:
        found = torch.nn.Parameter(values.detach()[place].view(shape))
        found.grad = gradient[place].view(shape)
        return found

    number = len(piece.channels)
    entries = leaf(piece.bias, number) if piece.module.bias is not None else None
    return LearnedRows(piece, leaf(piece.weight, number, piece.module.inputs), entries)
