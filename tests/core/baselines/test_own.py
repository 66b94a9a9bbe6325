"""Layer swapping and AIM against their papers' formulas, written plainly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from act_core.abilities.encode import Encoded, encode
from act_core.abilities.items import Item
from act_core.baselines.activations import InputSizes, input_sizes, load_sizes, save_sizes
from act_core.baselines.aim import aim_moves
from act_core.baselines.layer_swap import swap_moves
from act_core.baselines.method import Point
from act_core.baselines.registry import BASELINES
from act_core.baselines.setting import Setting, setting_of
from act_core.cancel import CancelToken
from act_core.events import discard
from act_core.models.channels import layout_of
from act_core.models.reference import Model, resolve
from act_core.recipe import Ability, Source
from tests.core.baselines.plain import (
    Tensors,
    assert_close,
    moved,
    task_arithmetic,
    tensors_of,
    write_models,
)
from tests.core.tiny import tiny_tokenizer


def merge_setting(folder: Path, family: str = "llama", layers: int = 2) -> Setting:
    """Two specialists into their base."""
    models = {n: resolve(p) for n, p in write_models(folder, family, layers=layers).items()}
    base = models.pop("base")
    return setting_of(base, base, models, None)


def recover_setting(folder: Path, ancestor: Model | None, layers: int = 2) -> Setting:
    """One specialist into the other."""
    models = {n: resolve(p) for n, p in write_models(folder, "llama", layers=layers).items()}
    base = models["base"] if ancestor is None else None
    return setting_of(models["one"], base, {"two": models["two"]}, None)


def swapped(outer: Tensors, inner: Tensors, zones: Mapping[int, float], prefix: str) -> Tensors:
    """Each layer as the zones say; all else is the outer model's."""
    found = {}
    for name, value in outer.items():
        share = 1.0
        if name.startswith(prefix):
            share = zones[int(name.removeprefix(prefix).split(".")[0])]
        found[name] = share * value + (1 - share) * inner[name]
    return found


@pytest.mark.parametrize("outer", ["target", "two"])
def test_outer_layers_surround_the_middle_of_the_other_model(tmp_path: Path, outer: str) -> None:
    setting = recover_setting(tmp_path, None, layers=7)
    chosen = {"bottom": (2 / 7,), "top": (1 / 7,), "transition": (1 / 7,)}
    points = {one.outer: one for one in BASELINES["layer-swapping"].points(setting, chosen)}
    ends = {name: tensors_of(model) for name, model in setting.ends.items()}
    (inner,) = ends.keys() - {outer}

    found = moved(setting.target, swap_moves(points[outer], setting))

    zones = dict(enumerate((1, 1, 0.5, 0, 0, 0.5, 1)))
    assert_close(found, swapped(ends[outer], ends[inner], zones, "model.layers."))


def test_two_specialists_are_swapped_in_their_base(tmp_path: Path) -> None:
    setting = merge_setting(tmp_path, layers=4)
    one, two = (tensors_of(model) for model in setting.ends.values())
    chosen = {"bottom": (0.25,), "top": (0.0,), "transition": (0.25,)}
    point = next(iter(BASELINES["layer-swapping"].points(setting, chosen)))

    found = moved(setting.target, swap_moves(point, setting))

    assert point.outer == "one"
    zones = {0: 1.0, 1: 0.5, 2: 0.0, 3: 0.5}
    assert_close(found, swapped(one, two, zones, "model.layers."))


def calibration(count: int = 6) -> dict[str, Encoded]:
    source = (Source(builtin="plain-en"),)
    ability = Ability.model_validate({"calibration": source, "heldout": source})
    items = [Item(f"i{n}", f"what is {n * 7}? ", f"{n}" * (1 + n % 3)) for n in range(count)]
    return {"counting": encode(items, tiny_tokenizer(), ability, seed=0, limit_items=99)}


def sizes_of(model: Model, encoded: Mapping[str, Encoded]) -> InputSizes:
    return input_sizes(
        model, encoded, device="cpu", dtype="float32", emit=discard, cancel=CancelToken()
    )


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_input_sizes_are_those_that_transformers_modules_see(tmp_path: Path, family: str) -> None:
    paths = write_models(tmp_path, family)
    model, encoded = resolve(paths["base"]), calibration()
    whole = AutoModelForCausalLM.from_pretrained(paths["base"], dtype=torch.float32).eval()
    expected = {}
    names = [name for module in layout_of(model).modules for name in module.tensors]
    seen: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    for name in names:
        whole.get_submodule(name.removesuffix(".weight")).register_forward_hook(
            lambda _m, inputs, _o, name=name: seen[name].append(inputs[0][0].abs())
        )
    with torch.no_grad():
        for sequence in encoded["counting"].sequences:
            whole(torch.tensor([sequence.ids.tolist()]))
    expected = {name: torch.cat(rows).mean(dim=0).numpy() for name, rows in seen.items()}

    found = sizes_of(model, encoded)

    assert found.by_weight.keys() == expected.keys()
    for name, means in expected.items():
        assert np.allclose(found.by_weight[name], means, rtol=1e-4, atol=1e-6), name
    place, layout = tmp_path / "sizes.safetensors", layout_of(model)
    save_sizes(found, place, "key")
    known = load_sizes(place, "key", layout)
    assert known is not None
    assert all(np.array_equal(known.by_weight[n], v) for n, v in found.by_weight.items())
    assert load_sizes(place, "other", layout) is None
    # Damaged ones are found out again.
    whole = place.read_bytes()
    place.write_bytes(whole[:-8])
    assert load_sizes(place, "key", layout) is None
    shorter = {name: values[1:] for name, values in found.by_weight.items()}
    save_sizes(InputSizes(shorter, 1.0), place, "key")
    assert load_sizes(place, "key", layout) is None


def held_back(setting: Setting, sizes: InputSizes, point: Point) -> Tensors:
    """The merge's difference times 1 - s (1 - omega), by input coordinate."""
    merged = task_arithmetic(setting, point.parameters["strength"])
    found = {}
    transposed = {m.tensor for m in layout_of(setting.target).modules if m.transposed}
    for name, start in tensors_of(setting.ancestor).items():
        factor = torch.ones(())
        if name in sizes.by_weight:
            means = torch.from_numpy(sizes.by_weight[name])
            factor = 1 - means / means.max() * (1 - point.parameters["omega"])
            factor = factor[:, None] if name in transposed else factor[None, :]
        found[name] = start + factor * (merged[name] - start)
    return found


@pytest.mark.parametrize("case", ["merge", "merge transposed", "recover", "recover from base"])
def test_aim_holds_a_merge_back_where_activations_are_large(tmp_path: Path, case: str) -> None:
    if case.startswith("merge"):
        setting = merge_setting(tmp_path, "gpt2" if "transposed" in case else "llama")
    else:
        target = resolve(write_models(tmp_path / "other", "llama")["one"])
        setting = recover_setting(tmp_path, None if "base" in case else target)
        assert setting.from_target is ("base" not in case)
    sizes = sizes_of(setting.ancestor, calibration())
    point = Point("aim", "aim", {"omega": 0.4, "strength": 0.7})

    found = moved(setting.target, aim_moves(point, setting, sizes.by_weight))

    assert_close(found, held_back(setting, sizes, point))
