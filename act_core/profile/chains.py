"""A chain: one model's hidden states on all batches, walked layer by layer.

A profile walks up to one chain for the target, and per specialist one for the specialist itself
(*difference*) and one for the midpoint between both (*attributed*).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from act_core.models.layers import LayerCall, LayerWalk, TensorReader
from act_core.models.reference import Model
from act_core.profile.batching import WorkBatch
from act_core.profile.deltas import on_line
from act_core.profile.spec import ProfileSpec

if TYPE_CHECKING:
    import torch
    from torch import nn

TARGET = "target"


class Chain:
    """One walked model and where it stands.

    Args:
        name: `target`, `specialist-NAME` or `midpoint-NAME`; names its files.
        model: Whose structure it has.
        read: Its tensors by name (a midpoint's stand on no disk).
        device: Where it computes.
        dtype: In what it computes.

    Attributes:
        hidden: Per batch, what enters the next layer, `[batch, length, hidden]`.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        read: TensorReader,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.name = name
        self.walk = LayerWalk(model, read, device, dtype)
        self.hidden: list[torch.Tensor] = []
        self._calls: list[list[LayerCall]] = []

    @property
    def recorded(self) -> bool:
        """Whether the layers' calls are known."""
        return bool(self._calls)

    def begin(self, batches: Sequence[WorkBatch]) -> None:
        """Embed all batches and record the layers' calls."""
        embedded = [self.walk.embed(batch.ids, batch.attention) for batch in batches]
        self.hidden = [hidden for hidden, _ in embedded]
        self._calls = [calls for _, calls in embedded]

    def call(self, batch: int, index: int, layer: nn.Module, hidden: torch.Tensor) -> torch.Tensor:
        """Run a real layer on one batch."""
        return self._calls[batch][index](layer, hidden)


def make_chains(spec: ProfileSpec, device: torch.device, dtype: torch.dtype) -> dict[str, Chain]:
    """The chains that the spec's statistics need, by name."""
    target = spec.target
    chains: dict[str, Chain] = {}
    if {"difference", "matched"} & set(spec.statistics):
        chains[TARGET] = Chain(TARGET, target, target.weights.read, device, dtype)
    for name, specialist in spec.specialists.items():
        if "difference" in spec.statistics:
            own = specialist_chain(name)
            chains[own] = Chain(own, specialist, specialist.weights.read, device, dtype)
        if "attributed" in spec.statistics:
            halfway = midpoint_chain(name)
            chains[halfway] = Chain(
                halfway, target, _line_reader(target, specialist, spec.point), device, dtype
            )
    return chains


def specialist_chain(name: str) -> str:
    """Name of the chain of a specialist on its own inputs."""
    return f"specialist-{name}"


def midpoint_chain(name: str) -> str:
    """Name of the chain halfway to a specialist."""
    return f"midpoint-{name}"


def between(
    target: Mapping[str, torch.Tensor], specialist: Mapping[str, torch.Tensor], point: float
) -> dict[str, torch.Tensor]:
    """A layer's tensors at a point of the line to the specialist, float32."""
    return {name: on_line(value, specialist[name], point) for name, value in target.items()}


def _line_reader(target: Model, specialist: Model, point: float) -> TensorReader:
    def read(name: str) -> torch.Tensor:
        return on_line(target.weights.read(name), specialist.weights.read(name), point)

    return read
