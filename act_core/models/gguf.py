"""GGUF files as models: tensors are dequantised one by one, when they are read.

Names, config and the undoing of llama.cpp's permutations are transformers' own
(`transformers.modeling_gguf_pytorch_utils`), so a file reads here exactly as it loads there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from act_core.errors import ActError, CorruptCheckpointError, UnsupportedModelError
from act_core.models.skeleton import build_skeleton
from act_core.models.weights import TensorFacts

if TYPE_CHECKING:
    import torch
    from gguf import GGUFReader
    from torch import nn

_FETCH_AGAIN = "Fetch the file again; if it stays so, use the model's safetensors version."
_MAGIC = b"GGUF"
_SPECIAL_IDS: Mapping[str, str] = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "pad_token": "padding_token_id",
    "unk_token": "unknown_token_id",
}


def read_gguf_config(path: Path) -> dict[str, Any]:
    """The config that transformers derives from a GGUF file's fields.

    Raises:
        CorruptCheckpointError: The file is damaged or no GGUF.
        UnsupportedModelError: transformers cannot read its architecture.
    """
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    with path.open("rb") as stream:
        if stream.read(4) != _MAGIC:
            raise _corrupt(path, "it does not begin as a GGUF file")
    try:
        config = load_gguf_checkpoint(str(path), return_tensors=False)["config"]
    except Exception as error:
        raise _refused(path, error) from error
    return {str(key): value for key, value in config.items()}


class GgufWeights:
    """Tensors of a GGUF file in the layout of transformers, dequantised to float32.

    Attributes:
        stored_types: Number of tensors by GGUF type, most frequent first.
        has_rope_factors: It scales rotary frequencies in a way that transformers does not read.
        special_tokens: By role, e.g. `eos_token`.
        has_chat_template: It holds one.

    Args:
        path: The file.
        config: As `read_gguf_config` gave it.

    Raises:
        CorruptCheckpointError: The file is damaged, or a tensor has not the size it should have.
        UnsupportedModelError: transformers has no names for this architecture.
    """

    def __init__(self, path: Path, config: Mapping[str, Any]) -> None:
        self._path = path
        try:
            self._open(config)
        except ActError:
            raise
        except Exception as error:
            raise _refused(path, error) from error

    def _open(self, config: Mapping[str, Any]) -> None:
        from gguf import GGUFReader
        from transformers.modeling_gguf_pytorch_utils import (
            TENSOR_PROCESSORS,
            TensorProcessor,
            get_gguf_hf_weights_map,
            read_field,
        )

        reader = GGUFReader(self._path)
        architecture = read_field(reader, "general.architecture")[0]
        make_processor: Any = TENSOR_PROCESSORS.get(architecture, TensorProcessor)
        processor = make_processor(config=dict(config))
        skeleton = build_skeleton(config, str(self._path))
        self._processor = processor
        self._names: dict[str, str] = get_gguf_hf_weights_map(_Shallow(skeleton), processor)
        self._stored = {}
        self._facts = {}
        shapes = {name: tuple(value.shape) for name, value in skeleton.state_dict().items()}
        for tensor in reader.tensors:
            name = self._names.get(tensor.name)
            if name is None:
                continue
            if math.prod(shapes[name]) != int(tensor.n_elements):
                raise _corrupt(self._path, f"{tensor.name} has not the size its config asks for")
            self._stored[name] = tensor
            self._facts[name] = TensorFacts(shapes[name], "F32")
        kinds = Counter(tensor.tensor_type.name for tensor in self._stored.values())
        self.stored_types: Mapping[str, int] = dict(kinds.most_common())
        self.has_rope_factors = any(t.name == "rope_freqs.weight" for t in reader.tensors)
        self.special_tokens = _special_tokens(reader)
        self.has_chat_template = "tokenizer.chat_template" in reader.fields

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes of all tensors; float32, as they come out of the dequantisation."""
        return self._facts

    @property
    def files(self) -> tuple[Path, ...]:
        """The GGUF file."""
        return (self._path,)

    def read(self, name: str) -> torch.Tensor:
        """One tensor, dequantised to float32 on the CPU."""
        import torch
        from gguf import dequantize

        stored = self._stored[name]
        parsed: dict[str, Any] = {"tensors": {}}
        result = self._processor.process(
            weights=dequantize(stored.data, stored.tensor_type),
            name=stored.name,
            tensor_key_mapping=self._names,
            parsed_parameters=parsed,
        )
        if result.name is None:  # the processor has put the tensor away itself
            tensor: torch.Tensor = parsed["tensors"][name]
            return tensor.float()
        values = np.array(result.weights, dtype=np.float32, order="C")
        return torch.from_numpy(values).reshape(self._facts[name].shape)

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows of one tensor; the whole tensor is dequantised for it, no other."""
        import torch

        return self.read(name)[torch.from_numpy(rows)]


class _Shallow:
    """A skeleton of which the naming sees only the model and its direct children.

    transformers' naming descends into every module and builds gguf's whole table for each, which
    takes many seconds; names are found on the first two levels.
    """

    def __init__(self, module: nn.Module, depth: int = 1) -> None:
        self.config = getattr(module, "config", None)
        self.state_dict = module.state_dict
        self._children = list(module.named_children()) if depth else []

    def named_children(self) -> list[tuple[str, _Shallow]]:
        return [(name, _Shallow(child, 0)) for name, child in self._children]


def _special_tokens(reader: GGUFReader) -> dict[str, str]:
    """Special tokens by role; only their own entries of the vocabulary are decoded."""
    tokens = reader.fields.get("tokenizer.ggml.tokens")
    if tokens is None:
        return {}
    found = {}
    for role, key in _SPECIAL_IDS.items():
        stored = reader.fields.get(f"tokenizer.ggml.{key}")
        if stored is not None:
            index = int(stored.parts[stored.data[0]][0])
            found[role] = bytes(tokens.parts[tokens.data[index]]).decode("utf-8")
    return found


def _corrupt(path: Path, reason: str, detail: str = "") -> CorruptCheckpointError:
    return CorruptCheckpointError(
        f"{path} cannot be used: {reason}.", remedy=_FETCH_AGAIN, detail=detail
    )


def _refused(path: Path, error: Exception) -> ActError:
    """transformers says by `ValueError("... not supported")` or worse what it cannot read."""
    if isinstance(error, NotImplementedError | ImportError) or "supported" in str(error):
        return UnsupportedModelError(
            f"transformers cannot read the GGUF file {path}: {error}",
            remedy="Use the model's safetensors version.",
            detail=repr(error),
        )
    return _corrupt(path, "it is damaged or cut", repr(error))
