"""A tiny target, a specialist and a slow, plain account of what a transfer must write."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from act_core.localize.masks import Mask
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.recipe import Transfer
from act_core.transfer.edits import Edit
from act_core.transfer.export import transfer
from act_core.transfer.files import RECIPE_NAME
from act_core.transfer.moves import Move, moves_of
from act_core.transfer.plan import TransferPlan, plan_transfer
from act_core.transfer.work import headers_of
from tests.core.tiny import write_specialist, write_tiny

NAME = "german"
RECIPE = "act: 1\n"


def two_models(
    folder: Path, family: str = "llama", *, dtype: str = "float32", shards: int | None = None
) -> tuple[Model, Model]:
    """Target and specialist, both read from disk."""
    target = write_tiny(folder / "target", family, seed=1, dtype=dtype, shards=shards)
    specialist = write_specialist(folder / "specialist", target, seed=2, scale=0.5)
    return resolve(target), resolve(specialist)


def some_channels(target: Model, share: float = 0.3, seed: int = 3) -> Mask:
    """A random mask; every module has channels in it."""
    layout = layout_of(target)
    selected = np.random.default_rng(seed).random(layout.total) < share
    selected[layout.starts[:-1]] = True
    return Mask(layout, selected, facts={"scorer": "random"})


def planned(
    target: Model,
    specialist: Model,
    out: Path,
    choices: Transfer | None = None,
    *,
    mask: Mask | None = None,
    edits: tuple[Edit, ...] | None = None,
    overwrite: bool = False,
) -> TransferPlan:
    """A plan for a mask (or bare edits)."""
    if edits is None:
        masks = {NAME: mask or some_channels(target)}
        moves = moves_of(target, {NAME: specialist}, masks, choices or Transfer())
    else:
        moves = (Move(NAME, specialist, edits),)
    return plan_transfer(target, moves, out, overwrite=overwrite)


def carry_out(plan: TransferPlan, *, recipe: bool = False) -> Path:
    """A transfer with a small card and without the loading; with a recipe it may be replaced."""
    files = {"README.md": "card\n", **({RECIPE_NAME: RECIPE} if recipe else {})}
    transfer(plan, lambda _: files, answer=False)
    return plan.out


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def expected_weights(target: Path, specialist: Path, edits: tuple[Edit, ...]) -> dict[str, bytes]:
    """Every weight file of the export, computed tensor by tensor with no regard to memory."""
    theirs: dict[str, torch.Tensor] = {}
    for path in specialist.glob("*.safetensors"):
        theirs |= load_file(path)
    files = {}
    for path in target.glob("*.safetensors"):
        raw = bytearray(path.read_bytes())
        header_bytes = int.from_bytes(raw[:8], "little")
        header = json.loads(raw[8 : 8 + header_bytes])
        ours = load_file(path)
        for edit in edits:
            name = edit.tensor
            if name in ours:
                old, new = ours[name], theirs[name]
                begin, end = header[name]["data_offsets"]
            elif name in theirs:
                continue  # in another file
            else:  # stored under another name, or packed with others
                place = headers_of(resolve(target))[name]
                if place.file != path:
                    continue
                old, new = (resolve(one).weights.read(name) for one in (target, specialist))
                begin = place.begin_bytes - 8 - header_bytes
                end = begin + place.size_bytes
            moved = torch.zeros(old.shape, dtype=torch.bool)
            if edit.rows is None and edit.columns is None:
                moved[...] = True
            if edit.rows is not None:
                moved[torch.from_numpy(edit.rows)] = True
            if edit.columns is not None:
                moved[:, torch.from_numpy(edit.columns)] = True
            line = old.float() + edit.strength * (new.float() - old.float())
            goal = new.float() if edit.strength == 1 else line
            result = torch.where(moved, goal.to(old.dtype), old)
            data = result.contiguous().view(torch.uint8).numpy().tobytes()
            raw[8 + header_bytes + begin : 8 + header_bytes + end] = data
        files[path.name] = bytes(raw)
    return files
