"""What the README shows can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from act_core.recipe import parse_recipe

README = Path(__file__).resolve().parents[2] / "README.md"


def test_recipe_in_the_readme_is_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)

    recipes = [parse_recipe(yaml.safe_load(block), tmp_path) for block in blocks]

    assert [recipe.name for recipe in recipes] == ["german-back"]
    assert recipes[0].run == tmp_path / "runs" / "german-back"
