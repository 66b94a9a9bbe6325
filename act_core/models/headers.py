"""safetensors headers and indexes, read and checked without touching a weight byte.

Everything here is untrusted input: lengths, offsets and file names are checked before use
(design.md, section 3, "From headers first").
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, TypeGuard

from act_core.errors import CorruptCheckpointError, ReferenceNotFoundError, UnsafeFileError
from act_core.models.apart import is_known, open_start
from act_core.models.file_names import unsafe_name

ITEM_BYTES: Mapping[str, int] = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2,
    "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}  # fmt: skip
FLOAT_DTYPES = frozenset({"F16", "BF16", "F32", "F64"})
UNREADABLE_DTYPES = frozenset({"F8_E5M2", "F8_E4M3", "U16", "U32", "U64"})
INDEX_NAME = "model.safetensors.index.json"
SINGLE_NAME = "model.safetensors"
_MOST_HEADER_BYTES = 100_000_000
_MOST_AXES = 8  # the product of millions of sizes would take hours
_DOWNLOAD_AGAIN = "Download or copy the file again; if it stays so, ask its publisher."


@dataclass(frozen=True, slots=True)
class TensorHeader:
    """Where one tensor lies.

    Attributes:
        name: Name as stored.
        dtype: safetensors name of the dtype, e.g. `BF16`.
        shape: Sizes of the axes.
        file: File that holds it.
        begin_bytes: Absolute offset of its first byte in `file`.
        size_bytes: Bytes it takes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    file: Path
    begin_bytes: int
    size_bytes: int


def read_header(path: Path) -> dict[str, TensorHeader]:
    """Tensors of one safetensors file.

    Raises:
        ReferenceNotFoundError: The file cannot be opened.
        CorruptCheckpointError: The header or the file's length is wrong.
    """
    file_bytes, raw = _raw_header(path)
    try:
        entries = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, "its header is not JSON", repr(error)) from error
    if not isinstance(entries, dict):
        raise _corrupt(path, "its header is not a JSON object")
    data_begin = 8 + len(raw)
    tensors = {
        name: _checked_entry(path, name, entry, data_begin)
        for name, entry in entries.items()
        if name != "__metadata__"
    }
    _check_coverage(path, tensors, data_begin, file_bytes)
    return tensors


def read_metadata(path: Path) -> dict[str, str]:
    """The free-form `__metadata__` of one safetensors file.

    Raises:
        ReferenceNotFoundError, CorruptCheckpointError: As `read_header`.
    """
    read_header(path)
    metadata = json.loads(_raw_header(path)[1]).get("__metadata__", {})
    if not isinstance(metadata, dict):
        raise _corrupt(path, "its metadata is not a JSON object")
    return {str(key): str(value) for key, value in metadata.items()}


def read_folder(folder: Path) -> dict[str, TensorHeader]:
    """Tensors of a checkpoint folder, single-file or sharded.

    Raises:
        ReferenceNotFoundError: The folder holds no weights.
        UnsafeFileError: It holds pickles only.
        CorruptCheckpointError: A file is damaged, or the index names a missing or outside file.
    """
    if (folder / INDEX_NAME).is_file():
        return _read_sharded(folder)
    single = folder / SINGLE_NAME
    if is_known(single):
        return read_header(single)
    pickles = sorted(p.name for p in folder.glob("*.bin")) + sorted(
        p.name for p in folder.glob("*.pt*")
    )
    if pickles:
        raise UnsafeFileError(
            f"{folder} holds its weights as pickle ({pickles[0]}), which can run code when opened.",
            remedy="Use a safetensors version of this model.",
        )
    raise ReferenceNotFoundError(
        f"{folder} holds neither {SINGLE_NAME} nor {INDEX_NAME}.",
        remedy="Name a folder that holds a model in safetensors format.",
    )


def holds_weights(folder: Path) -> bool:
    """Whether a folder holds the weights of a whole model in safetensors."""
    return (folder / INDEX_NAME).is_file() or is_known(folder / SINGLE_NAME)


def read_shard_names(folder: Path) -> dict[str, str]:
    """Names of a sharded checkpoint's files by tensor, from its index.

    Raises:
        ReferenceNotFoundError: There is no index.
        UnsafeFileError: It names a file that is not safetensors.
        CorruptCheckpointError: It is damaged, or names files that must not be used.
    """
    path = folder / INDEX_NAME
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise _corrupt(path, "it has no weight_map")
    names = {str(tensor): str(file) for tensor, file in weight_map.items()}
    for name in sorted(set(names.values())):
        _check_shard_name(path, name)
    return names


