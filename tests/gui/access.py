"""Walks over widgets as a person without a mouse or without sight does; usable for every page."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

_INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTabBar,
    QTextEdit,
)
_MOST_STEPS = 400


def interactive(root: QWidget) -> Iterator[QWidget]:
    """Every visible widget that a person acts on; parts of another widget are left out."""
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or isinstance(widget, QHeaderView | QScrollBar):
            continue
        # Text that can only be marked with the mouse takes the focus by a click, not by the tab.
        focusable = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        own = not isinstance(widget, QAbstractScrollArea) or isinstance(widget, _INTERACTIVE)
        if (isinstance(widget, _INTERACTIVE) or (focusable and own)) and not _is_part(widget):
            yield widget


def unnamed(root: QWidget) -> list[str]:
    """Interactive widgets about which a screen reader would say nothing."""
    return [described(widget) for widget in interactive(root) if not spoken_name(widget)]


def spoken_name(widget: QWidget) -> str:
    """What a screen reader calls a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    said = interface.text(QAccessible.Text.Name) if interface is not None else ""
    return said or widget.accessibleName()


def walked(root: QWidget) -> list[QWidget]:
    """Widgets that the tab key reaches, in order, from the first one of a window."""
    window = root.window()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    start = QApplication.focusWidget()
    if start is None or start.window() is not window:
        window.setFocus()
        QTest.keyClick(window, Qt.Key.Key_Tab)
    seen: list[QWidget] = []
    for _step in range(_MOST_STEPS):
        widget = QApplication.focusWidget()
        if widget is None:
            break
        if widget in seen:
            break
        seen.append(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    return [widget for widget in seen if root is window or root.isAncestorOf(widget)]


def unreached(root: QWidget) -> list[str]:
    """Interactive, enabled widgets that the tab key does not reach.

    One of several radio buttons or of the buttons of an exclusive group is enough: the arrow keys
    reach the others.
    """
    reached = walked(root)
    missed = []
    for widget in interactive(root):
        if not widget.isEnabled() or any(_holds(widget, other) for other in reached):
            continue
        if _is_in_reached_group(widget, reached):
            continue
        missed.append(described(widget))
    return missed


def described(widget: QWidget) -> str:
    """A widget for a person who reads a failed test."""
    text = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
    return f"{type(widget).__name__} {text!r} in {type(widget.parent()).__name__}"


def _holds(widget: QWidget, focused: QWidget) -> bool:
    return widget is focused or widget.isAncestorOf(focused) or widget.focusProxy() is focused


def _is_in_reached_group(widget: QWidget, reached: list[QWidget]) -> bool:
    if not isinstance(widget, QAbstractButton):
        return False
    group = widget.group()
    if group is not None:
        return any(other in reached for other in group.buttons())
    if not widget.autoExclusive():
        return False
    beside = [b for b in widget.parent().children() if isinstance(b, QAbstractButton)]
    return any(other in reached for other in beside if other.autoExclusive())


def _is_part(widget: QWidget) -> bool:
    """Whether it belongs to a widget of Qt's own that a person meets as one thing."""
    parent = widget.parent()
    owners = (QAbstractSpinBox, QComboBox, QAbstractItemView, QLineEdit, QTabBar)
    while isinstance(parent, QWidget):
        if (
            isinstance(parent, owners)
            or parent.metaObject().className() == "QDockWidgetTitleButton"
        ):
            return True
        parent = parent.parent()
    return widget.metaObject().className() in ("QDockWidgetTitleButton", "QToolBarExtension")
