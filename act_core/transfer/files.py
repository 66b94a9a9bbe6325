"""Which files of the target an exported checkpoint carries, and which it leaves behind and why."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from act_core.errors import ReferenceNotFoundError, UnsupportedModelError
from act_core.models.adapter import CONFIG_NAME
from act_core.models.describe import CARD_NAME
from act_core.models.headers import INDEX_NAME, SINGLE_NAME
from act_core.models.reference import Model

RECIPE_NAME = "act_recipe.yaml"
MASK_NAME = "act_mask.safetensors"
GATES_NAME: Final = "act_gates.safetensors"
ROWS_NAME: Final = "act_rows.safetensors"
LORA_FOLDER: Final = "act_lora"
MADE_PATTERNS = ("act_mask*.safetensors", GATES_NAME, ROWS_NAME)
KEPT_PREFIX = "TARGET_"

_OTHER_WEIGHTS = frozenset(
    ".bin .pt .pth .ckpt .gguf .ggml .onnx .onnx_data .h5 .msgpack .ot .tflite .npz .pkl .mlmodel"
    " .safetensors".split()
)
_OF_TARGET = "belongs to how the target itself was made"
_OTHER_FOLDERS = frozenset({"original", "onnx", "coreml", "openvino", "metal"})


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A file of the target that the export holds.

    Attributes:
        source: Where it is read.
        name: Its path below the export, with `/`.
        size_bytes: Its size.
        weights: It holds tensors of the model.
    """

    source: Path
    name: str
    size_bytes: int
    weights: bool


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file of the target that is not copied, and why."""

    name: str
    why: str


def files_of(target: Model) -> tuple[tuple[CarriedFile, ...], tuple[SkippedFile, ...]]:
    """Sort the target's files into carried and skipped; weights come first, largest first.

    Raises:
        UnsupportedModelError: The target is neither a folder nor a file in safetensors.
        ReferenceNotFoundError: Its folder cannot be read.
    """
    if target.source not in ("folder", "file"):
        kind = "a GGUF file" if target.source == "gguf" else "an adapter on a base"
        raise UnsupportedModelError(
            f"{target.reference} is {kind}; rows can be written into safetensors only.",
            remedy="Choose the safetensors version of the model as target; GGUF files and "
            "adapters serve as specialists.",
        )
    weights = {path.name: path for path in target.weights.files}
    carried: list[CarriedFile] = []
    skipped: list[SkippedFile] = []
    try:
        for name, path in _walk(target.folder, skipped):
            if name in weights:
                goal = SINGLE_NAME if target.source == "file" else name
                carried.append(CarriedFile(path, goal, path.stat().st_size, True))
                continue
            why = _why_skipped(name, path, single=target.source == "file")
            if why:
                skipped.append(SkippedFile(name, why))
            else:
                carried.append(CarriedFile(path, _kept_name(name), path.stat().st_size, False))
    except OSError as error:
        raise ReferenceNotFoundError(
            f"{error.filename or target.folder} cannot be read: {error.strerror}.",
            remedy="Check the permissions of the target's folder.",
            detail=repr(error),
        ) from error
    carried.sort(key=lambda file: (not file.weights, -file.size_bytes, file.name))
    return tuple(carried), tuple(skipped)


def _walk(folder: Path, skipped: list[SkippedFile]) -> Iterator[tuple[str, Path]]:
    """All files below a folder with their names; whole folders that stay behind are noted."""

    def give_up(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=give_up):
        below = PurePosixPath(Path(place).relative_to(folder).as_posix())
        for inner in sorted(folders):
            why = _why_folder_skipped(inner, Path(place) / inner)
            if why:
                folders.remove(inner)
                skipped.append(SkippedFile(f"{below / inner}/", why))
        for name in sorted(names):
            yield str(below / name), Path(place) / name


def _why_folder_skipped(name: str, path: Path) -> str:
    if name.startswith("."):
        return "hidden"
    if path.is_symlink():
        return "a link to another folder"
    if name == LORA_FOLDER:
        return _OF_TARGET
    return "weights in another format" if name in _OTHER_FOLDERS else ""


def _why_skipped(name: str, path: Path, *, single: bool) -> str:
    base = PurePosixPath(name).name
    if base.startswith("."):
        return "hidden"
    if not path.is_file():
        return "not a regular file"
    if name.startswith(KEPT_PREFIX) or any(
        fnmatch.fnmatchcase(base, pattern) for pattern in MADE_PATTERNS
    ):
        return _OF_TARGET
    if base == CONFIG_NAME:
        return "of an adapter, which transformers would load in place of the weights"
    if path.suffix in _OTHER_WEIGHTS or base.endswith((".bin.index.json", ".h5.index.json")):
        return "weights that would not be patched"
    if base.endswith(".safetensors.index.json") and (single or name != INDEX_NAME):
        return "an index of other weights"
    return ""


def _kept_name(name: str) -> str:
    """The target's own card and recipe stay beside those of the export."""
    return f"{KEPT_PREFIX}{name}" if name in (CARD_NAME, RECIPE_NAME) else name
