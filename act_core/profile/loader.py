"""Reading the next layer's weights while the present one computes (design.md, section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from act_core.models.layers import layer_tensors
from act_core.models.reference import Model

if TYPE_CHECKING:
    import torch

LayerOfModels = Mapping[str, Mapping[str, "torch.Tensor"]]


def layers_ahead(
    models: Mapping[str, Model], order: Sequence[int]
) -> Iterator[tuple[int, LayerOfModels]]:
    """Layer number and the tensors of that layer of every model, by model name.

    Tensors are on the CPU in stored dtype. At most two layers of each model are in memory.
    """
    if not order:
        return
    with ThreadPoolExecutor(1, thread_name_prefix="act-read") as pool:
        waiting = pool.submit(_read, models, order[0])
        for position, index in enumerate(order):
            present = waiting.result()
            if position + 1 < len(order):
                waiting = pool.submit(_read, models, order[position + 1])
            yield index, present


def _read(models: Mapping[str, Model], index: int) -> LayerOfModels:
    return {name: layer_tensors(model, index, model.weights.read) for name, model in models.items()}
