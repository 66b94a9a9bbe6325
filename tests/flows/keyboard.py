"""A person without a mouse: keys go where the focus is, and nothing else is touched."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.flows.person import Person
from tests.gui.access import described, spoken_name

_MOST_STEPS = 150


class UnreachableError(AssertionError):
    """The tab key never comes to what is looked for."""


@dataclass
class Keyboard:
    """Finds things by what a screen reader says when the tab key stops there.

    Attributes:
        person: Sees the window and waits.
        steps: How often Tab was pressed.
    """

    person: Person
    steps: int = 0

    def press(
        self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press a key."""
        QTest.keyClick(self._focus(), key, modifiers)

    def command(self, key: Qt.Key, shift: bool = False) -> None:
        """Press Ctrl and a key."""
        modifiers = Qt.KeyboardModifier.ControlModifier
        if shift:
            modifiers |= Qt.KeyboardModifier.ShiftModifier
        self.press(key, modifiers)

    def write(self, text: str) -> None:
        """Replace what stands in the line that has the focus."""
        self.command(Qt.Key.Key_A)
        QTest.keyClicks(self._focus(), text)

    def go_to(self, name: str, *, back: bool = False) -> QWidget:
        """Press Tab until the focus is on something of this name, or Shift+Tab.

        Raises:
            UnreachableError: The focus goes round without coming to it.
        """
        met: list[QWidget] = []
        for _step in range(_MOST_STEPS):
            widget = QApplication.focusWidget()
            if widget is not None and _called(widget) == name:
                return widget
            if widget is not None and widget in met:
                break
            if widget is not None:
                met.append(widget)
            self.press(Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab)
            self.steps += 1
        raise UnreachableError(
            f"no tab comes to {name!r}; it goes through {[*map(described, met)]}"
        )

    def use(self, name: str, *, key: Qt.Key = Qt.Key.Key_Return) -> None:
        """Go to a button as soon as it can be used, and press it."""
        window = self.person.window

        def usable() -> bool:
            shown = [w for w in window.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
            return any(_called(w) == name for w in shown)

        self.person.wait(usable, 60, f"{name} usable")
        self.go_to(name)
        self.press(key)

    def _focus(self) -> QWidget:
        return QApplication.focusWidget() or self.person.window


def _called(widget: QWidget) -> str:
    """Its own name; of a box with a choice, screen readers say the choice instead."""
    return widget.accessibleName() or spoken_name(widget)
