"""Buttons: the one that goes on with the work, plain ones, and small ones with an icon."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QAbstractButton, QPushButton, QToolButton

from act_gui.icons import icon


def primary_button(text: str, on_click: Callable[[], object] | None = None) -> QPushButton:
    """The button of a page's main action."""
    button = push_button(text, on_click)
    button.setProperty("primary", True)
    return button


def push_button(
    text: str, on_click: Callable[[], object] | None = None, icon_name: str = ""
) -> QPushButton:
    """A plain button with a text, which is also what screen readers say, as it changes."""
    button = QPushButton(text)
    button.setAutoDefault(True)  # Enter presses it, outside dialogs too
    if icon_name:
        button.setIcon(icon(icon_name))
    if on_click is not None:
        button.clicked.connect(lambda _checked=False: on_click())
    return button


def icon_button(
    icon_name: str, name: str, on_click: Callable[[], object] | None = None
) -> QToolButton:
    """A small button with an icon; its name is its tool tip and what screen readers say."""
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setAccessibleName(name)
    button.setToolTip(name)
    if on_click is not None:
        button.clicked.connect(lambda _checked=False: on_click())
    return button


def allow(button: QAbstractButton, allowed: bool, why_not: str) -> None:
    """Let a button be pressed; one that cannot be says why in its tool tip."""
    button.setEnabled(allowed)
    button.setToolTip("" if allowed else why_not)
    button.setAccessibleDescription("" if allowed else why_not)
