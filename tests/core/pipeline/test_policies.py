"""Mask files and contested channels, from recipe to verified checkpoint, on tiny real models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import ActError, MaskError, RecipeError
from act_core.events import Event, Note, discard
from act_core.localize.masks import Mask, load_mask, save_mask
from act_core.models.channels import layout_of
from act_core.models.reference import resolve
from act_core.pipeline.planning import plan_of
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.profile.store import load_profile
from act_core.recipe import load_recipe
from act_core.transfer.verify import verify_folder
from tests.core.models.test_adapter import write_adapter
from tests.core.project import changed, write_project
from tests.core.tiny import write_specialist, write_tiny

Q = "model.layers.0.self_attn.q_proj.weight"
DOWN = "model.layers.1.mlp.down_proj.weight"


def write_mask(folder: Path, name: str, rows: dict[str, Sequence[int]]) -> Path:
    layout = layout_of(resolve(folder / "target"))
    selected = np.zeros(layout.total, dtype=np.bool_)
    for index, module in enumerate(layout.modules):
        selected[layout.slice_of(index)][list(rows.get(module.tensor, ()))] = True
    save_mask(Mask(layout, selected, facts={"made": "by hand"}), folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"


def two_specialists(folder: Path, **changes: Any) -> Path:
    """painter claims rows 1, 2 of q and 3 of down; singer the same and one more of each."""
    recipe = write_project(folder, **changes)
    write_specialist(folder / "second", folder / "target", seed=3, scale=0.2)
    write_mask(folder, "one", {Q: [1, 2], DOWN: [3]})
    write_mask(folder, "other", {Q: [1, 2, 7], DOWN: [3, 4]})
    return changed(
        recipe,
        specialists={
            "painter": {"model": "specialist", "mask": "one.safetensors"},
            "singer": {"model": "second", "mask": "other.safetensors"},
        },
    )


def carry_out(recipe: Path, until: Stage, events: list[Event] | None = None) -> Outcome:
    emit = discard if events is None else events.append
    return run_recipe(
        load_recipe(recipe), until=until, command="", emit=emit, token=CancelToken(),
        overwrite=True,
    )  # fmt: skip


def test_a_mask_file_is_taken_in_place_of_localizing(tmp_path: Path) -> None:
    recipe = write_project(
        tmp_path, specialists={"painter": {"model": "specialist", "mask": "mine.safetensors"}}
    )
    path = write_mask(tmp_path, "mine", {Q: [0, 5], DOWN: [31]})

    outcome = carry_out(recipe, "run")

    facts = outcome.metrics["masks"]["painter"]
    assert (facts["channels"], facts["file"]) == (3, str(path))
    layout = layout_of(resolve(tmp_path / "target"))
    kept = load_mask(tmp_path / "run" / "masks" / "painter.safetensors", layout)
    assert np.array_equal(kept.selected, load_mask(path, layout).selected)
    target, export = (
        load_file(tmp_path / name / "model.safetensors") for name in ("target", "run/model")
    )
    moved = set()
    for name, before in target.items():
        differs = (before != export[name]).reshape(len(before), -1).any(1)
        moved |= {(name, int(row)) for row in torch.nonzero(differs)}
    assert moved == {(Q, 0), (Q, 5), (DOWN, 31)}
    assert "a mask file for painter" in (tmp_path / "run/model/README.md").read_text("utf-8")


def test_other_content_of_a_mask_file_is_measured_again(tmp_path: Path) -> None:
    recipe = write_project(
        tmp_path, specialists={"painter": {"model": "specialist", "mask": "mine.safetensors"}}
    )
    write_mask(tmp_path, "mine", {Q: [0, 5]})
    first = carry_out(recipe, "evaluate").metrics
    again = carry_out(recipe, "evaluate").metrics
    write_mask(tmp_path, "mine", {Q: [0, 6]})
    other = carry_out(recipe, "evaluate").metrics
    assert first["key"] == again["key"] != other["key"]
    assert first["figures"] == again["figures"] != other["figures"]


@pytest.mark.parametrize("fault", ["missing", "damaged", "foreign", "empty"])
def test_a_mask_file_that_cannot_be_used_is_refused(tmp_path: Path, fault: str) -> None:
    recipe = write_project(
        tmp_path, specialists={"painter": {"model": "specialist", "mask": "mine.safetensors"}}
    )
    path = tmp_path / "mine.safetensors"
    if fault == "damaged":
        path.write_bytes(b"no mask")
    if fault == "foreign":
        write_tiny(tmp_path / "elsewhere" / "target", "llama", seed=1, layers=3)
        write_mask(tmp_path / "elsewhere", "mine", {Q: [0]}).rename(path)
    if fault == "empty":
        write_mask(tmp_path, "mine", {})
    with pytest.raises(MaskError):
        carry_out(recipe, "localize")


def test_contested_channels_are_refused_by_default_but_localizing_goes_on(tmp_path: Path) -> None:
    recipe = two_specialists(tmp_path)
    facts = carry_out(recipe, "localize").metrics["masks"]
    assert facts["painter"]["contested"] == facts["singer"]["contested"] == 3
    with pytest.raises(MaskError, match="3 in all"):
        carry_out(recipe, "transfer")
    with pytest.raises(MaskError, match="3 in all"):
        plan_of(load_recipe(recipe))
    assert not (tmp_path / "run" / "model").exists()


def test_priority_moves_contested_channels_from_the_first_named(tmp_path: Path) -> None:
    recipe = two_specialists(tmp_path, transfer={"policy": "priority", "norms": "move"})
    events: list[Event] = []

    outcome = carry_out(recipe, "run", events)

    facts = outcome.metrics["masks"]
    assert (facts["painter"]["channels"], facts["painter"]["given_up"]) == (3, 0)
    assert (facts["singer"]["channels"], facts["singer"]["given_up"]) == (2, 3)
    assert any(
        isinstance(e, Note) and e.text.startswith("3 channels are contested") for e in events
    )
    painter, singer, export = (
        load_file(tmp_path / name / "model.safetensors")
        for name in ("specialist", "second", "run/model")
    )
    assert torch.equal(export[Q][[1, 2]], painter[Q][[1, 2]])
    assert torch.equal(export[DOWN][3], painter[DOWN][3])
    assert torch.equal(export[Q][7], singer[Q][7])
    assert torch.equal(export[DOWN][4], singer[DOWN][4])
    assert torch.equal(export["model.norm.weight"], painter["model.norm.weight"])
    assert verify_folder(tmp_path / "run" / "model").passed
    report = (tmp_path / "run" / "report.md").read_text("utf-8")
    assert "3 of its channels were selected for another specialist" in report
    names = {figure["candidate"] for figure in outcome.metrics["figures"]}
    assert {"painter", "singer", "result", "random", "weight"} <= names

    plan = plan_of(load_recipe(recipe))
    assert (plan.settled.contested, plan.settled.by_kind) == (3, {"q": 2, "down": 1})
    assert plan.plan.parameters == outcome.metrics["transfer"]["parameters"]


def test_the_same_settled_export_is_known_again(tmp_path: Path) -> None:
    recipe = two_specialists(tmp_path, transfer={"policy": "priority"})
    assert run(["transfer", str(recipe)]) == 0
    before = (tmp_path / "run" / "model" / "act_recipe.yaml").stat().st_mtime_ns
    assert run(["transfer", str(recipe)]) == 0
    assert (tmp_path / "run" / "model" / "act_recipe.yaml").stat().st_mtime_ns == before


def test_strongest_moves_each_from_whose_score_is_higher(tmp_path: Path) -> None:
    recipe = two_specialists(tmp_path, transfer={"policy": "strongest"})

    with pytest.raises(ActError):
        plan_of(load_recipe(recipe))  # nothing is profiled yet
    carry_out(recipe, "transfer")

    layout = layout_of(resolve(tmp_path / "target"))
    tensors = [module.tensor for module in layout.modules]
    strength = {}
    for name in ("painter", "singer"):
        path = tmp_path / "run" / "profiles" / f"{name}--colours.safetensors"
        scores = load_profile(path, layout).statistic("matched")
        for tensor, row in ((Q, 1), (Q, 2), (DOWN, 3)):
            values = scores[layout.slice_of(tensors.index(tensor))]
            strength[name, tensor, row] = values[row] / np.abs(values).mean()
    models = {"painter": "specialist", "singer": "second", "export": "run/model"}
    files = {name: load_file(tmp_path / p / "model.safetensors") for name, p in models.items()}
    for tensor, row in ((Q, 1), (Q, 2), (DOWN, 3)):
        winner = max(("painter", "singer"), key=lambda name: strength[name, tensor, row])
        assert torch.equal(files["export"][tensor][row], files[winner][tensor][row])
    plan = plan_of(load_recipe(recipe))
    settled = {
        name: np.flatnonzero(mask.selected).tolist() for name, mask in plan.settled.masks.items()
    }
    for name, channels in settled.items():
        kept = load_mask(tmp_path / "run" / "masks" / "settled" / f"{name}.safetensors", layout)
        assert np.flatnonzero(kept.selected).tolist() == channels


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_checkpoints_and_an_adapter_are_merged_from_recipe_to_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = two_specialists(
        tmp_path,
        transfer={
            "policy": "mean",
            "strength": 0.5,
            "specialists": {
                "painter": {"norms": 0.5},
                "singer": {"norms": 0.25},
                "dancer": {"head": "move"},
            },
        },
        evaluate={"resamples": 200, "controls": ["random", "weight"]},
    )
    merged = write_adapter(tmp_path / "adapter", tmp_path / "target", seed=5)
    write_mask(tmp_path, "third", {Q: [2, 9]})
    sections = yaml.safe_load(recipe.read_text("utf-8"))["specialists"]
    dancer = {"model": "target+adapter", "mask": "third.safetensors"}
    changed(recipe, specialists={**sections, "dancer": dancer})

    assert run(["localize", str(recipe)]) == 0
    said = capsys.readouterr().out
    assert "3 of 6 channels were selected for more than one specialist" in " ".join(said.split())
    assert all(word in said for word in ("Layer", "down", "Mask dancer"))
    outcome = carry_out(recipe, "run")

    contested = outcome.metrics["contested"]
    assert contested["places"] == [
        {"layer": 0, "kind": "q", "channels": 2},
        {"layer": 1, "kind": "down", "channels": 1},
    ]
    assert (contested["channels"], contested["claimed"], contested["policy"]) == (3, 6, "mean")
    assert [outcome.metrics["masks"][n]["given_up"] for n in ("painter", "singer")] == [0, 0]
    target, painter, singer, export = (
        load_file(tmp_path / name / "model.safetensors")
        for name in ("target", "specialist", "second", "run/model")
    )
    models = {"painter": painter, "singer": singer, "dancer": merged}
    claims = {
        (Q, 1): ("painter", "singer"),
        (Q, 2): ("painter", "singer", "dancer"),
        (Q, 7): ("singer",),
        (Q, 9): ("dancer",),
        (DOWN, 3): ("painter", "singer"),
        (DOWN, 4): ("singer",),
    }
    for (tensor, row), names in claims.items():
        start = target[tensor][row]
        changes = [models[name][tensor][row] - start for name in names]
        expected = start + 0.5 * sum(changes) / len(names)
        torch.testing.assert_close(export[tensor][row], expected, rtol=0, atol=1e-6)
    for name, start in target.items():
        if "norm" in name:
            expected = start + 0.5 * (painter[name] - start) + 0.25 * (singer[name] - start)
            torch.testing.assert_close(export[name], expected, rtol=0, atol=1e-6)
    torch.testing.assert_close(export["lm_head.weight"], merged["lm_head.weight"])
    assert verify_folder(tmp_path / "run" / "model").passed
    for file in ("run/report.md", "run/model/README.md"):
        text = (tmp_path / file).read_text("utf-8")
        assert "3 of 6 channels were selected for more than one specialist" in text
        assert "the mean of their changes" in text
    names = {figure["candidate"] for figure in outcome.metrics["figures"]}
    assert {"painter", "singer", "dancer", "result", "random", "weight"} <= names
    plan = plan_of(load_recipe(recipe))
    assert plan.plan.parameters == outcome.metrics["transfer"]["parameters"]
    assert outcome.metrics["transfer"]["whole_tensors"] == 6
    first = outcome.metrics["key"]
    assert carry_out(recipe, "transfer").metrics["key"] == first
    summed = yaml.safe_load(recipe.read_text("utf-8"))["transfer"] | {"policy": "sum"}
    assert carry_out(changed(recipe, transfer=summed), "evaluate").metrics["key"] != first


def test_choices_for_a_specialist_that_is_not_there_are_refused(tmp_path: Path) -> None:
    recipe = two_specialists(tmp_path, transfer={"specialists": {"dancer": {"norms": "move"}}})
    with pytest.raises(RecipeError, match=r"dancer from transfer\.specialists"):
        load_recipe(recipe)
