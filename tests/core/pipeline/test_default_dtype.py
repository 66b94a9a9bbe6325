"""torch's default dtype is one for all threads: no work depends on it, and no skeleton sets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open

from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.models.reference import resolve
from act_core.models.skeleton import build_skeleton
from act_core.pipeline.run import Stage, run_recipe
from act_core.recipe import load_recipe
from tests.core.project import write_project
from tests.core.tiny import write_tiny

LEARN = {"steps": 2, "batch_tokens": 120, "check_every": 1}
WAYS: dict[str, tuple[Stage, dict[str, Any]]] = {
    "mask": ("run", {"localize": {"scorer": "matched", "budget": {"share": 0.1}}}),
    "tuned": ("run", {"tune": {**LEARN, "learning_rate": 0.003}}),
    "adapter": ("run", {"tune": {**LEARN, "kind": "lora", "keep": "adapter", "rank": 2}}),
    "gates": ("run", {"gates": {**LEARN, "start": "interpolation"}}),
}


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """As another thread may set it at any time, while transformers builds a model there."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def made(folder: Path, way: str, dtype: torch.dtype = torch.float32) -> dict[str, bytes]:
    """All arrays and weights that a project's run and its export consist of."""
    until, changes = WAYS[way]
    evaluate = {"resamples": 200, "controls": []}
    recipe = load_recipe(write_project(folder, **{"evaluate": evaluate, **changes}))
    with default_dtype(dtype):
        outcome = run_recipe(recipe, until=until, command="", emit=discard, token=CancelToken())
    found = {str(figure): b"" for figure in outcome.metrics["figures"]}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                for key in file.keys():  # noqa: SIM118 - it is no dictionary
                    value = file.get_tensor(key)
                    found[f"{name}:{key}:{value.dtype}"] = bytes(value.untyped_storage())
        elif path.suffix == ".npz":
            with np.load(path) as arrays:
                found |= {f"{name}:{key}": arrays[key].tobytes() for key in arrays.files}
    return found


@pytest.mark.parametrize("way", WAYS)
def test_what_another_thread_sets_as_the_default_dtype_changes_no_bit(
    tmp_path: Path, way: str
) -> None:
    plain = made(tmp_path / "plain", way)

    beside = made(tmp_path / "beside", way, torch.bfloat16)

    assert len(plain) > 5
    assert [name for name in plain if plain[name] != beside.get(name)] == []
    assert plain.keys() == beside.keys()


def test_a_skeleton_of_bfloat16_weights_leaves_the_default_dtype_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = resolve(write_tiny(tmp_path, "llama", seed=1, dtype="bfloat16"))
    asked: list[torch.dtype] = []
    monkeypatch.setattr(torch, "set_default_dtype", asked.append)

    build_skeleton(model.config, model.reference)

    assert str(model.config.get("dtype", model.config.get("torch_dtype"))) == "bfloat16"
    assert asked == []
