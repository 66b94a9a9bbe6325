"""The plan of a transfer: everything a person wants to see before anything is written."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from act_core.models.headers import ITEM_BYTES
from act_core.models.reference import Model
from act_core.transfer.moves import Move
from act_core.transfer.place import check_apart, check_name, check_room
from act_core.transfer.work import Work, lay_out

# A plain local disk; faster ones only make the estimate kinder.
ASSUMED_BYTES_PER_S = 500_000_000


@dataclass(frozen=True, slots=True, eq=False)
class TransferPlan:
    """What will happen, before it does.

    Attributes:
        work: The work, tensor by tensor and file by file.
        moves: Who brings what.
        out: The exported folder.
        overwrite: Whether `out` may be replaced, once the new one is whole.
        rows: Indices on axis 0 that move, over all tensors that do not move whole.
        columns: The same on axis 1 (transposed weights, tied MLP neurons).
        whole_tensors: Tensors that move whole (embeddings, norms, head).
        parameters: Parameters that move.
        share: `parameters` over all parameters of the target.
        copy_bytes: Copied from the target; nothing where the file system can share blocks.
        read_bytes: Read from the specialists to write the edits.
        write_bytes: Written in place.
        verify_bytes: Read once more by the verification, from both sides.
        free_bytes: Free where `out` will lie.
        seconds: Estimated time at `ASSUMED_BYTES_PER_S`, without loading the result.
    """

    work: Work
    moves: tuple[Move, ...]
    out: Path
    overwrite: bool
    rows: int
    columns: int
    whole_tensors: int
    parameters: int
    share: float
    copy_bytes: int
    read_bytes: int
    write_bytes: int
    verify_bytes: int
    free_bytes: int
    seconds: float


def plan_transfer(
    target: Model, moves: Sequence[Move], out: Path, *, overwrite: bool = False
) -> TransferPlan:
    """Check everything that can be checked and say what will happen; nothing is written.

    Args:
        target: The model that receives parameters: a folder or file in safetensors.
        moves: What each specialist brings; no entry may be claimed twice.
        out: The folder to write.
        overwrite: Replace an export that is there already.

    Raises:
        UnsupportedModelError: The target cannot be patched, or an edited tensor is not of floats.
        IncompatibleModelsError: A specialist's tensor is missing or shaped otherwise.
        MaskError: Indices do not fit their tensor, or two edits claim the same entries.
        OutputError: The output exists, is unwritable, or lies in or around a model of this plan.
        DiskFullError: There is too little room.
    """
    out = Path(os.path.abspath(out.expanduser()))
    work = lay_out(target, moves)
    check_apart(out, [target, *(move.specialist for move in moves)])
    check_name(out, overwrite=overwrite)
    copy_bytes = sum(file.size_bytes for file in work.files)
    free_bytes = check_room(out, copy_bytes)
    read_bytes, write_bytes = _moved_bytes(work)
    parts = [edit for patch in work.all_patches for edit in patch.claims]
    parameters = sum(patch.moved for patch in work.all_patches)
    total = sum(math.prod(header.shape) for header in work.headers.values())
    traffic_bytes = 3 * copy_bytes + 2 * read_bytes + write_bytes
    return TransferPlan(
        work=work,
        moves=tuple(moves),
        out=out,
        overwrite=overwrite,
        rows=sum(len(edit.rows) for edit in parts if edit.rows is not None),
        columns=sum(len(edit.columns) for edit in parts if edit.columns is not None),
        whole_tensors=sum(edit.whole for edit in parts),
        parameters=parameters,
        share=parameters / total if total else 0.0,
        copy_bytes=copy_bytes,
        read_bytes=read_bytes,
        write_bytes=write_bytes,
        verify_bytes=2 * copy_bytes + read_bytes,
        free_bytes=free_bytes,
        seconds=traffic_bytes / ASSUMED_BYTES_PER_S,
    )


def _moved_bytes(work: Work) -> tuple[int, int]:
    """Bytes read from the specialists and bytes written; columns need whole rows to be read."""
    read_bytes = write_bytes = 0
    for patch in work.all_patches:
        shape = patch.header.shape or (1,)
        write_bytes += patch.moved * ITEM_BYTES[patch.header.dtype]
        for part in patch.parts:
            entries = part.edit.entries(shape)
            read = math.prod(shape) if part.edit.columns is not None else entries
            read_bytes += read * ITEM_BYTES[part.weights.facts[part.source].dtype]
    return read_bytes, write_bytes
