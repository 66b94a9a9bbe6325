"""The decision of the page: leave what was transferred as it is, or tune it."""

from __future__ import annotations

from act_gui.text import tr
from act_gui.widgets.two_ways import TwoWays


def tune_choice() -> TwoWays:
    """Both ways in words."""
    return TwoWays(
        tr("After the transfer"),
        (
            tr("Leave the result as it is"),
            tr("What was transferred is the result. Nothing is trained, and nothing is to be done "
               "here."),
        ),
        (
            tr("Tune it lightly"),
            tr("A few steps of training on the examples of all abilities together. The result "
               "stands beside transfer only and tuning only, so you see what each one brings."),
        ),
    )  # fmt: skip
