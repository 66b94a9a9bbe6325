"""What a specialist changes in one layer: the differences of weights and biases per module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.models.family import Family
from act_core.profile.routing import Routing

if TYPE_CHECKING:
    import torch

    Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class ModuleDelta:
    """Change of one linear module, or of one in every expert; in computing dtype on the device.

    Attributes:
        weight: `[channels, inputs]`, whatever way the checkpoint lays it; of experts
            `[experts, rows, inputs]`.
        bias: `[channels]` or None.
        norm: Euclidean norm of each channel's change, bias entry included, float32 `[channels]`.
    """

    weight: torch.Tensor
    bias: torch.Tensor | None
    norm: torch.Tensor

    def of(self, inputs: torch.Tensor, routing: Routing | None = None) -> torch.Tensor:
        """What the change does at these inputs: `[tokens, inputs]` to `[tokens, channels]`.

        Of experts, `[rows, inputs]` to `[rows, outputs]`, each row at its own expert.
        """
        import torch

        if routing is not None:
            return routing.product(inputs, self.weight)
        return torch.nn.functional.linear(inputs, self.weight, self.bias)


def layer_deltas(
    family: Family,
    layer: int,
    target: Tensors,
    specialist: Tensors,
    device: torch.device,
    dtype: torch.dtype,
) -> dict[str, ModuleDelta]:
    """Deltas of a layer's modules by kind; subtracted in float32, then cast to `dtype`."""
    import torch

    deltas = {}
    for spec in family.specs_of(layer, target):
        weights = family.weights_of(layer, spec, target)
        changes = [specialist[name].float() - target[name].float() for name in weights]
        if spec.transposed:
            changes = [change.T.contiguous() for change in changes]
        square = torch.cat([change.square().sum(1) for change in changes])
        bias = None
        name = f"{family.module_name(layer, spec)}.bias"
        if name in target:
            bias = specialist[name].float() - target[name].float()
            square = square + bias.square()
            bias = bias.to(device, dtype)
        on_device = [change.to(device, dtype) for change in changes]
        weight = torch.stack(on_device) if spec.of_experts else on_device[0]
        deltas[spec.kind] = ModuleDelta(weight, bias, square.sqrt())
    return deltas


def on_line(target: torch.Tensor, specialist: torch.Tensor, point: float) -> torch.Tensor:
    """T + point * (S - T) in float32, where *attributed* is taken; by default halfway."""
    ours = target.float()
    return ours + point * (specialist.float() - ours)
