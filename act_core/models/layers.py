"""Walking a model layer by layer through transformers' own code (design.md, section 3).

A stand-in takes each decoder layer's place, records the arguments of its call and hands the hidden
state on. One cheap forward of the skeleton then yields the embedded batch and, for every layer, its
masks, positions and other arguments; each real layer, loaded one at a time, is called with what its
stand-in recorded; a last stand-in that returns the final state runs norm and head.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from act_core.models.reference import Model
from act_core.models.resident import fill
from act_core.models.skeleton import build_skeleton

if TYPE_CHECKING:
    import torch
    from torch import nn

TensorReader = Callable[[str], "torch.Tensor"]


@dataclass(frozen=True, slots=True, eq=False)
class LayerCall:
    """What a decoder layer was called with, besides the hidden state."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def __call__(self, layer: nn.Module, hidden: torch.Tensor) -> torch.Tensor:
        """Run a real layer: `[batch, length, hidden]` to the same shape."""
        out = layer(hidden, *self.args, **self.kwargs)
        result: torch.Tensor = out[0] if isinstance(out, tuple) else out
        return result


class LayerWalk:
    """One model, of which only embeddings, final norm and head are in memory.

    Args:
        model: The model.
        read: Gives a tensor by name on the CPU, any float dtype. Lets a caller walk a model that
            stands on no disk, such as the midpoint between two.
        device: Where the walk computes.
        dtype: In what it computes.
    """

    def __init__(
        self, model: Model, read: TensorReader, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.model = model
        self._device = device
        self._dtype = dtype
        self._module = build_skeleton(model.config, model.reference)
        self._list_path = model.family.layers
        layers = self._module.get_submodule(self._list_path)
        self._layers: list[nn.Module] = list(layers.children())
        returns_tuple = model.family.returns_tuple
        self._stand_ins = [_stand_in(layer, returns_tuple) for layer in self._layers]
        for index, stand_in in enumerate(self._stand_ins):
            layers[index] = stand_in  # type: ignore[operator]
        below = model.family.layers + "."
        state = {
            name: read(name).to(device, dtype) for name in model.facts if not name.startswith(below)
        }
        fill(self._module, state, model, device)

    def __len__(self) -> int:
        return len(self._layers)

    def embed(
        self, ids: torch.Tensor, attention: torch.Tensor
    ) -> tuple[torch.Tensor, list[LayerCall]]:
        """The state that enters layer 0, and every layer's call.

        Args:
            ids: int64 `[batch, length]`.
            attention: int64 `[batch, length]`, 0 at padding (right).

        Returns:
            Hidden state `[batch, length, hidden]` and one call per layer.
        """
        # The body alone: the head over every position would cost more than all else here.
        self._run(self._module.base_model, ids, attention)
        first: torch.Tensor = self._stand_ins[0].seen
        calls = [LayerCall(s.args, s.kwargs) for s in self._stand_ins]
        for stand_in in self._stand_ins:
            stand_in.forget()
        return first, calls

    def layer(self, index: int, tensors: Mapping[str, torch.Tensor]) -> nn.Module:
        """A real decoder layer.

        Args:
            index: Which, 0-based.
            tensors: Its tensors by full name, on the walk's device and in its dtype.

        Raises:
            CorruptCheckpointError: One is missing or of another shape.
        """
        prefix = self.model.family.layer_prefix(index)
        layer = copy.deepcopy(self._layers[index])
        fill(layer, dict(tensors), self.model, self._device, prefix=prefix)
        return layer

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Final norm, head and whatever the family does to logits.

        Args:
            hidden: States that left the last layer, `[tokens, hidden]`; both steps work on each
                position alone, so positions may be chosen freely.

        Returns:
            `[tokens, vocabulary]`.
        """
        import torch

        last = self._stand_ins[-1]
        # As many sequences of one token: some families restore the shape of the ids at the end.
        last.answer = hidden[:, None]
        try:
            ids = torch.zeros((len(hidden), 1), dtype=torch.int64, device=self._device)
            out = self._run(self._module, ids, torch.ones_like(ids))
        finally:
            for stand_in in self._stand_ins:
                stand_in.forget()
        logits: torch.Tensor = out.logits[:, 0]
        return logits

    def _run(self, module: nn.Module, ids: torch.Tensor, attention: torch.Tensor) -> Any:
        return module(
            input_ids=ids.to(self._device),
            attention_mask=attention.to(self._device),
            use_cache=False,
        )


def layer_tensors(model: Model, index: int, read: TensorReader) -> dict[str, torch.Tensor]:
    """All tensors of one decoder layer by full name."""
    prefix = model.family.layer_prefix(index)
    return {name: read(name) for name in model.facts if name.startswith(prefix)}


def _stand_in(layer: nn.Module, returns_tuple: bool) -> Any:
    """A module that stands where `layer` stood; other attributes are still the layer's own."""
    from torch import nn

    class StandIn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.forget()

        def forget(self) -> None:
            self.seen: Any = None
            self.answer: Any = None
            self.args: tuple[Any, ...] = ()
            self.kwargs: dict[str, Any] = {}

        def forward(self, hidden_states: Any, *args: Any, **kwargs: Any) -> Any:
            self.seen, self.args, self.kwargs = hidden_states, args, kwargs
            state = hidden_states if self.answer is None else self.answer
            return (state, None) if returns_tuple else state

        def __getattr__(self, name: str) -> Any:
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(layer, name)

    return StandIn()
