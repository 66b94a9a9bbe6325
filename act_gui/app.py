"""Entry point of the window."""

from __future__ import annotations

import sys

_NOT_BUILT = (
    "The window of ACT Studio is not built yet. Everything it will do is on the command line:\n"
    "    act --help\n"
)


def main() -> int:
    """Says that there is no window yet.

    Returns:
        The exit code: 1, since no window was opened.
    """
    sys.stderr.write(_NOT_BUILT)
    return 1
