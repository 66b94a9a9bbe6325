"""Reading weights: one protocol over folders, single files, GGUF and adapters.

Tensors come in the dtype they are stored in, on the CPU, in pieces that the caller chooses, so
that peak memory stays in the caller's hand.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from act_core.errors import CorruptCheckpointError
from act_core.models.apart import require_weights
from act_core.models.headers import TensorHeader

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """Shape and dtype of a tensor (dtype by its safetensors name, e.g. `BF16`)."""

    shape: tuple[int, ...]
    dtype: str

    @property
    def parameters(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)


class Weights(Protocol):
    """Tensors of one model by their name in transformers' `state_dict`."""

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes of all tensors; read from headers only."""

    @property
    def files(self) -> tuple[Path, ...]:
        """All files whose content decides the weights."""

    def read(self, name: str) -> torch.Tensor:
        """One whole tensor on the CPU."""

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows (axis 0) of one tensor, `[len(rows), ...]`, reading no other rows where possible."""


def torch_dtype(dtype: str) -> torch.dtype:
    """torch's dtype for a safetensors dtype name."""
    import torch

    return {
        "BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8, "I16": torch.int16,
        "I32": torch.int32, "I64": torch.int64, "F16": torch.float16, "BF16": torch.bfloat16,
        "F32": torch.float32, "F64": torch.float64,
    }[dtype]  # fmt: skip


class SafetensorsWeights:
    """Tensors of safetensors files, read with plain positioned reads (no mapped pages stay).

    Args:
        headers: By the name in transformers' `state_dict`, where each tensor lies.
    """

    def __init__(self, headers: Mapping[str, TensorHeader]) -> None:
        self.headers = headers
        self._facts = {name: TensorFacts(h.shape, h.dtype) for name, h in headers.items()}

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes of all tensors."""
        return self._facts

    @property
    def files(self) -> tuple[Path, ...]:
        """The safetensors files, sorted."""
        return tuple(sorted({header.file for header in self.headers.values()}))

    def read(self, name: str) -> torch.Tensor:
        """One whole tensor on the CPU.

        Raises:
            CorruptCheckpointError: The file has become shorter than its header says.
            WeightsNotHereError: Only its header is here.
        """
        header = self.headers[name]
        require_weights(header.file)
        buffer = _empty(header.size_bytes)
        with header.file.open("rb", buffering=0) as stream:
            _read_into(stream, header, buffer.data, header.begin_bytes)
        return _as_tensor(buffer, header.dtype, header.shape)

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows (axis 0) of one tensor; neighbouring rows are read at one go.

        Raises:
            CorruptCheckpointError, WeightsNotHereError: As `read`.
        """
        header = self.headers[name]
        require_weights(header.file)
        row_bytes = header.size_bytes // header.shape[0] if header.shape[0] else 0
        buffer = _empty(row_bytes * len(rows))
        view = buffer.data
        with header.file.open("rb", buffering=0) as stream:
            for begin, end in runs(rows):
                at_bytes = header.begin_bytes + int(rows[begin]) * row_bytes
                _read_into(stream, header, view[begin * row_bytes : end * row_bytes], at_bytes)
        return _as_tensor(buffer, header.dtype, (len(rows), *header.shape[1:]))


def runs(rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Half-open ranges of positions in `rows` whose values follow each other by one."""
    if not len(rows):
        return []
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    edges = [0, *breaks.tolist(), len(rows)]
    return list(itertools.pairwise(edges))


def _read_into(stream: FileIO, header: TensorHeader, view: memoryview, at_bytes: int) -> None:
    done = 0
    while done < len(view):
        count = _read_at(stream, view[done:], at_bytes + done)
        if not count:
            raise CorruptCheckpointError(
                f"{header.file} ended inside {header.name}.",
                remedy="The file was changed or cut while it was in use. Fetch it again.",
            )
        done += count


def _read_at(stream: FileIO, view: memoryview, at_bytes: int) -> int:
    """Bytes read at a place, in one call where there is one: scattered rows need thousands."""
    if sys.platform == "win32":
        stream.seek(at_bytes)
        return stream.readinto(view)
    return os.preadv(stream.fileno(), [view], at_bytes)


def _empty(size_bytes: int) -> NDArray[np.uint8]:
    """Memory to read into. A bytearray would be cleared first, and no thread runs meanwhile."""
    return np.empty(size_bytes, np.uint8)


def _as_tensor(buffer: NDArray[np.uint8], dtype: str, shape: tuple[int, ...]) -> torch.Tensor:
    import torch

    if not buffer.size:
        return torch.empty(shape, dtype=torch_dtype(dtype))
    return torch.frombuffer(buffer, dtype=torch_dtype(dtype)).reshape(shape)
