"""What a specialist changes in one layer: the differences of weights and biases per module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from act_core.models.family import Family

if TYPE_CHECKING:
    import torch

    Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class ModuleDelta:
    """Change of one linear module, in computing dtype on the device.

    Attributes:
        weight: `[channels, inputs]`, whatever way the checkpoint lays it.
        bias: `[channels]` or None.
        norm: Euclidean norm of each channel's change, bias entry included, float32 `[channels]`.
    """

    weight: torch.Tensor
    bias: torch.Tensor | None
    norm: torch.Tensor

    def of(self, inputs: torch.Tensor) -> torch.Tensor:
        """What the change does at these inputs: `[tokens, inputs]` to `[tokens, channels]`."""
        import torch

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
    deltas = {}
    for spec in family.modules:
        name = family.module_name(layer, spec)
        weight = specialist[f"{name}.weight"].float() - target[f"{name}.weight"].float()
        if spec.transposed:
            weight = weight.T.contiguous()
        square = weight.square().sum(1)
        bias = None
        if f"{name}.bias" in target:
            bias = specialist[f"{name}.bias"].float() - target[f"{name}.bias"].float()
            square = square + bias.square()
            bias = bias.to(device, dtype)
        deltas[spec.kind] = ModuleDelta(weight.to(device, dtype), bias, square.sqrt())
    return deltas


def midpoint(target: torch.Tensor, specialist: torch.Tensor) -> torch.Tensor:
    """T + (S - T) / 2 in float32, where *attributed* is taken."""
    ours = target.float()
    return ours + (specialist.float() - ours) / 2
