"""The decision of the page: copy the selected channels, or learn how far each one moves."""

from __future__ import annotations

from act_gui.text import tr
from act_gui.widgets.two_ways import TwoWays


def gates_choice() -> TwoWays:
    """Both ways in words."""
    return TwoWays(
        tr("How channels move"),
        (
            tr("Copy the selected channels"),
            tr("What the page Localize selected moves as far as the strength says. Nothing is "
               "learned, and nothing is to be done here."),
        ),
        (
            tr("Learn how far each channel moves"),
            tr("Every channel gets a gate from target to specialist, learned from the examples of "
               "all abilities together: stronger, but it takes a while."),
        ),
    )  # fmt: skip
