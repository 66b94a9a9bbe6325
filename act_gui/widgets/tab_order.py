"""The order in which the tab key goes through widgets, where it is not that of their making."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def order_tabs(first: QWidget, *others: QWidget) -> None:
    """Let the tab key go from a widget to these others, in their order."""
    # From the back, each right behind the first: Qt leaves alone what follows already, and in a
    # ring the first widget of all follows the last.
    for widget in reversed(others):
        QWidget.setTabOrder(first, widget)


def order_groups(first: QWidget, *others: QWidget) -> None:
    """Let the tab key go from one group of widgets to the next; inside each it goes as before."""
    groups = (first, *others)
    inside = {widget for group in groups for widget in (group, *group.findChildren(QWidget))}
    ring = [widget for widget in _ring(first) if widget in inside]
    order_tabs(*(widget for group in groups for widget in _stops(group, ring)))


def order_before(after: QWidget, *added: QWidget) -> None:
    """Put widgets that were made later in front of one that was there before."""
    order_tabs(_stop_before(after, added), *added, after)


def order_inside(room: QWidget) -> None:
    """Let the tab key come to what was made later in a room where the room stands."""
    inside = set(room.findChildren(QWidget))
    before = _stop_before(room, inside)
    if _is_stop(before):
        order_tabs(before, *(one for one in _ring(room) if one in inside and _is_stop(one)))


def _stop_before(widget: QWidget, others: Collection[QWidget]) -> QWidget:
    """What the tab key stops at before it comes to a widget, others left aside."""
    before = widget.previousInFocusChain()
    while before is not None and before is not widget:
        if before not in others and _is_stop(before):
            return before
        before = before.previousInFocusChain()
    return widget


def _stops(group: QWidget, ring: list[QWidget]) -> list[QWidget]:
    """What the tab key stops at in a group of a ring, in order."""
    at = ring.index(group)
    turned = ring[at:] + ring[:at]
    return [w for w in turned if (w is group or group.isAncestorOf(w)) and _is_stop(w)]


def _ring(first: QWidget) -> list[QWidget]:
    """Every widget of a window, from one on in the order of the tab key."""
    found, widget = [first], first.nextInFocusChain()
    while widget is not None and widget is not first:
        found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def _is_stop(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus) and widget.focusProxy() is None
