"""mergekit's configuration of a baseline: the YAML that its command line reads.

Everything is computed in float32 and rounded once to the target's dtype, as we do.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from act_core.baselines.method import Point
from act_core.baselines.registry import BASELINES
from act_core.baselines.setting import TARGET, Setting

_DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float32"}
# Ours to mergekit's; `strength` is its lambda, a factor on the merged difference.
_OF_MODELS = ("density", "epsilon", "gamma")
ANCESTOR = "ancestor"


def config_of(point: Point, setting: Setting, places: Mapping[str, Path]) -> str:
    """The configuration as YAML.

    Args:
        point: A baseline of mergekit's with its parameters.
        setting: What is merged.
        places: Folder of every model of `setting.ends` by name, and of the `ancestor`.
    """
    kind = BASELINES[point.baseline].mergekit
    write = {
        "linear": _linear,
        "slerp": _between_two,
        "arcee_fusion": _between_two,
    }.get(kind, _from_ancestor)
    config = {
        "merge_method": kind,
        **write(point, setting, places),
        "dtype": "float32",
        "out_dtype": _DTYPES[setting.target.facts[setting.target.family.embeddings[0]].dtype],
    }
    return yaml.safe_dump(config, sort_keys=False)


def _linear(point: Point, setting: Setting, places: Mapping[str, Path]) -> dict[str, Any]:
    """The target weighs what the specialists leave; specialists alone weigh alike."""
    names = tuple(setting.ends)
    others = sum(name != TARGET for name in names)
    given = point.parameters.get("strength", 1.0)
    weights = {name: 1 - given if name == TARGET else given / others for name in names}
    return {"models": [_model(places[name], weight=weights[name]) for name in names]}


def _between_two(point: Point, setting: Setting, places: Mapping[str, Path]) -> dict[str, Any]:
    """From the first model, the target where it is one of them, to the second."""
    first, second = (str(places[name]) for name in setting.ends)
    found: dict[str, Any] = {
        "base_model": first,
        "models": [{"model": first}, {"model": second}],
    }
    if point.parameters:
        found["parameters"] = {"t": point.parameters["strength"]}
    return found


def _from_ancestor(point: Point, setting: Setting, places: Mapping[str, Path]) -> dict[str, Any]:
    """Differences from the ancestor, all with weight 1."""
    own = {name: point.parameters[name] for name in _OF_MODELS if name in point.parameters}
    shared: dict[str, float] = {}
    if point.baseline == "sce":
        shared["select_topk"] = own.pop("density")
    elif point.parameters:
        own["weight"] = 1.0
        shared["lambda"] = point.parameters["strength"]
    found: dict[str, Any] = {
        "base_model": str(places[ANCESTOR]),
        "models": [_model(places[name], **own) for name in setting.tuned],
    }
    return found | ({"parameters": shared} if shared else {})


def _model(place: Path, **parameters: float) -> dict[str, Any]:
    return {"model": str(place)} | ({"parameters": parameters} if parameters else {})
