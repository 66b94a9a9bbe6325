"""PEFT adapters (LoRA, rsLoRA), applied tensor by tensor when the base is read.

W' = W + scale * B A in float32, scale = alpha / r (Hu et al. 2021, arXiv:2106.09685) or
alpha / sqrt(r) for rsLoRA (Kalajdzievski 2023, arXiv:2312.03732); no merged copy is ever written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.errors import (
    CorruptCheckpointError,
    IncompatibleModelsError,
    ReferenceNotFoundError,
    UnsafeFileError,
    UnsupportedModelError,
)
from act_core.models.apart import is_known
from act_core.models.headers import TensorHeader, read_header, read_json
from act_core.models.weights import SafetensorsWeights, TensorFacts, Weights

if TYPE_CHECKING:
    import torch

CONFIG_NAME = "adapter_config.json"
WEIGHTS_NAME = "adapter_model.safetensors"
PREFIX = "base_model.model."
_MERGE = "Merge it with its own tool (peft's merge_and_unload) and name the merged folder instead."

# What would change the formula above, and what it is called.
_REFUSED: Mapping[str, str] = {
    "use_dora": "DoRA",
    "use_qalora": "QA-LoRA",
    "use_bdlora": "block-diagonal LoRA",
    "lora_bias": "LoRA with a bias of its own",
    "layer_replication": "layer replication",
    "target_parameters": "adapters on bare parameters",
    "trainable_token_indices": "trainable tokens",
    "alora_invocation_tokens": "activated LoRA",
    "arrow_config": "Arrow routing",
    "kasa_config": "KaSA",
    "monteclora_config": "MonteCLoRA",
    "velora_config": "VeLoRA",
    "megatron_config": "Megatron layers",
}


@dataclass(frozen=True, slots=True, eq=False)
class Adapter:
    """An adapter folder, checked but not read.

    Attributes:
        folder: Where it lies.
        config: adapter_config.json.
        headers: Its tensors by name, without PEFT's prefix.
    """

    folder: Path
    config: Mapping[str, Any]
    headers: Mapping[str, TensorHeader]

    def rank_of(self, module: str) -> float:
        """Rows of A and columns of B for one module."""
        return _by_pattern(self.config.get("rank_pattern"), module, self.config["r"])

    def scale_of(self, module: str) -> float:
        """The factor of B A for one module, e.g. `model.layers.0.self_attn.q_proj`."""
        rank = self.rank_of(module)
        alpha = _by_pattern(self.config.get("alpha_pattern"), module, self.config["lora_alpha"])
        return float(alpha / (math.sqrt(rank) if self.config.get("use_rslora") else rank))


def is_adapter(path: Path) -> bool:
    """Whether a folder is a PEFT adapter."""
    return (path / CONFIG_NAME).is_file()


def read_adapter(folder: Path) -> Adapter:
    """Check an adapter folder from its config and header.

    Raises:
        ReferenceNotFoundError: The folder is no adapter.
        UnsafeFileError: Its weights are a pickle.
        UnsupportedModelError: It is not plain LoRA or rsLoRA.
        CorruptCheckpointError: Its config or header is damaged.
    """
    if not is_adapter(folder):
        raise ReferenceNotFoundError(
            f"{folder} is not a PEFT adapter: it has no {CONFIG_NAME}.",
            remedy="Name a folder that peft's save_pretrained has written.",
        )
    config = read_json(folder / CONFIG_NAME)
    _check_kind(folder, config)
    if not is_known(folder / WEIGHTS_NAME) and (folder / "adapter_model.bin").is_file():
        raise UnsafeFileError(
            f"{folder} holds its weights as pickle (adapter_model.bin), which can run code.",
            remedy="Save the adapter again as safetensors.",
        )
    headers = read_header(folder / WEIGHTS_NAME)
    return Adapter(folder, config, {n.removeprefix(PREFIX): h for n, h in headers.items()})


def _check_kind(folder: Path, config: Mapping[str, Any]) -> None:
    kind = config.get("peft_type")
    if kind != "LORA":
        raise _refused(folder, f"is of the type {kind}")
    for key, title in _REFUSED.items():
        if config.get(key):
            raise _refused(folder, f"uses {title} ({key})")
    if config.get("bias", "none") != "none":
        raise _refused(folder, "trains biases")
    numbers: list[Any] = [config.get("r"), config.get("lora_alpha")]
    for key in ("rank_pattern", "alpha_pattern"):
        pattern = config.get(key) or {}
        numbers += pattern.values() if isinstance(pattern, dict) else [None]
    if any(type(number) not in (int, float) or number <= 0 for number in numbers):
        raise CorruptCheckpointError(
            f"{folder / CONFIG_NAME} does not give rank and alpha as positive numbers.",
            remedy="Fetch the adapter again.",
        )


def _refused(folder: Path, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"The adapter {folder} {reason}; only LoRA and rsLoRA are applied on the fly.",
        remedy=_MERGE,
    )


def _by_pattern(patterns: Mapping[str, float] | None, module: str, default: float) -> float:
    """The first pattern that ends the module's path, as PEFT matches them."""
    for pattern, value in (patterns or {}).items():
        try:
            if re.match(rf"(.*\.)?({pattern})$", module):
                return value
        except re.error as error:
            raise CorruptCheckpointError(
                f"The adapter's pattern {pattern!r} is no regular expression.",
                remedy="Fetch the adapter again.",
                detail=repr(error),
            ) from error
    return default


