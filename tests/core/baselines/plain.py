"""Merges by their formulas on whole tensors, slow and plain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from act_core.baselines.setting import Setting
from act_core.models.reference import Model
from act_core.models.resident import live_tensors, load_resident
from act_core.transfer.loaded import applied
from act_core.transfer.moves import Move
from tests.core.tiny import write_specialist, write_tiny

Tensors = dict[str, torch.Tensor]


def tensors_of(model: Model) -> Tensors:
    return {name: model.weights.read(name) for name in model.facts}


def moved(target: Model, moves: Sequence[Move]) -> Tensors:
    """The loaded target's tensors while the moves are on it."""
    module = load_resident(target, torch.device("cpu"), torch.float32)
    with applied(module, target, moves):
        live = live_tensors(module, target)
        return {name: live[name].clone() for name in target.facts}


def write_models(folder: Path, family: str, *, layers: int = 2) -> dict[str, Path]:
    """A base and two models that came from it."""
    base = write_tiny(folder / "base", family, seed=1, layers=layers)
    return {
        "base": base,
        "one": write_specialist(folder / "one", base, seed=2, scale=0.2),
        "two": write_specialist(folder / "two", base, seed=3, scale=0.2),
    }


def task_arithmetic(setting: Setting, strength: float) -> Tensors:
    ancestor = tensors_of(setting.ancestor)
    tuned = [tensors_of(model) for model in setting.tuned.values()]
    return {
        name: start + strength * sum(one[name] - start for one in tuned)
        for name, start in ancestor.items()
    }


def assert_close(found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(
            found[name], value, rtol=0, atol=2e-6, msg=lambda m, n=name: n + m
        )
