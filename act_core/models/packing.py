"""Experts apart and packed: the same numbers under one name for each expert, or under one for all.

Checkpoints hold experts apart (Mixtral, Qwen) or packed (Granite); transformers 5 always packs them
in memory: `[experts, rows, inputs]`, gate rows before up rows in every expert. Everywhere else each
expert's weight is a matrix with a name of its own. Its rows are contiguous in a packed tensor too,
so such a matrix is only another header over the same bytes, and a patch writes it in place.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from act_core.errors import CorruptCheckpointError
from act_core.models.family import Family, Pack
from act_core.models.headers import TensorHeader

if TYPE_CHECKING:
    import torch


def headers_apart(headers: Mapping[str, TensorHeader], family: Family) -> dict[str, TensorHeader]:
    """Headers with every packed tensor replaced by those of its experts' matrices.

    Raises:
        CorruptCheckpointError: A packed tensor does not have the form that its name promises.
    """
    named = {}
    for name, header in headers.items():
        found = _pack_of(name, family)
        if found is None:
            named[name] = header
            continue
        prefix, pack = found
        if len(header.shape) != 3 or not all(header.shape) or header.shape[1] % len(pack.parts):
            raise CorruptCheckpointError(
                f"{name} in {header.file} is {list(header.shape)}, which holds no experts.",
                remedy="Fetch the model again; if it stays so, it is not of the family it says.",
            )
        experts, rows, inputs = header.shape
        each_bytes = header.size_bytes // (experts * len(pack.parts))
        shape = (rows // len(pack.parts), inputs)
        for number, (_, own) in enumerate(_names(prefix, pack, experts)):
            begin_bytes = header.begin_bytes + number * each_bytes
            named[own] = dataclasses.replace(
                header, shape=shape, begin_bytes=begin_bytes, size_bytes=each_bytes
            )
    return named


def pack_state(state: dict[str, torch.Tensor], family: Family) -> None:
    """Bring tensors under transformers' names, in place: experts' matrices go into their packs.

    Raises:
        RuntimeError: Matrices that belong together differ in shape, or one is missing.
    """
    import torch

    for prefix, pack, experts in list(_present(state, family)):
        names = [name for _, name in _names(prefix, pack, experts)]
        first = state[names[0]]
        rows = torch.empty((len(names), *first.shape), dtype=first.dtype, device=first.device)
        for row, name in zip(rows, names, strict=True):
            matrix = state.pop(name)  # at once, so that few exist twice
            if matrix.shape != first.shape:
                raise RuntimeError(f"{name} is {list(matrix.shape)}, not {list(first.shape)}")
            row.copy_(matrix)
        state[prefix + pack.path] = rows.reshape(experts, -1, first.shape[1])


def state_apart(state: Mapping[str, torch.Tensor], family: Family) -> dict[str, torch.Tensor]:
    """Parameters as transformers holds them with every expert's matrix as a view into its pack."""
    apart = {}
    for name, value in state.items():
        found = _pack_of(name, family)
        if found is None:
            apart[name] = value
            continue
        prefix, pack = found
        matrices = value.reshape(len(value) * len(pack.parts), -1, value.shape[2])
        for (_, own), matrix in zip(_names(prefix, pack, len(value)), matrices, strict=True):
            apart[own] = matrix
    return apart


def _pack_of(name: str, family: Family) -> tuple[str, Pack] | None:
    """A packed tensor's layer prefix and pack, or None."""
    for pack in family.packs:
        if name.startswith(family.layers + ".") and name.endswith("." + pack.path):
            return name.removesuffix(pack.path), pack
    return None


def _names(prefix: str, pack: Pack, experts: int) -> Iterator[tuple[int, str]]:
    """Expert and name of every matrix in the order of the packed bytes."""
    for expert in range(experts):
        for part in pack.parts:
            yield expert, f"{prefix}{part}.weight".replace("*", str(expert))


def _present(state: Mapping[str, object], family: Family) -> Iterator[tuple[str, Pack, int]]:
    """Layer prefix, pack and number of experts of every pack that the names make up.

    Raises:
        RuntimeError: A matrix is missing.
    """
    for pack in family.packs:
        first = re.escape(pack.parts[0]).replace(r"\*", r"(\d+)")
        form = re.compile(rf"({re.escape(family.layers)}\.\d+\.){first}\.weight")
        experts: dict[str, int] = {}
        for name in state:
            if match := form.fullmatch(name):
                experts[match[1]] = max(experts.get(match[1], 0), int(match[2]) + 1)
        for prefix, count in experts.items():
            for _, name in _names(prefix, pack, count):
                if name not in state:
                    raise RuntimeError(f"{name} is missing")
            yield prefix, pack, count
