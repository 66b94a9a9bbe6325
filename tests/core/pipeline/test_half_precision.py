"""Checkpoints of bfloat16 computed in bfloat16 and float16, as on a GPU, beside float32.

Specialists are of every form: a folder, an adapter on the target, a GGUF file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from safetensors.torch import load_file

from act_core.analysis.findings import AnalysisName
from act_core.cancel import CancelToken
from act_core.errors import GatesError
from act_core.events import discard
from act_core.localize.masks import load_mask
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.reference import resolve
from act_core.pipeline.analysis import analyse
from act_core.pipeline.points import GatesPoint, SweepPoint
from act_core.pipeline.run import Outcome, Stage, run_recipe
from act_core.pipeline.sweep import sweep
from act_core.pipeline.talking import ask
from act_core.recipe import GateSettings, load_recipe
from act_core.talk.question import Ask, Question, Sampling, Turn
from act_core.talk.warm import WarmTalker
from act_core.transfer.verify import verify_folder
from tests.core.gguf_files import write_gguf
from tests.core.models.test_adapter import write_adapter
from tests.core.project import changed, write_project

DTYPES = ("float32", "bfloat16", "float16")
SHARE = 0.1
EVALUATE = {
    "resamples": 200,
    "controls": ["random", "weight", "interpolation"],
    "scorers": ["difference", "contrast", "attributed"],
    "baselines": ["layer-swapping", "aim"],
}
LEARN = {"steps": 2, "batch_tokens": 120, "check_every": 1}
_ANALYSES: tuple[AnalysisName, ...] = ("concentration", "weights", "necessity")
TURNS = (Turn(role="user", content="item 7 is "),)


@dataclass(frozen=True)
class Walked:
    """What one dtype found: losses by candidate and ability, and the mask."""

    losses: dict[tuple[str, str], float]
    layout: ChannelLayout
    selected: np.ndarray
    export: dict[str, torch.Tensor]


def carry_out(recipe: Path, until: Stage = "run") -> Outcome:
    return run_recipe(
        load_recipe(recipe), until=until, command="", emit=discard, token=CancelToken()
    )


def losses_of(outcome: Outcome) -> dict[tuple[str, str], float]:
    figures = [f for f in outcome.metrics["figures"] if f["measure"] == "loss"]
    return {(f["candidate"], f["ability"]): f["value"] for f in figures}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project for each dtype, all of the same models and data."""
    return {
        dtype: write_project(
            tmp_path_factory.mktemp(dtype),
            stored="bfloat16",
            profile={"device": "cpu", "dtype": dtype, "rounds": 2, "midpoints": 2},
            localize={
                "scorer": "attributed",
                "ranking": "global",
                "budget": {"share": SHARE},
                "price": 1.0,
                "refreshes": 1,
            },
            transfer={"strength": 0.8, "embeddings": 0.5, "norms": "move"},
            evaluate=EVALUATE,
        )
        for dtype in DTYPES
    }


@pytest.fixture(scope="module")
def walked(places: dict[str, Path]) -> dict[str, Walked]:
    found = {}
    for dtype, recipe in places.items():
        outcome = carry_out(recipe)
        assert outcome.export is not None
        assert verify_folder(outcome.export, answer=False).passed
        layout = layout_of(resolve(recipe.parent / "target"))
        mask = load_mask(outcome.folder / "masks" / "painter.safetensors", layout)
        export = load_file(outcome.export / "model.safetensors")
        found[dtype] = Walked(losses_of(outcome), layout, mask.selected, export)
    return found


@pytest.mark.parametrize(("dtype", "nats"), [("bfloat16", 0.1), ("float16", 0.02)])
def test_masks_and_figures_stay_near_those_of_float32(
    dtype: str, nats: float, walked: dict[str, Walked]
) -> None:
    exact, rough = walked["float32"], walked[dtype]
    shared = np.count_nonzero(exact.selected & rough.selected)
    assert shared > 0.85 * np.count_nonzero(exact.selected)
    assert rough.losses.keys() == exact.losses.keys()
    assert len(exact.losses) > 20
    for key, loss in exact.losses.items():
        assert rough.losses[key] == pytest.approx(loss, abs=nats), key
    # What it was computed in says which rows move, never how far a row is moved.
    assert {tensor.dtype for tensor in rough.export.values()} == {torch.bfloat16}
    chosen = exact.selected & rough.selected
    for number, module in enumerate(exact.layout.modules):
        rows = torch.from_numpy(chosen[exact.layout.slice_of(number)])
        one, other = (walk.export[module.tensor][rows] for walk in (exact, rough))
        assert one.equal(other)


def test_sweeps_analyses_and_answers(places: dict[str, Path]) -> None:
    recipe = load_recipe(places["bfloat16"])
    token = CancelToken()
    points = (SweepPoint("matched", 0.2, 1.0), GatesPoint(GateSettings(**LEARN)))
    with pytest.raises(GatesError, match="float16"):
        sweep(load_recipe(places["float16"]), points, emit=discard, token=token)
    swept = sweep(recipe, points, halving=False, emit=discard, token=token)
    assert {point.name for point in points} <= {one.candidate for one in swept.measured}
    analysed = analyse(recipe, _ANALYSES, emit=discard, token=token)
    assert {one.analysis for one in analysed.found} == set(_ANALYSES)
    asks = tuple(Ask(candidate=name, turns=TURNS) for name in ("target", "painter", "result"))
    for temperature in (0.0, 0.9):
        sampling = Sampling(new_tokens=4, temperature=temperature)
        question = Question(asks=asks, sampling=sampling)
        assert len(ask(recipe, question, WarmTalker(), emit=discard, token=token)) == len(asks)


# PEFT asks transformers for it.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated")
@pytest.mark.parametrize(
    ("form", "learned"),
    [
        ("gguf", {"gates": LEARN}),
        ("adapter", {"tune": LEARN}),
        ("adapter", {"tune": {**LEARN, "kind": "lora", "rank": 2}}),
    ],
    ids=["gates", "channels", "lora"],
)
def test_what_is_learned_in_bfloat16_from_other_forms(
    form: str, learned: dict[str, Any], tmp_path: Path
) -> None:
    recipe = write_project(tmp_path, stored="bfloat16")
    named = f"target+{form}"
    if form == "adapter":
        write_adapter(tmp_path / form, tmp_path / "target", seed=3)
    else:
        named = "specialist.gguf"
        write_gguf(tmp_path / named, tmp_path / "specialist", "llama", GGMLQuantizationType.Q8_0)
    results = {}
    for dtype in ("float32", "bfloat16"):
        outcome = carry_out(
            changed(
                recipe,
                specialists={"painter": {"model": named}},
                profile={"device": "cpu", "dtype": dtype},
                evaluate={"resamples": 200, "controls": []},
                run=dtype,
                **learned,
            )
        )
        assert outcome.export is not None
        assert verify_folder(outcome.export, answer=False).passed
        results[dtype] = losses_of(outcome)
    for key, loss in results["float32"].items():
        assert results["bfloat16"][key] == pytest.approx(loss, abs=0.15), key
