"""Choosing controls, scorers and baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from act_core.recipe import Draft, Evaluate
from act_gui.widgets import control_choices
from act_gui.widgets.control_choices import ControlChoices

_LEFT = Qt.MouseButton.LeftButton


def shown(qtbot: QtBot, **evaluate: Any) -> ControlChoices:
    choices = ControlChoices()
    qtbot.addWidget(choices)
    choices.resize(900, 400)
    choices.show()
    settings = Evaluate.model_validate(evaluate)
    choices.show_draft(Draft(name="small", run=Path("run"), evaluate=settings))
    return choices


def test_baselines_are_chosen_and_keep_the_recipes_parameters(qtbot: QtBot) -> None:
    choices = shown(qtbot, baselines={"ties": {"density": [0.2]}})
    assert choices.fold.button.text() == "Other ways to merge (1 chosen)"
    assert choices.baselines["ties"].isChecked()
    qtbot.mouseClick(choices.fold.button, _LEFT)
    assert choices.baselines["aim"].isVisible()

    with qtbot.waitSignal(choices.evaluate_changed) as caught:
        qtbot.mouseClick(choices.baselines["aim"], _LEFT)

    assert caught.args is not None
    (changes,) = caught.args
    assert changes["baselines"] == {"ties": {"density": (0.2,)}, "aim": {}}
    assert changes["controls"] == ("random", "weight", "interpolation")
    assert choices.fold.button.text() == "Other ways to merge (2 chosen)"
    assert Evaluate.model_validate(changes).baselines["ties"] == {"density": (0.2,)}


def test_says_how_to_install_what_is_missing(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_choices, "mergekit_version", lambda: None)
    choices = shown(qtbot)
    qtbot.mouseClick(choices.fold.button, _LEFT)

    assert choices.hint.isVisible()
    assert "pip install" in choices.hint.text()
    assert "All but Layer swapping and AIM" in choices.hint.text()
