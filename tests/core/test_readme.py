"""What the README shows can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from act_core.recipe import GateSettings, parse_recipe

README = Path(__file__).resolve().parents[2] / "README.md"


def test_recipe_in_the_readme_is_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)

    whole, *sections = (yaml.safe_load(block) for block in blocks)
    recipe = parse_recipe(whole, tmp_path)
    with_sections = [parse_recipe({**whole, **section}, tmp_path) for section in sections]

    assert recipe.name == "german-back"
    assert recipe.run == tmp_path / "runs" / "german-back"
    # The section gates shows the defaults.
    assert [one.gates for one in with_sections if one.gates] == [GateSettings()]
    assert any(one.evaluate.baselines for one in with_sections)
