"""A field for a name that a recipe allows and that nothing else has."""

from __future__ import annotations

import re
from collections.abc import Collection

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from act_gui.text import tr
from act_gui.widgets.labels import label, set_look

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class NameField(QWidget):
    """A line that says what is wrong with a name below it.

    Args:
        title: What is named; said by screen readers.

    Signals:
        name_chosen: Another allowed name was written in full.
    """

    name_chosen = Signal(str)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._taken: tuple[str, ...] = ()
        self.line = QLineEdit()
        self.line.setAccessibleName(title)
        self.fault = label("", "bad", wrap=True)
        self.fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.line)
        column.addWidget(self.fault)
        self.line.textEdited.connect(self._on_edited)
        self.line.editingFinished.connect(self._on_finished)

    def set_name(self, name: str, taken: Collection[str]) -> None:
        """Show a name.

        Args:
            name: The name.
            taken: Names that others have.
        """
        self._taken = tuple(other for other in taken if other != name)
        if self.line.isModified() and name == self._name != self.text():
            return  # another one is being written
        self._name = name
        if self.line.text() != name:
            self.line.setText(name)
        self._mark("")

    def text(self) -> str:
        """What stands in it."""
        return self.line.text().strip()

    def problem(self) -> str:
        """What is wrong with what stands in it; empty where nothing is."""
        text = self.text()
        if not _NAME.fullmatch(text):
            return tr(
                "A name begins with a letter or digit and holds letters, digits, dots, dashes and "
                "underscores only, at most 64."
            )
        return tr("There is a {name} already.", name=text) if text in self._taken else ""

    def _on_edited(self, _text: str) -> None:
        self._mark(self.problem())

    def _on_finished(self) -> None:
        if self.text() == self._name or self.problem():
            return
        self._name = self.text()
        self.name_chosen.emit(self._name)

    def _mark(self, problem: str) -> None:
        set_look(self.line, "invalid", bool(problem))
        self.line.setAccessibleDescription(problem)
        self.fault.setText(problem)
        self.fault.setVisible(bool(problem))
