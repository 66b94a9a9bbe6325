"""How rows become text: found out, one text, or prompt and answer with `{field}` in them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from act_core.recipe import Template
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.named import named

_AFTER_MS = 500
_LINES = 3


class TemplateForm(QWidget):
    """Choice of the kind, and the fields that belong to it.

    Signals:
        template_chosen: A `Template`, or None where it is found out.
    """

    template_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Template | None = None
        self._names: tuple[str, ...] = ()
        self._build()
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._timer.timeout.connect(self._on_edited)
        self.kind.activated.connect(self._on_kind)
        self.chat.clicked.connect(self._on_edited)
        for field in (self.text, self.prompt, self.answer):
            field.textChanged.connect(self._timer.start)

    def set_template(self, template: Template | None, fields: Sequence[str]) -> None:
        """Show a template.

        Args:
            template: Of the ability.
            fields: Names of the fields that its rows have; empty: not known.
        """
        self._names = tuple(name for name in fields if name != "id")
        names = ", ".join(f"{{{name}}}" for name in self._names)
        self._fields.setText(tr("Fields of the rows: {names}", names=names) if names else "")
        if self._timer.isActive() and template == self._shown:
            return  # another one is being written
        self._shown = template
        given = template or Template()
        for field, value in ((self.text, given.text), (self.prompt, given.prompt),
                             (self.answer, given.answer)):  # fmt: skip
            if field.toPlainText() != (value or ""):
                field.blockSignals(True)
                field.setPlainText(value or "")
                field.blockSignals(False)
        self.chat.setChecked(given.chat)
        kind = "text" if given.text is not None else "parts"
        if given.text is None and given.prompt is None and given.answer is None:
            kind = "auto"
        self.kind.setCurrentIndex(self.kind.findData(kind))
        self._show_kind()

    def template(self) -> Template | None:
        """What is chosen; an empty field is found out."""
        kind, chat = self.kind.currentData(), self.chat.isChecked()
        if kind == "text":
            return Template(text=self.text.toPlainText(), chat=chat)
        if kind == "parts":
            prompt, answer = self.prompt.toPlainText(), self.answer.toPlainText()
            return Template(prompt=prompt or None, answer=answer or None, chat=chat)
        return Template(chat=True) if chat else None

    def flush(self) -> None:
        """Take what is being written now, for another ability is looked at next."""
        if self._timer.isActive():
            self._on_edited()

    def _build(self) -> None:
        self.kind = named(QComboBox(), tr("Template"))
        self.kind.addItem(tr("Found out from the fields of the rows"), "auto")
        self.kind.addItem(tr("One text"), "text")
        self.kind.addItem(tr("Prompt and answer"), "parts")
        self.chat = named(QCheckBox(tr("Use the chat template")), tr("Use the chat template"))
        self.chat.setToolTip(tr("Renders items as turns of a chat, as the target was taught"))
        self.text, self.prompt, self.answer = (
            _field(name, hint)
            for name, hint in (
                (tr("Text"), "{text}"),
                (tr("Prompt"), "Question: {question}\nAnswer:"),
                (tr("Answer"), " {answer}"),
            )
        )
        self._fields = label("", "muted", wrap=True, selectable=True)
        self._form = QFormLayout()
        self._form.addRow(tr("Text"), self.text)
        self._form.addRow(tr("Prompt"), self.prompt)
        self._form.addRow(tr("Answer"), self.answer)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.kind)
        column.addLayout(self._form)
        column.addWidget(self._fields)
        column.addWidget(self.chat)
        self._show_kind()

    def _show_kind(self) -> None:
        kind = self.kind.currentData()
        self._form.setRowVisible(self.text, kind == "text")
        self._form.setRowVisible(self.prompt, kind == "parts")
        self._form.setRowVisible(self.answer, kind == "parts")
        self._fields.setVisible(kind != "auto" and bool(self._fields.text()))

    def _on_kind(self) -> None:
        """A kind with nothing in its fields would be found out; so they begin with a guess."""
        if self.kind.currentData() == "text" and not self.text.toPlainText():
            self.text.setPlainText(self._guess("text"))
        if self.kind.currentData() == "parts" and not (
            self.prompt.toPlainText() or self.answer.toPlainText()
        ):
            self.prompt.setPlainText(self._guess("prompt", "question"))
            self.answer.setPlainText(" " + self._guess("answer", "solution"))
        self._show_kind()
        self._on_edited()

    def _guess(self, *wanted: str) -> str:
        """A field that rows have, best one of these."""
        name = next((name for name in wanted if name in self._names), "")
        return f"{{{name or next(iter(self._names), wanted[0])}}}"

    def _on_edited(self) -> None:
        self._timer.stop()
        template = self.template()
        if template == self._shown:
            return
        self._shown = template
        self.template_chosen.emit(template)


def _field(name: str, hint: str) -> QPlainTextEdit:
    field = named(QPlainTextEdit(), name)
    field.setPlaceholderText(hint)
    field.setTabChangesFocus(True)
    field.setFixedHeight(round((_LINES + 0.7) * field.fontMetrics().lineSpacing()))
    return field
