"""A whole small project on disk: two tiny models, data of two abilities, a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.core.tiny import write_specialist, write_tiny

_WORDS = ("red", "green", "blue", "black", "white", "brown", "grey", "pink")


def write_project(
    folder: Path, *, layers: int = 2, stored: str = "float32", **changes: Any
) -> Path:
    """Write everything and give the recipe's path; `changes` replace top-level keys."""
    target = write_tiny(folder / "target", "llama", seed=1, layers=layers, dtype=stored)
    write_specialist(folder / "specialist", target, seed=2, scale=0.2)
    for name, first in (("colours", 0), ("numbers", 1000)):
        _write_items(folder / f"{name}_calib.jsonl", first, 40)
        _write_items(folder / f"{name}_heldout.jsonl", first + 500, 25)
    recipe: dict[str, Any] = {
        "act": 1,
        "name": "small",
        "target": "target",
        "specialists": {"painter": {"model": "specialist"}},
        "abilities": {
            name: {
                "role": role,
                "calibration": [{"file": f"{name}_calib.jsonl"}],
                "heldout": [{"file": f"{name}_heldout.jsonl"}],
                "measures": ["loss", "exact"],
                "calibration_tokens": 300,
                "new_tokens": 4,
            }
            for name, role in (("colours", "bring"), ("numbers", "keep"))
        },
        "profile": {"device": "cpu"},
        "localize": {"scorer": "matched", "budget": {"share": 0.1}},
        "evaluate": {"resamples": 200},
        "run": "run",
    }
    return write_recipe(folder, {**recipe, **changes})


def write_recipe(folder: Path, recipe: Mapping[str, Any]) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(dict(recipe), sort_keys=False), "utf-8")
    return path


def changed(path: Path, **changes: Any) -> Path:
    """Replace top-level keys of a recipe on disk."""
    return write_recipe(path.parent, {**yaml.safe_load(path.read_text("utf-8")), **changes})


def _write_items(path: Path, first: int, count: int) -> None:
    lines = [
        {
            "id": f"{path.stem}-{number}",
            "prompt": f"item {number} is ",
            "answer": _WORDS[number % len(_WORDS)],
        }
        for number in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
