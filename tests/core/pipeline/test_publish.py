"""A checkpoint published: the whole copy or nothing, with the card that was given."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from act_core.cancel import CancelToken
from act_core.cli.main import run
from act_core.errors import (
    CancelledByPersonError,
    OutputError,
    RecipeError,
    ReferenceNotFoundError,
    VerificationError,
)
from act_core.events import Event, discard
from act_core.models.describe import front_matter
from act_core.pipeline.loading import loading_lines
from act_core.pipeline.publish import card_text, publish
from act_core.recipe import Recipe, load_recipe
from act_core.transfer.verify import VerificationReport, verify_folder
from tests.core.project import changed, write_project

CARD = "---\nlicense: mit\n---\n\n# Mine\n"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The checkpoint of a project."""
    assert run(["transfer", str(write_project(tmp_path))]) == 0
    return tmp_path / "run" / "model"


def put(
    source: Path,
    out: Path,
    card: str = CARD,
    *,
    overwrite: bool = False,
    token: CancelToken | None = None,
) -> VerificationReport:
    token = token or CancelToken()
    return publish(source, out, card, overwrite=overwrite, emit=discard, token=token)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_published_copy_is_the_checkpoint_with_another_card(written: Path) -> None:
    out = written.parents[1] / "shelf" / "mine"
    report = put(written, out)
    assert report.passed
    assert contents(out) == {**contents(written), "README.md": CARD.encode()}
    assert front_matter(out / "README.md") == {"license": "mit"}
    assert verify_folder(out).passed
    assert [path.name for path in out.parent.iterdir()] == ["mine"]


def test_the_two_lines_load_it(written: Path, tmp_path: Path) -> None:
    out = tmp_path / 'a "quoted" name'
    put(written, out)
    lines = loading_lines(out)
    assert len(lines.splitlines()) == 2
    space: dict[str, object] = {}
    exec(lines, space)  # what a person would paste
    loaded = space["model"]
    assert isinstance(loaded, torch.nn.Module)
    stored = load_file(out / "model.safetensors")
    assert torch.equal(loaded.state_dict()["lm_head.weight"], stored["lm_head.weight"])
    assert space["tokenizer"] is not None
    assert AutoModelForCausalLM.from_pretrained(out) is not None


def test_a_taken_name_is_refused_or_replaced_as_asked(written: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    put(written, out, "first\n")
    with pytest.raises(OutputError, match="exists already"):
        put(written, out)
    assert (out / "README.md").read_text("utf-8") == "first\n"
    put(written, out, overwrite=True)
    assert (out / "README.md").read_text("utf-8") == CARD


def test_cancelled_at_any_event_the_old_one_stays(written: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    put(written, out, "first\n")
    before = contents(out)
    for number in itertools.count(1):
        token, seen = CancelToken(), [0]

        def cancel_at(
            _event: Event,
            token: CancelToken = token,
            seen: list[int] = seen,
            number: int = number,
        ) -> None:
            seen[0] += 1
            if seen[0] == number:
                token.cancel()

        try:
            publish(written, out, CARD, overwrite=True, emit=cancel_at, token=token)
        except CancelledByPersonError:
            assert contents(out) == before
            assert not list(tmp_path.glob("out.*"))
            continue
        break
    assert number > 3
    assert (out / "README.md").read_text("utf-8") == CARD


def test_a_file_that_may_not_grow_is_an_error_and_leaves_nothing(
    written: Path, tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            put(written, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.glob("out*"))


def test_a_damaged_checkpoint_is_not_published(written: Path, tmp_path: Path) -> None:
    weights = written / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-5] ^= 1
    weights.write_bytes(content)
    with pytest.raises(VerificationError):
        put(written, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


def test_what_is_no_export_or_lost_its_models_is_refused(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RecipeError, match="cannot be read"):
        put(tmp_path / "target", tmp_path / "out")
    for place in (written / "inside", written.parent, tmp_path / "target"):
        with pytest.raises(OutputError, match="lie in each other"):
            put(written, place, overwrite=True)
    (tmp_path / "specialist").rename(tmp_path / "gone")
    # Else the same model is found where another test has made it.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(ReferenceNotFoundError):
        put(written, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    "card", ["---\nlicense: mit\n", "---\nlicense: [mit\n---\n", "---\n- mit\n---\n"]
)
def test_front_matter_must_be_valid(written: Path, tmp_path: Path, card: str) -> None:
    with pytest.raises(OutputError) as error:
        put(written, tmp_path / "out", card)
    assert error.value.title == "Model card is not valid"
    assert not list(tmp_path.glob("out*"))


def recipe_of(folder: Path) -> Recipe:
    return load_recipe(folder / "recipe.yaml")


def test_the_card_takes_figures_that_were_measured_afterwards(
    written: Path, tmp_path: Path
) -> None:
    before = (written / "README.md").read_text("utf-8")
    assert card_text(recipe_of(tmp_path)) == before
    assert "Nothing has been measured yet." in before

    assert run(["evaluate", str(tmp_path / "recipe.yaml")]) == 0

    card = card_text(recipe_of(tmp_path))
    assert "| result (after) |" in card
    assert "Nothing has been measured yet." not in card
    assert card.split("## Figures")[0] == before.split("## Figures")[0]
    assert card.split("## Verification")[1] == before.split("## Verification")[1]
    assert (written / "README.md").read_text("utf-8") == before


@pytest.mark.parametrize(
    "changes",
    [
        {"localize": {"scorer": "matched", "budget": {"share": 0.3}}},
        {"transfer": {"strength": 0.5}},
    ],
)
def test_figures_of_other_settings_do_not_enter_the_card(
    written: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    assert run(["evaluate", str(changed(tmp_path / "recipe.yaml", **changes))]) == 0
    assert "Nothing has been measured yet." in card_text(recipe_of(tmp_path))


def test_without_a_checkpoint_the_next_step_is_said(tmp_path: Path) -> None:
    write_project(tmp_path)
    with pytest.raises(OutputError) as error:
        card_text(recipe_of(tmp_path))
    assert error.value.title == "Checkpoint not found"
    assert "Transfer" in error.value.remedy
    assert not (tmp_path / "run").exists()
