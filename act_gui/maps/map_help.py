"""What keys and pointer do on a channel map, in one table."""

from __future__ import annotations

import html

from PySide6.QtWidgets import QMenu, QWidget

from act_gui.text import tr


def hand_table() -> tuple[tuple[str, str], ...]:
    """Keys or moves of the pointer, and what they do."""
    return (
        (tr("Arrows"), tr("move the cursor by a channel or a row")),
        (tr("Shift + arrows"), tr("move it by a tenth of the view")),
        (tr("Page up, Page down"), tr("move it by a view of rows")),
        (tr("Home, End"), tr("first or last channel; with Ctrl first or last row")),
        ("F", tr("next strongest channel")),
        (tr("+ and −, wheel"), tr("zoom the channels")),
        (tr("Ctrl + up and down, Ctrl + wheel"), tr("zoom the rows")),
        ("0", tr("whole map")),
        (tr("Drag"), tr("move the map")),
        (tr("Shift + drag"), tr("span a rectangle to add to the mask or take away")),
        (tr("Space"), tr("begin or end a rectangle at the cursor; Escape drops it")),
        (tr("Enter"), tr("put the channel into the mask or take it out")),
        ("M", tr("show or hide the mask")),
    )


class HandMenu(QMenu):
    """The table, opened by a button; its lines only inform."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Keys of the channel map"))
        for hand, effect in hand_table():
            self.addAction(f"{effect[0].upper()}{effect[1:]}\t{hand}")


def hand_words() -> str:
    """The table as rich text, for `What's this?` and screen readers."""
    return "<br>".join(f"<b>{html.escape(hand)}</b>: {effect}" for hand, effect in hand_table())
