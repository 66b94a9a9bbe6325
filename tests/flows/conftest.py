"""Stories stand on the same ground as the tests of the window."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.gui.analysed import drawn_analysis
from tests.gui.conftest import (
    act_home,
    make_window,
    nothing_left,
    pytest_runtest_makereport,
    qapp,
)
from tests.gui.finished import finished_demo

__all__ = ["act_home", "make_window", "nothing_left", "pytest_runtest_makereport", "qapp"]


@pytest.fixture(scope="session")
def finished_once(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demo, all done but the export, its analysis drawn; tests take copies."""
    folder = tmp_path_factory.mktemp("finished") / "demo"
    finished_demo(folder, "run")
    drawn_analysis(folder)
    return folder


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> Path:
    """A finished project of this test's own."""
    folder = tmp_path / "demo"
    shutil.copytree(finished_once, folder)
    return folder
