"""The first layers of a model with drawn numbers in them: to measure how long a layer takes.

What a layer takes hangs on its form and on the machine, not on its weights, so none is read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.models.family import shape_of
from act_core.models.reference import Model
from act_core.models.weights import TensorFacts, torch_dtype

if TYPE_CHECKING:
    import torch

_DRAWN = 1 << 16
_SPREAD = 0.02
_LAYER_KEYS = ("num_hidden_layers", "n_layer")


def shortened(model: Model, layers: int) -> Model:
    """A model of the same form with fewer layers; embeddings and head are whole.

    Where layers differ in form, only the first ones are there.

    Args:
        model: The model.
        layers: How many of its layers, at least 1.
    """
    prefix = model.family.layers + "."

    def stays(name: str) -> bool:
        number = name.removeprefix(prefix).partition(".")[0]
        return not name.startswith(prefix) or int(number) < layers

    facts = {name: one for name, one in model.facts.items() if stays(name)}
    config = _cut(model.config, model.shape.layers, layers)
    return dataclasses.replace(
        model, config=config, shape=shape_of(config), weights=DrawnWeights(facts)
    )


class DrawnWeights:
    """Tensors that stand on no disk: small numbers of mean zero, and ones in vectors."""

    def __init__(self, facts: Mapping[str, TensorFacts]) -> None:
        self._facts = facts

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes of all tensors."""
        return self._facts

    @property
    def files(self) -> tuple[Path, ...]:
        """None."""
        return ()

    def read(self, name: str) -> torch.Tensor:
        """One whole tensor on the CPU; the same numbers over and over, as drawing takes long."""
        import torch

        facts = self._facts[name]
        if len(facts.shape) < 2:
            return torch.ones(facts.shape, dtype=torch_dtype(facts.dtype))
        generator = torch.Generator().manual_seed(0)
        drawn = _SPREAD * torch.randn(_DRAWN, generator=generator, dtype=torch.float32)
        times = -(-facts.parameters // _DRAWN)
        block = drawn.to(torch_dtype(facts.dtype)).repeat(times)
        return block[: facts.parameters].view(facts.shape)

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows of one tensor."""
        import torch

        return self.read(name)[torch.from_numpy(rows)]


def _cut(config: Mapping[str, Any], before: int, layers: int) -> dict[str, Any]:
    """A config with fewer layers, and with lists that say something of each layer as long."""
    cut = dict(config)
    for key, value in config.items():
        if key in _LAYER_KEYS:
            cut[key] = layers
        elif isinstance(value, list) and len(value) == before:
            cut[key] = value[:layers]
    return cut
