"""Why something is published all the same: a sentence of the person's for each refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from act_core.pipeline.publishing import SHORTEST_ANSWER, Key, Objection
from act_gui.text import tr
from act_gui.widgets.form_rows import explain
from act_gui.widgets.labels import label
from act_gui.widgets.unfold import Unfold


class Answers(Unfold):
    """Folded away: to mend what is found is the better way.

    Signals:
        edited: A sentence is another.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Publish all the same…"), parent)
        self.lines: dict[Key, QLineEdit] = {}
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        words = tr(
            "Say for each in a sentence why. The sentences go into the published card, for "
            "everybody to read."
        )
        self.body.addWidget(label(words, "muted", wrap=True))
        self.body.addLayout(self._form)
        self.hide()

    def set_refusals(self, refusals: Sequence[Objection]) -> None:
        """Ask for these; what was written for the same one stays."""
        titles = {finding.key: finding.title for finding in refusals}
        if tuple(titles) != tuple(self.lines):
            written = self.texts()
            while self._form.rowCount():
                self._form.removeRow(0)
            self.lines = {key: self._line(title, written.get(key, "")) for key, title in
                          titles.items()}  # fmt: skip
        self.setVisible(bool(titles))

    def texts(self) -> Mapping[Key, str]:
        """What is written, by refusal."""
        return {key: line.text().strip() for key, line in self.lines.items()}

    def are_whole(self) -> bool:
        """Whether every refusal has its sentence."""
        return all(len(text) >= SHORTEST_ANSWER for text in self.texts().values())

    def _line(self, title: str, text: str) -> QLineEdit:
        line = QLineEdit(text)
        words = tr("A sentence of at least {count} characters.", count=SHORTEST_ANSWER)
        explain(line, tr("Why, though: {title}", title=title), words)
        line.setPlaceholderText(words)
        line.textChanged.connect(self.edited)
        self._form.addRow(title, line)
        return line
