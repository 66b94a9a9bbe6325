"""Models as the plain folders that other tools read: config, safetensors, tokenizer files.

Adapters, GGUF files, single files and checkpoints with other names are written out, tensor by
tensor; a folder that is plain already is used where it lies.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.files import write_parts, write_whole
from act_core.models.headers import ITEM_BYTES, SINGLE_NAME
from act_core.models.reference import Model
from act_core.models.weights import SafetensorsWeights
from act_core.transfer.copying import copy_file
from act_core.transfer.place import check_room

# What a tokenizer may consist of; nothing else of a model's folder is taken along.
_SIDE_FILES = (
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "chat_template.jinja",
    "generation_config.json",
)  # fmt: skip
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def is_plain(model: Model) -> bool:
    """Whether a model's folder holds just its own safetensors under transformers' names."""
    if model.source != "folder" or not isinstance(model.weights, SafetensorsWeights):
        return False
    if any(name != header.name for name, header in model.weights.headers.items()):
        return False
    if any(True for pattern in _PICKLES for _ in model.folder.glob(pattern)):
        return False
    return set(model.folder.glob("*.safetensors")) == set(model.weights.files)


def size_bytes(model: Model) -> int:
    """Bytes of all tensors."""
    return sum(one.parameters * ITEM_BYTES[one.dtype] for one in model.facts.values())


def plain_folder(model: Model, goal: Path, cancel: CancelToken) -> Path:
    """A folder that holds the model plainly: its own, or else `goal`, written.

    Raises:
        OutputError: It cannot be written, or does not fit the disk.
        CorruptCheckpointError: The model's files cannot be read.
        CancelledByPersonError: After a cancel.
    """
    if is_plain(model):
        return model.folder.absolute()
    check_room(goal, size_bytes(model))
    write_whole(goal / "config.json", json.dumps(dict(model.config), indent=1))
    write_parts(goal / SINGLE_NAME, _parts(model, cancel))
    copy_side_files(model, goal, cancel)
    return goal.absolute()


def copy_side_files(model: Model, goal: Path, cancel: CancelToken) -> None:
    """Copy what the model's tokenizer consists of, as far as it is there."""
    for name in _SIDE_FILES:
        source = model.folder / name
        if source.is_file():
            copy_file(source, goal / name, cancel, lambda _bytes: None)


def _parts(model: Model, cancel: CancelToken) -> Iterator[bytes]:
    """A safetensors file: length and header, then every tensor in the header's order."""
    header = json.dumps(_header(model)).encode()
    yield len(header).to_bytes(8, "little") + header
    for name in model.facts:
        cancel.raise_if_cancelled()
        yield _bytes(model, name)


def _header(model: Model) -> Mapping[str, object]:
    sizes = [math.prod(one.shape) * ITEM_BYTES[one.dtype] for one in model.facts.values()]
    ends = [0, *itertools.accumulate(sizes)]
    tensors = {
        name: {"dtype": one.dtype, "shape": list(one.shape), "data_offsets": list(span)}
        for (name, one), span in zip(model.facts.items(), itertools.pairwise(ends), strict=True)
    }
    return {"__metadata__": {"format": "pt"}, **tensors}


def _bytes(model: Model, name: str) -> bytes:
    import torch

    tensor = model.weights.read(name).contiguous()
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
