"""Drafts say what they lack; recipes lack nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from act_core.errors import RecipeError
from act_core.recipe import Draft, Recipe, load_draft, load_recipe
from tests.core.project import write_recipe

ABILITY = {"calibration": [{"builtin": "gsm8k"}], "heldout": [{"builtin": "gsm8k"}]}
WHOLE: dict[str, Any] = {
    "name": "small",
    "run": "run",
    "target": "target",
    "specialists": {"painter": {"model": "specialist"}},
    "abilities": {"colours": ABILITY, "numbers": {**ABILITY, "role": "keep"}},
}


def words(draft: Draft) -> tuple[str, ...]:
    return tuple(str(step) for step in draft.missing())


def test_an_empty_draft_names_every_next_step() -> None:
    assert words(Draft(name="small", run=Path("run"))) == (
        "Choose a target.",
        "Choose a specialist.",
        "Add an ability to bring over.",
    )


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"target": ""}, "Choose a target."),
        ({"specialists": {}}, "Choose a specialist."),
        ({"abilities": {"numbers": {**ABILITY, "role": "keep"}}}, "Add an ability to bring over."),
        ({"specialists": {"painter": {"model": ""}}}, "Choose a model for painter."),
        (
            {"specialists": {"painter": {"model": "m", "brings": []}}},
            "Choose what painter brings over.",
        ),
        (
            {"specialists": {"painter": {"model": "m", "brings": ["numbers"]}}},
            "Choose what painter brings over: numbers is no ability to bring over.",
        ),
    ],
)
def test_what_is_missing_is_allowed_in_a_draft_and_refused_in_a_recipe(
    changes: dict[str, Any], step: str, tmp_path: Path
) -> None:
    path = write_recipe(tmp_path, {**WHOLE, **changes})
    draft = load_draft(path)
    assert words(draft) == (step,)
    with pytest.raises(RecipeError, match="not complete") as one:
        draft.complete()
    with pytest.raises(RecipeError, match="not complete") as other:
        load_recipe(path)
    assert one.value.remedy == other.value.remedy == step


def test_a_whole_draft_becomes_the_same_recipe(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, WHOLE)
    draft = load_draft(path)
    assert type(draft) is Draft
    assert draft.missing() == ()
    assert type(draft.complete()) is Recipe
    assert draft.complete() == load_recipe(path)
    assert draft.brought_by("painter") == ("colours",)
    assert draft.with_role("keep") == ("numbers",)


def test_a_draft_still_refuses_wrong_values_and_unknown_keys(tmp_path: Path) -> None:
    wrong = write_recipe(tmp_path, {**WHOLE, "localize": {"budget": {"share": 2}}})
    with pytest.raises(RecipeError, match=r"budget\.share"):
        load_draft(wrong)
    unknown = write_recipe(tmp_path, {**WHOLE, "specialist": {}})
    with pytest.raises(RecipeError) as error:
        load_draft(unknown)
    assert error.value.remedy == "Did you mean specialists?"
