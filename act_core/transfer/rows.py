"""Channels' own numbers as one vector and as a file: what a tuning of channels learns and leaves.

A channel is its row of the weight and its entry of the bias (design.md, section 1). The vector
holds, module by module, the rows of the chosen channels and then their entries of the bias. The
file holds for each weight and bias with chosen channels their values in the target's dtype, and as
`NAME|rows` an int32 vector of which they are, sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from act_core.errors import ActError, NotFiniteError, TunedError
from act_core.files import write_whole
from act_core.models.channel_files import ChannelFile
from act_core.models.channels import ChannelLayout, ModuleChannels, within
from act_core.models.headers import read_header, read_metadata
from act_core.models.weights import SafetensorsWeights, TensorFacts, Weights, torch_dtype

if TYPE_CHECKING:
    import torch

_FILE = ChannelFile("act-rows-1", "tuned rows", "tune", TunedError)
_ROWS = "|rows"


@dataclass(frozen=True, slots=True, eq=False)
class RowPiece:
    """The chosen channels of one module, and where their numbers stand in the vector.

    Attributes:
        module: The module.
        channels: Sorted, counted within the module, int64.
        weight: Where their rows stand, one after the other.
        bias: Where their entries of the bias stand; empty where the module has none.
    """

    module: ModuleChannels
    channels: NDArray[np.int64] = field(repr=False)
    weight: slice
    bias: slice

    def parts(self) -> Iterator[tuple[str, NDArray[np.int64], slice]]:
        """Weight by weight (one, or one of each expert that has some): channels within, place."""
        module, done = self.module, self.weight.start
        for expert, tensor in enumerate(module.tensors):
            own = within(self.channels, expert, module.rows)
            if len(own):
                end = done + len(own) * module.inputs
                yield tensor, own, slice(done, end)
                done = end


def pieces_of(layout: ChannelLayout, selected: NDArray[np.bool_]) -> tuple[RowPiece, ...]:
    """The modules that have chosen channels.

    Args:
        layout: The model's channels.
        selected: Which are chosen, bool `[channels]`.
    """
    pieces, done = [], 0
    for index, module in enumerate(layout.modules):
        channels = np.flatnonzero(selected[layout.slice_of(index)])
        if len(channels):
            weight = slice(done, done + len(channels) * module.inputs)
            bias = slice(weight.stop, weight.stop + (len(channels) if module.bias else 0))
            pieces.append(RowPiece(module, channels, weight, bias))
            done = bias.stop
    return tuple(pieces)


def gather_rows(weights: Weights, pieces: tuple[RowPiece, ...]) -> NDArray[np.float32]:
    """The chosen channels' numbers as one vector, float32."""
    found = np.empty(pieces[-1].bias.stop if pieces else 0, dtype=np.float32)
    for piece in pieces:
        for tensor, own, place in piece.parts():
            if piece.module.transposed:
                values = weights.read(tensor)[:, own].T
            else:
                values = weights.read_rows(tensor, own)
            found[place] = values.float().reshape(-1).numpy()
        if piece.module.bias is not None:
            found[piece.bias] = weights.read_rows(piece.module.bias, piece.channels).float().numpy()
    return found


def save_rows(
    path: Path,
    layout: ChannelLayout,
    pieces: tuple[RowPiece, ...],
    values: NDArray[np.float32],
    dtypes: Mapping[str, TensorFacts],
) -> None:
    """Write the vector, rounded once to the dtype of each tensor; whole or not at all.

    Raises:
        NotFiniteError: A number is NaN or Inf, or becomes so in the tensor's dtype.
        OutputError: It cannot be written.
    """
    import torch
    from safetensors.torch import save

    tensors = {}

    def put(name: str, own: NDArray[np.int64], place: slice, width: int) -> None:
        rounded = torch.from_numpy(values[place].copy()).to(torch_dtype(dtypes[name].dtype))
        if not torch.isfinite(rounded).all():
            raise NotFiniteError(
                f"Tuning has left NaN or Inf in {name}.",
                remedy="Lower the learning rate, and tune again.",
            )
        tensors[name] = rounded.reshape(len(own), width) if width else rounded
        tensors[name + _ROWS] = torch.from_numpy(own.astype(np.int32))

    for piece in pieces:
        for tensor, own, place in piece.parts():
            put(tensor, own, place, piece.module.inputs)
        if piece.module.bias is not None:
            put(piece.module.bias, piece.channels, piece.bias, 0)
    write_whole(path, save(tensors, _FILE.header(layout, {})))


