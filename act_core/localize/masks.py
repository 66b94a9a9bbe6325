"""Masks: the set of selected channels, as a small file of its own (design.md, sections 1 and 4).

The file: for each weight with selected channels its name and an int32 vector of them, sorted,
counted within the module; for each weight with selected input columns `NAME|columns`. The header's
metadata: `format`, `layout` (fingerprint), `scorer`, `budget`, `share`, `channels` (their number)
and `facts` (JSON).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from act_core.errors import MaskError
from act_core.files import write_whole
from act_core.models.channel_files import ChannelFile
from act_core.models.channels import ChannelLayout

_FILE = ChannelFile("act-mask-1", "mask", "localize", MaskError)
_COLUMNS = "|columns"


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Selected channels of one model.

    Attributes:
        layout: The channels it speaks of.
        selected: bool `[channels]` on the layout's flat axis.
        columns: Selected *input* columns by weight name, sorted int64 (of experts, expert x
            column): what the `neuron` tie adds to down projections. Usually empty; with that tie it
            names every down weight, and a vector may be empty.
        facts: Scorer, budget, hashes and the like, as text.
    """

    layout: ChannelLayout
    selected: NDArray[np.bool_] = field(repr=False)
    columns: Mapping[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of selected channels."""
        return int(np.count_nonzero(self.selected))

    @property
    def share(self) -> float:
        """Selected channels over all channels."""
        return self.count / self.layout.total if self.layout.total else 0.0

    def counts(self) -> NDArray[np.int64]:
        """Selected channels of each module, int64 `[modules]`."""
        return counts_by_module(self.selected, self.layout)

    def rows(self, module: int) -> NDArray[np.int64]:
        """Selected channels of module number `module`, sorted, counted within the module."""
        return np.flatnonzero(self.selected[self.layout.slice_of(module)])


def counts_by_module(selected: NDArray[np.bool_], layout: ChannelLayout) -> NDArray[np.int64]:
    """Selected channels of each module, int64 `[modules]`."""
    # A sum of booleans module by module is several times faster than one running sum.
    spans = map(layout.slice_of, range(len(layout.modules)))
    return np.array([np.count_nonzero(selected[span]) for span in spans], dtype=np.int64)


def save_mask(mask: Mask, path: Path) -> None:
    """Write a mask; the file appears whole or not at all.

    Raises:
        OutputError: It cannot be written.
    """
    tensors = {
        module.tensor: rows.astype(np.int32)
        for index, module in enumerate(mask.layout.modules)
        if len(rows := mask.rows(index))
    }
    for tensor, columns in mask.columns.items():
        tensors[tensor + _COLUMNS] = columns.astype(np.int32)
    metadata = {
        "scorer": mask.facts.get("scorer", ""),
        "budget": mask.facts.get("budget", ""),
        "share": repr(mask.share),
        "channels": str(mask.count),
    }
    write_whole(path, save(tensors, _FILE.header(mask.layout, mask.facts) | metadata))


def load_mask(path: Path, layout: ChannelLayout) -> Mask:
    """Read a mask that belongs to a model of this layout.

    Raises:
        MaskError: It is missing, damaged, no mask, or of another model.
    """
    with _FILE.opened(path, layout) as (file, metadata):
        names = list(file.keys())
        for name in names:
            if (dtype := file.get_slice(name).get_dtype()) != "I32":
                raise _FILE.damaged(path, f"holds {name} as {dtype} instead of I32")
        # Wider, as differences of damaged numbers may not fit into 32 bits.
        vectors = {name: file.get_tensor(name).astype(np.int64) for name in names}
    mask = _assembled(path, layout, vectors, _FILE.facts(path, metadata))
    if (told := metadata.get("channels")) != str(mask.count):
        raise _FILE.damaged(path, f"names {mask.count} channels, its header {told}")
    return mask


def _assembled(
    path: Path,
    layout: ChannelLayout,
    vectors: Mapping[str, NDArray[np.int64]],
    facts: Mapping[str, str],
) -> Mask:
    """A mask from vectors that are checked one by one."""
    numbers = {module.tensor: index for index, module in enumerate(layout.modules)}
    selected = np.zeros(layout.total, dtype=np.bool_)
    columns: dict[str, NDArray[np.int64]] = {}
    for name, vector in vectors.items():
        tensor = name.removesuffix(_COLUMNS)
        if tensor not in numbers:
            raise _FILE.damaged(path, f"names {tensor}, which the model does not have")
        module = layout.modules[numbers[tensor]]
        end = module.width if name == tensor else module.columns
        if vector.ndim != 1 or np.any(np.diff(vector) <= 0):
            raise _FILE.damaged(path, f"holds {name} unsorted, with repetitions or not as a vector")
        if len(vector) and not 0 <= vector[0] <= vector[-1] < end:
            raise _FILE.damaged(path, f"holds numbers outside 0 to {end - 1} in {name}")
        if name == tensor:
            selected[layout.slice_of(numbers[tensor])][vector] = True
        else:
            columns[tensor] = vector
    ordered = sorted(columns, key=numbers.__getitem__)
    return Mask(layout, selected, {tensor: columns[tensor] for tensor in ordered}, facts)
