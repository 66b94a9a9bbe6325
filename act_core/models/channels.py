"""The channels of a model as one flat axis, so that 7 million of them rank in one NumPy call."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from act_core.hashing import content_hash
from act_core.models.family import RowLayout
from act_core.models.reference import Model


@dataclass(frozen=True, slots=True)
class ModuleChannels:
    """The channels of one linear module, or of one in every expert of a layer.

    Attributes:
        tensor: Name of its weight, e.g. `model.layers.0.self_attn.q_proj.weight`; with `*` for the
            number of an expert.
        bias: Name of its bias, or None.
        layer: Decoder layer, 0-based.
        kind: Module kind.
        width: Number of channels (output coordinates), of all experts together.
        inputs: Number of input coordinates.
        transposed: The weight is `[in, out]`, so a channel is a column.
        grouping: How its channels group.
        experts: Number of experts; 0 where the module is not of experts. Channels then are expert
            x row: all rows of the first expert, then all of the second.
    """

    tensor: str
    bias: str | None
    layer: int
    kind: str
    width: int
    inputs: int
    transposed: bool
    grouping: RowLayout = "plain"
    experts: int = 0

    @property
    def rows(self) -> int:
        """Channels of one weight: of the module, or of each expert."""
        return self.width // max(1, self.experts)

    @property
    def columns(self) -> int:
        """Input coordinates of all weights; of experts, expert x input coordinate."""
        return self.inputs * max(1, self.experts)

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names of its weights: one, or one for each expert."""
        if not self.experts:
            return (self.tensor,)
        return tuple(self.tensor.replace("*", str(number)) for number in range(self.experts))

    @property
    def channel_parameters(self) -> int:
        """Parameters of one channel: its row and its bias entry."""
        return self.inputs + (self.bias is not None)


@dataclass(frozen=True, slots=True, eq=False)
class ChannelLayout:
    """All channels of a model in one order: by layer, then by module as in the layer.

    Attributes:
        modules: The linear modules in order.
        starts: int64 `[modules + 1]`; channels of module i are `starts[i]:starts[i + 1]`.
    """

    modules: tuple[ModuleChannels, ...]
    starts: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        widths = [0, *(module.width for module in self.modules)]
        object.__setattr__(self, "starts", np.cumsum(widths, dtype=np.int64))

    @property
    def total(self) -> int:
        """Number of channels in all modules."""
        return int(self.starts[-1])

    def slice_of(self, index: int) -> slice:
        """Where the channels of module number `index` lie on the flat axis."""
        return slice(int(self.starts[index]), int(self.starts[index + 1]))

    def module_of_channel(self) -> NDArray[np.int32]:
        """Number of the module of each channel, int32 `[total]`."""
        widths = np.diff(self.starts)
        return np.repeat(np.arange(len(self.modules), dtype=np.int32), widths)

    def parameters_of_channel(self) -> NDArray[np.int64]:
        """Parameters of each channel, int64 `[total]`."""
        each = np.array([module.channel_parameters for module in self.modules], dtype=np.int64)
        return np.repeat(each, np.diff(self.starts))

    def fingerprint(self) -> str:
        """Hash by which a mask or profile is known to belong to a model of this form."""
        return content_hash([[m.tensor, m.width, m.inputs, m.bias] for m in self.modules])


def layout_of(model: Model) -> ChannelLayout:
    """The channels of all linear modules of all decoder layers of a model."""
    modules = []
    facts = model.facts
    for layer in range(model.shape.layers):
        for spec in model.family.specs_of(layer, facts):
            weights = model.family.weights_of(layer, spec, facts)
            rows, columns = facts[weights[0]].shape
            width, inputs = (columns, rows) if spec.transposed else (rows, columns)
            experts = len(weights) if spec.of_experts else 0
            name = model.family.module_name(layer, spec)
            modules.append(
                ModuleChannels(
                    f"{name}.weight",
                    f"{name}.bias" if f"{name}.bias" in facts else None,
                    layer,
                    spec.kind,
                    width * len(weights),
                    inputs,
                    spec.transposed,
                    spec.layout,
                    experts,
                )
            )
    return ChannelLayout(tuple(modules))


def within(numbers: NDArray[np.int64], expert: int, each: int) -> NDArray[np.int64]:
    """Those of some sorted channels or columns that lie in one expert, counted within it.

    Args:
        numbers: Over all experts.
        expert: Its number; 0 where there are none.
        each: Channels or columns of each expert.
    """
    first, last = np.searchsorted(numbers, (expert * each, (expert + 1) * each))
    return numbers[first:last] - expert * each
