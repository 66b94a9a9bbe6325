"""Which points a recipe's baselines have, and mergekit's configuration of each."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from act_core.baselines.mergekit_config import config_of
from act_core.baselines.registry import BASELINES
from act_core.baselines.setting import Setting, setting_of
from act_core.errors import RecipeError
from act_core.models.reference import resolve
from tests.core.baselines.plain import write_models

PLACES = {name: Path("/models") / name for name in ("target", "one", "two", "ancestor")}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Setting]:
    folder = tmp_path_factory.mktemp("models")
    base, one, two = (resolve(path) for path in write_models(folder, "llama").values())
    return {
        "merge": setting_of(base, base, {"one": one, "two": two}, None),
        "recover": setting_of(one, None, {"two": two}, None),
        "recover from base": setting_of(one, base, {"two": two}, None),
        "recover although base": setting_of(one, base, {"two": two}, "target"),
        "base is the specialist": setting_of(one, base, {"two": base}, None),
    }


def test_the_target_is_merged_too_unless_it_is_the_ancestor(settings: dict[str, Setting]) -> None:
    tuned = {name: tuple(setting.tuned) for name, setting in settings.items()}
    assert tuned == {
        "merge": ("one", "two"),
        "recover": ("two",),
        "recover from base": ("target", "two"),
        "recover although base": ("two",),
        "base is the specialist": ("two",),
    }
    assert tuple(settings["recover"].ends) == ("target", "two")


def test_every_combination_is_a_point_with_a_name_of_its_own(settings: dict[str, Setting]) -> None:
    ties = BASELINES["ties"].points(settings["merge"], {"density": (0.2, 0.5), "strength": (1.0,)})
    assert [point.name for point in ties] == [
        "ties density 0.2 strength 1",
        "ties density 0.5 strength 1",
    ]
    for setting in settings.values():
        names = [p.name for one in BASELINES.values() for p in one.points(setting, {})]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("chosen", [{"densty": (0.5,)}, {"density": (1.5,)}, {"density": ()}])
def test_unknown_parameters_are_refused(chosen: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(RecipeError, match="ties"):
        BASELINES["ties"].check(chosen)


def test_methods_say_which_settings_do_not_suit_them(settings: dict[str, Setting]) -> None:
    unfit = {n for n, one in BASELINES.items() if one.unfit(settings["recover"])}
    assert unfit == {"model-stock", "sce"}
    assert not any(one.unfit(settings["merge"]) for one in BASELINES.values())


def configured(setting: Setting, name: str, **chosen: float) -> dict[str, object]:
    (point,) = BASELINES[name].points(setting, {n: (value,) for n, value in chosen.items()})  # type: ignore[index]
    found = yaml.safe_load(config_of(point, setting, PLACES))
    assert (found.pop("dtype"), found.pop("out_dtype")) == ("float32", "float32")
    assert isinstance(found, dict)
    return found


def test_configurations(settings: dict[str, Setting]) -> None:
    assert configured(settings["recover"], "linear", strength=0.25) == {
        "merge_method": "linear",
        "models": [
            {"model": "/models/target", "parameters": {"weight": 0.75}},
            {"model": "/models/two", "parameters": {"weight": 0.25}},
        ],
    }
    evenly = [{"model": f"/models/{n}", "parameters": {"weight": 0.5}} for n in ("one", "two")]
    assert configured(settings["merge"], "linear")["models"] == evenly
    assert configured(settings["recover"], "slerp", strength=0.5) == {
        "merge_method": "slerp",
        "base_model": "/models/target",
        "models": [{"model": "/models/target"}, {"model": "/models/two"}],
        "parameters": {"t": 0.5},
    }
    kept = {"density": 0.2, "weight": 1.0}
    assert configured(settings["recover from base"], "ties", density=0.2, strength=0.5) == {
        "merge_method": "ties",
        "base_model": "/models/ancestor",
        "models": [{"model": f"/models/{n}", "parameters": kept} for n in ("target", "two")],
        "parameters": {"lambda": 0.5},
    }
    assert configured(settings["merge"], "model-stock") == {
        "merge_method": "model_stock",
        "base_model": "/models/ancestor",
        "models": [{"model": "/models/one"}, {"model": "/models/two"}],
    }
    assert configured(settings["merge"], "sce", density=0.1)["parameters"] == {"select_topk": 0.1}
