"""Rich text above a chart: legends and quiet lines. Names of people's files are escaped."""

from __future__ import annotations

import html
from collections.abc import Sequence

from act_gui.theme import Colours


def marked(entries: Sequence[tuple[str, str, str]], colours: Colours) -> str:
    """A legend as rich text.

    Args:
        entries: Mark, its colour and its name in plain text.
        colours: The theme.
    """
    shown = (
        f"{coloured(mark, colour)}&nbsp;{html.escape(name).replace(' ', '&nbsp;')}"
        for mark, colour, name in entries
    )
    return coloured("&nbsp;&nbsp; ".join(shown), colours.muted)


def stacked(*parts: str) -> str:
    """Rich texts below each other; empty ones are left out."""
    return "<br>".join(part for part in parts if part)


def muted(text: str, colours: Colours) -> str:
    """Plain text as quiet rich text."""
    return coloured(html.escape(text), colours.muted)


def coloured(rich: str, colour: str) -> str:
    """Rich text in a colour."""
    return f'<span style="color:{colour}">{rich}</span>'
