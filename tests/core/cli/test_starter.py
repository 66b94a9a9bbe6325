"""`act new` from a person's files: both splits, template and measures without writing one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from act_core.abilities.split import load_splits
from act_core.cli.main import run
from act_core.recipe import Recipe, load_recipe


def write(path: Path, first: int, count: int = 6) -> Path:
    rows = [
        {"id": f"{path.stem}-{n}", "lang": ("de", "fr")[n % 2], "question": f"Q{n}?", "answer": n}
        for n in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def made(folder: Path, *bring: str) -> Recipe:
    out = folder / "mine.yaml"
    options = [part for text in bring for part in ("--bring", text)]
    assert run(["new", "target", "specialist", *options, "--out", str(out)]) == 0
    return load_recipe(out)


def test_file_with_its_held_out_half_beside_it(tmp_path: Path) -> None:
    train, heldout = (
        write(tmp_path / "sums_train.jsonl", 0),
        write(tmp_path / "sums_heldout.jsonl", 6),
    )
    recipe = made(tmp_path, f"{train}@lang=de")
    ability = recipe.abilities["sums-de"]
    assert (ability.calibration[0].file, ability.heldout[0].file) == (train, heldout)
    assert ability.measures == ("loss", "exact")
    assert ability.template is not None
    assert ability.template.style == "mgsm"
    items = load_splits(recipe.abilities)["sums-de"].heldout
    assert [item.id for item in items] == [f"sums_heldout-{n}" for n in (6, 8, 10)]
    assert items[0].prompt == "Frage: Q6?\nSchritt-für-Schritt-Antwort:"


def test_single_file_is_dealt_into_two(tmp_path: Path) -> None:
    recipe = made(tmp_path, str(write(tmp_path / "my sums.jsonl", 0)))
    split = load_splits(recipe.abilities)["my-sums"]
    assert (len(split.calibration), len(split.heldout)) == (3, 3)
    assert (
        recipe.abilities["my-sums"].heldout[0].file
        == tmp_path / "mine-data" / "my-sums_heldout.jsonl"
    )


def test_built_in_set_as_before(tmp_path: Path) -> None:
    ability = made(tmp_path, "plain-de").abilities["plain-de"]
    assert (ability.heldout[0].builtin, ability.measures) == ("plain-de", ("loss",))


@pytest.mark.parametrize("bring", ["nothing.jsonl", "unknown", "sums=one.jsonl", "plain-de@lang"])
def test_what_cannot_be_used_is_told(
    tmp_path: Path, bring: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.yaml"
    assert run(["new", "t", "s", "--bring", bring, "--out", str(out)]) in (1, 2)
    assert "What to do" in capsys.readouterr().err
    assert not out.exists()


def test_several_specialists_are_named_for_their_folders(tmp_path: Path) -> None:
    out = tmp_path / "mine.yaml"
    models = ["some/german", "other/german", "base+adapters/maths (1)"]
    assert run(["new", "target", *models, "--bring", "plain-de", "--out", str(out)]) == 0

    recipe = load_recipe(out)

    assert list(recipe.specialists) == ["german", "german-2", "maths-1"]
    assert [Path(one.model).name for one in recipe.specialists.values()] == [
        "german",
        "german",
        "maths (1)",
    ]
    assert recipe.transfer.policy == "strongest"