def header_length(path: PurePath, start: bytes, file_bytes: int) -> int:
    """Bytes of a safetensors file's header behind the first eight, by these.

    Args:
        path: The file, for people.
        start: Its first bytes, eight or more.
        file_bytes: Its size.

    Raises:
        CorruptCheckpointError: It cannot be so long.
    """
    length = int.from_bytes(start[:8], "little")
    if len(start) < 8 or length > min(_MOST_HEADER_BYTES, file_bytes - 8):
        raise _corrupt(path, "it is truncated or no safetensors file")
    return length


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a model.

    Raises:
        ReferenceNotFoundError: The file is not there.
        CorruptCheckpointError: It is not UTF-8, not JSON or not an object.
    """
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ReferenceNotFoundError(
            f"{path} is missing.", remedy="Name a complete model folder."
        ) from error
    except OSError as error:
        raise ReferenceNotFoundError(
            f"{path} cannot be read: {error.strerror}.", remedy="Check the permissions."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, "it is not valid JSON", repr(error)) from error
    if not isinstance(value, dict):
        raise _corrupt(path, "it is not a JSON object")
    return value


def _corrupt(path: PurePath, reason: str, detail: str = "") -> CorruptCheckpointError:
    return CorruptCheckpointError(
        f"{path} cannot be used: {reason}.", remedy=_DOWNLOAD_AGAIN, detail=detail
    )


def _raw_header(path: Path) -> tuple[int, bytes]:
    """File size in bytes, and the header's bytes."""
    try:
        with open_start(path) as (file_bytes, stream):
            length = header_length(path, stream.read(8), file_bytes)
            return file_bytes, stream.read(length)
    except OSError as error:
        raise ReferenceNotFoundError(
            f"{path} cannot be read: {error.strerror}.",
            remedy="Check the path and the permissions.",
        ) from error


def _checked_entry(path: Path, name: str, entry: object, data_begin: int) -> TensorHeader:
    if not isinstance(entry, dict):
        raise _corrupt(path, f"the entry of {name} is not an object")
    dtype, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in ITEM_BYTES:
        raise _corrupt(path, f"{name} has the unknown dtype {dtype!r}")
    if not _whole_numbers(shape) or not _whole_numbers(offsets) or len(offsets) != 2:
        raise _corrupt(path, f"shape or offsets of {name} are not whole numbers")
    if len(shape) > _MOST_AXES:
        raise _corrupt(path, f"{name} has {len(shape)} axes")
    begin, end = offsets
    if end - begin != math.prod(shape) * ITEM_BYTES[dtype]:
        raise _corrupt(path, f"{name} does not have the length that its shape asks for")
    return TensorHeader(name, dtype, tuple(shape), path, data_begin + begin, end - begin)


def _whole_numbers(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)


def _check_coverage(
    path: Path, tensors: Mapping[str, TensorHeader], data_begin: int, file_bytes: int
) -> None:
    """Tensors must follow each other without hole or overlap up to the end of the file."""
    at = data_begin
    for tensor in sorted(tensors.values(), key=lambda t: (t.begin_bytes, t.size_bytes)):
        if tensor.begin_bytes != at:
            raise _corrupt(path, f"{tensor.name} overlaps another tensor or leaves a hole")
        at += tensor.size_bytes
    if at != file_bytes:
        raise _corrupt(path, f"it has {file_bytes} bytes where its header speaks of {at}")


def _read_sharded(folder: Path) -> dict[str, TensorHeader]:
    index_path, file_of = folder / INDEX_NAME, read_shard_names(folder)
    tensors: dict[str, TensorHeader] = {}
    for file_name in sorted(set(file_of.values())):
        if not is_known(folder / file_name):
            raise _corrupt(index_path, f"it names {file_name}, which is missing")
        for name, header in read_header(folder / file_name).items():
            if file_of.get(name) != file_name:
                raise _corrupt(index_path, f"{file_name} holds {name}, the index says otherwise")
            tensors[name] = header
    missing = sorted(set(file_of) - set(tensors))
    if missing:
        raise _corrupt(index_path, f"{missing[0]} is in no file")
    return tensors


def _check_shard_name(index_path: Path, file_name: str) -> None:
    if "/" in file_name or "\\" in file_name or file_name in {"", ".", ".."}:
        raise _corrupt(index_path, f"it names the file {file_name!r} outside its folder")
    if not file_name.endswith(".safetensors"):
        raise UnsafeFileError(
            f"{index_path} names {file_name!r}, which is no safetensors file.",
            remedy="Use a safetensors version of this model.",
        )
    if why := unsafe_name(file_name):
        raise _corrupt(index_path, f"it names the file {file_name!r}: {why}")
