"""Projects that the tests of several pages begin from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gui.finished import finished_demo


@pytest.fixture(scope="module")
def localized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo project with its masks."""
    folder = tmp_path_factory.mktemp("localized") / "project"
    finished_demo(folder, "localize")
    return folder