class AdapterWeights:
    """A base's tensors with an adapter applied; untouched ones pass through as they are.

    Args:
        base: The weights it stands on (which may carry an adapter themselves).
        adapter: The adapter.
        transposed: Names of the base's weights that are `[in, out]`.
        tied: The base's head is its embedding.

    Raises:
        IncompatibleModelsError: The adapter does not fit the base.
        UnsupportedModelError: It holds tensors that are neither LoRA pairs nor whole modules.
    """

    def __init__(
        self, base: Weights, adapter: Adapter, transposed: Collection[str], *, tied: bool
    ) -> None:
        self.base = base
        self._adapter = adapter
        self._transposed = frozenset(transposed)
        self._tensors = SafetensorsWeights(adapter.headers)
        self._modules: dict[str, str] = {}
        self._scales: dict[str, float] = {}
        self._whole: dict[str, str] = {}
        for name in self._tensors.facts:
            self._place(name, tied)
        if not self._modules and not self._whole:
            raise CorruptCheckpointError(
                f"The adapter {adapter.folder} is empty.", remedy="Fetch it again."
            )
        self._facts = dict(base.facts)
        for name, stored in self._whole.items():
            self._facts[name] = self._tensors.facts[stored]
        for name in self._modules:
            self._facts[name] = TensorFacts(base.facts[name].shape, "F32")

    def _place(self, stored: str, tied: bool) -> None:
        """Give one tensor of the adapter its place, or refuse it.

        Besides pairs A, B there are whole tensors: `modules_to_save`, and embeddings that peft
        saves along when the head is adapted. A trained copy would part what the base ties.
        """
        module, lora, part = stored.rpartition(".lora_")
        if lora and part == "A.weight":
            self._check_pair(module)
            self._modules[f"{module}.weight"] = module
            self._scales[module] = self._adapter.scale_of(module)
            return
        if lora and part == "B.weight" and f"{module}.lora_A.weight" in self._tensors.facts:
            return
        name = stored.replace(".base_layer.", ".")
        saved = self._adapter.config.get("modules_to_save")
        if lora or name not in self.base.facts or (tied and saved):
            raise _refused(self._adapter.folder, f"holds {stored}, which cannot be applied")
        if self._shape(name) != self._tensors.facts[stored].shape:
            raise self._misfit(name)
        self._whole[name] = stored

    def _shape(self, name: str) -> tuple[int, ...] | None:
        facts = self.base.facts.get(name)
        return None if facts is None else facts.shape

    def _check_pair(self, module: str) -> None:
        shape = self._shape(f"{module}.weight")
        down = self._tensors.facts[f"{module}.lora_A.weight"].shape
        up = self._tensors.facts.get(f"{module}.lora_B.weight")
        if shape is None or len(shape) != 2 or up is None or len(down) != 2 or len(up.shape) != 2:
            raise self._misfit(module)
        outputs, inputs = shape[::-1] if f"{module}.weight" in self._transposed else shape
        rank = self._adapter.rank_of(module)
        if (down, up.shape) != ((rank, inputs), (outputs, rank)):
            raise self._misfit(module)

    def _misfit(self, name: str) -> IncompatibleModelsError:
        return IncompatibleModelsError(
            f"The adapter {self._adapter.folder} does not fit its base at {name}.",
            remedy="Name the base that the adapter was trained on.",
        )

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes; tensors that the adapter changes are float32."""
        return self._facts

    @property
    def files(self) -> tuple[Path, ...]:
        """The base's files, then the adapter's weights and config (which holds the scale)."""
        return (*self.base.files, *self._tensors.files, self._adapter.folder / CONFIG_NAME)

    def read(self, name: str) -> torch.Tensor:
        """One whole tensor on the CPU."""
        stored = self._whole.get(name)
        before = self.base.read(name) if stored is None else self._tensors.read(stored)
        if name not in self._modules:
            return before
        down, up, scale = self._pair(name)
        change = scale * (up @ down)
        return before.float() + (change.T if name in self._transposed else change)

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows of one tensor; of the change, too, only these rows are computed."""
        import torch

        stored = self._whole.get(name)
        if stored is None:
            before = self.base.read_rows(name, rows)
        else:
            before = self._tensors.read_rows(stored, rows)
        if name not in self._modules:
            return before
        down, up, scale = self._pair(name)
        chosen = torch.from_numpy(rows)
        if name in self._transposed:
            return before.float() + scale * (up @ down[:, chosen]).T
        return before.float() + scale * (up[chosen] @ down)

    def _pair(self, name: str) -> tuple[torch.Tensor, torch.Tensor, float]:
        """A `[rank, in]`, B `[out, rank]` in float32, and their scale."""
        module = self._modules[name]
        down = self._tensors.read(f"{module}.lora_A.weight").float()
        up = self._tensors.read(f"{module}.lora_B.weight").float()
        return down, up, self._scales[module]
