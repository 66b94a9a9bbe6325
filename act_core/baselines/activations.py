"""How large the inputs of each linear module are: mean over tokens of |x_i|, by input coordinate.

The statistic of activation-aware quantisation (Lin et al. 2024, AWQ, arXiv:2306.00978, section 3.2)
that AIM takes for how much an input matters. Walked layer by layer; every token that is not padding
counts, whatever the ability counts: it is meant to know no task.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.abilities.encode import Encoded
from act_core.cancel import CancelToken
from act_core.errors import ActError
from act_core.events import EventSink
from act_core.files import write_whole
from act_core.meters import ProgressMeter
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.headers import read_metadata
from act_core.models.reference import Model
from act_core.profile.batching import Batching
from act_core.profile.capture import ModuleCall, captured
from act_core.profile.chains import Chain
from act_core.profile.devices import choose_device, first_batch_tokens
from act_core.profile.forward import absolute_sum
from act_core.profile.loader import layers_ahead

if TYPE_CHECKING:
    import torch

STAGE = "activations"
Sizes = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, eq=False)
class InputSizes:
    """How large inputs are.

    Attributes:
        by_weight: By the weight's name, float32 `[inputs]`.
        seconds: What it took to find out.
    """

    by_weight: Sizes = field(repr=False)
    seconds: float


def input_sizes(
    model: Model,
    abilities: Mapping[str, Encoded],
    *,
    device: str,
    dtype: str,
    emit: EventSink,
    cancel: CancelToken,
) -> InputSizes:
    """Mean absolute inputs of every linear module of a model.

    Of an expert only the tokens count that are sent to it; its mean is still over all tokens.

    Args:
        model: The model.
        abilities: Encoded calibration splits, taken together.
        device: Where to compute.
        dtype: In what.
        emit: Progress in layers.
        cancel: Polled per batch.

    Raises:
        CancelledByPersonError: After a cancel.
    """
    import torch

    started_at = time.monotonic()
    place, kind = choose_device(device), getattr(torch, dtype)
    batching = Batching(abilities, first_batch_tokens(model, place, kind.itemsize), place)
    chain = Chain(STAGE, model, model.weights.read, place, kind)
    meter = ProgressMeter(emit, STAGE, model.shape.layers, "layers")
    sums: dict[tuple[int, str], NDArray[np.float64]] = {}
    with torch.no_grad():
        chain.begin(batching.work)
        for index, tensors in layers_ahead({STAGE: model}, range(model.shape.layers)):
            on_device = {n: value.to(place, kind) for n, value in tensors[STAGE].items()}
            layer = chain.walk.layer(index, on_device)
            for number, batch in enumerate(batching.work):
                cancel.raise_if_cancelled()
                tap = _Tap(index, batch.real, sums)
                with captured(layer, model.family, tap):
                    chain.hidden[number] = chain.call(number, index, layer, chain.hidden[number])
            meter.step()
    meter.finish()
    means = _by_weight(model, sums, batching.tokens)
    return InputSizes(means, time.monotonic() - started_at)


class _Tap:
    """Adds up what enters a layer's modules."""

    def __init__(
        self, layer: int, real: torch.Tensor, sums: dict[tuple[int, str], NDArray[np.float64]]
    ) -> None:
        self._layer = layer
        self._real = real
        self._sums = sums

    def __call__(self, call: ModuleCall) -> None:
        chosen, routing = call.chosen(self._real)
        found = absolute_sum(call.inputs[chosen], routing).cpu().numpy().astype(np.float64)
        key = self._layer, call.kind
        self._sums[key] = self._sums[key] + found if key in self._sums else found


def _by_weight(
    model: Model, sums: Mapping[tuple[int, str], NDArray[np.float64]], tokens: int
) -> dict[str, NDArray[np.float32]]:
    """One vector a weight: of experts, each has its own."""
    found: dict[str, NDArray[np.float32]] = {}
    for module in layout_of(model).modules:
        means = (sums[module.layer, module.kind] / tokens).astype(np.float32)
        parts = means.reshape(len(module.tensors), module.inputs)
        found |= dict(zip(module.tensors, parts, strict=True))
    return found


def save_sizes(sizes: InputSizes, path: Path, key: str) -> None:
    """Keep them under the hash of their inputs.

    Raises:
        OutputError: They cannot be written.
    """
    from safetensors.numpy import save

    facts = {"key": key, "seconds": f"{sizes.seconds:.3f}"}
    write_whole(path, save(dict(sizes.by_weight), metadata=facts))


def load_sizes(path: Path, key: str, layout: ChannelLayout) -> InputSizes | None:
    """What was kept of a model of this layout under this hash; None where nothing whole is."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    forms = {tensor: (module.inputs,) for module in layout.modules for tensor in module.tensors}
    try:
        facts, found = read_metadata(path), load_file(path)
        seconds = float(facts["seconds"])
    except (ActError, OSError, SafetensorError, KeyError, ValueError):
        return None
    fits = all(one.dtype == np.float32 for one in found.values())
    if facts.get("key") != key or not fits or {n: v.shape for n, v in found.items()} != forms:
        return None
    return InputSizes(found, seconds)
