"""Stories stand on the same ground as the tests of the window."""

from __future__ import annotations

from tests.gui.conftest import (
    act_home,
    make_window,
    nothing_left,
    pytest_runtest_makereport,
    qapp,
)

__all__ = ["act_home", "make_window", "nothing_left", "pytest_runtest_makereport", "qapp"]
