"""The window's entry point, until there is a window."""

from __future__ import annotations

import pytest

from act_gui.app import main


def test_says_that_the_window_is_missing_and_where_to_go(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert main() == 1
    assert "act --help" in capfd.readouterr().err