@dataclass(frozen=True, slots=True, eq=False)
class TunedRows:
    """A file of rows, checked; values are read when they are needed.

    Attributes:
        path: The file.
        rows: By weight or bias, which channels are there, sorted int64.
        stored: Reader of their values: `[channels, inputs]`, of biases `[channels]`.
        transposed: Names of the weights that are `[in, out]` in the model.
    """

    path: Path
    rows: Mapping[str, NDArray[np.int64]] = field(repr=False)
    stored: SafetensorsWeights = field(repr=False)
    transposed: frozenset[str] = field(repr=False)


def load_rows(path: Path, layout: ChannelLayout, dtypes: Mapping[str, TensorFacts]) -> TunedRows:
    """Check a file of rows that belongs to a model of this layout and these dtypes.

    Raises:
        TunedError: It is missing, damaged, or of another model.
    """
    if not path.is_file():
        raise _FILE.missing(path)
    try:
        metadata, headers = read_metadata(path), read_header(path)
    except (ActError, ValueError, RecursionError) as error:
        raise _FILE.damaged(path, "cannot be read", repr(error)) from error
    _FILE.check(path, metadata, layout)
    stored, rows = SafetensorsWeights(headers), {}
    modules = {tensor: module for module in layout.modules for tensor in module.tensors}
    biases = {module.bias: module for module in layout.modules if module.bias is not None}
    for name in (name for name in headers if not name.endswith(_ROWS)):
        module = modules.get(name) or biases.get(name)
        if module is None:
            raise _FILE.damaged(path, f"names {name}, which has no channels")
        width = module.width if name in biases else module.rows
        indices = _indices(path, stored, name, width)
        shape = (len(indices),) if name in biases else (len(indices), module.inputs)
        if stored.facts[name] != TensorFacts(shape, dtypes[name].dtype):
            raise _FILE.damaged(path, f"does not hold {name} as {list(shape)} {dtypes[name].dtype}")
        rows[name] = indices
    if len(headers) != 2 * len(rows):
        raise _FILE.damaged(path, "names rows of which it holds nothing")
    transposed = frozenset(name for name, module in modules.items() if module.transposed)
    return TunedRows(path, rows, stored, transposed)


def _indices(path: Path, stored: SafetensorsWeights, name: str, width: int) -> NDArray[np.int64]:
    found = stored.facts.get(name + _ROWS)
    if found is None or found.dtype != "I32" or len(found.shape) != 1:
        raise _FILE.damaged(path, f"does not say which rows of {name} it holds")
    indices: NDArray[np.int64] = stored.read(name + _ROWS).numpy().astype(np.int64)
    if not len(indices) or np.any(np.diff(indices) <= 0):
        raise _FILE.damaged(path, f"names rows of {name} unsorted, repeated or not at all")
    if not 0 <= indices[0] <= indices[-1] < width:
        raise _FILE.damaged(path, f"names rows outside 0 to {width - 1} of {name}")
    return indices


class RowWeights:
    """Tensors of a model with tuned rows in place of its own.

    Args:
        base: The model's weights.
        tuned: The rows.
    """

    def __init__(self, base: Weights, tuned: TunedRows) -> None:
        self._base = base
        self._tuned = tuned

    @property
    def facts(self) -> Mapping[str, TensorFacts]:
        """Shapes and dtypes: those of the model."""
        return self._base.facts

    @property
    def files(self) -> tuple[Path, ...]:
        """The model's files, then that of the rows."""
        return (*self._base.files, self._tuned.path)

    def read(self, name: str) -> torch.Tensor:
        """One whole tensor on the CPU."""
        import torch

        tensor = self._base.read(name)
        if (indices := self._tuned.rows.get(name)) is not None:
            values = self._tuned.stored.read(name)
            tensor = tensor.clone()
            if name in self._tuned.transposed:
                tensor[:, torch.from_numpy(indices)] = values.T
            else:
                tensor[torch.from_numpy(indices)] = values
        return tensor

    def read_rows(self, name: str, rows: NDArray[np.int64]) -> torch.Tensor:
        """Rows of one tensor; where all of them are tuned, nothing else is read."""
        import torch

        indices = self._tuned.rows.get(name)
        if indices is None:
            return self._base.read_rows(name, rows)
        if name in self._tuned.transposed:
            tensor = self._base.read_rows(name, rows).clone()
            values = self._tuned.stored.read(name)[:, torch.from_numpy(rows)]
            tensor[:, torch.from_numpy(indices)] = values.T
            return tensor
        inside = np.isin(rows, indices)
        values = self._tuned.stored.read_rows(name, np.searchsorted(indices, rows[inside]))
        if inside.all():
            return values
        tensor = self._base.read_rows(name, rows).clone()
        tensor[torch.from_numpy(inside)] = values
        return tensor
