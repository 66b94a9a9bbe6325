"""The whole story by mouse, from the start page to a checkpoint that transformers loads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from act_core.recipe import load_recipe
from tests.flows.person import Person, demo_story


def test_a_newcomer_carries_the_demo_to_an_exported_checkpoint(
    make_window: Callable[..., Any], tmp_path: Path
) -> None:
    person = Person(make_window())

    exported = demo_story(person, tmp_path / "here", most_s=240)

    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(exported)
    tokenizer = AutoTokenizer.from_pretrained(exported)
    asked = tokenizer("english 347=", return_tensors="pt", add_special_tokens=True)
    assert model(**asked).logits.shape[-1] >= len(tokenizer)
    card = (exported / "README.md").read_text("utf-8")
    assert "| result (after) |" in card  # the table of abilities
    saved = person.window.context.project.folder / "recipe.yaml"
    person.wait(lambda: load_recipe(saved).export == exported, 5, "the recipe saved")
