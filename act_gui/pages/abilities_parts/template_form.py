"""How rows become text: found out, by `{field}` in texts, or in a style that is well known."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from act_core.abilities.mgsm import WORDINGS
from act_core.recipe import Template
from act_gui.pages.abilities_parts.names_text import parts_of
from act_gui.text import tr
from act_gui.widgets.labels import label, set_look
from act_gui.widgets.named import named

_AFTER_MS = 500
_LINES = 3
_LEAST_LABELS = 2


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
        self.lang.activated.connect(self._on_edited)
        for field in (self.text, self.prompt, self.answer):
            field.textChanged.connect(self._timer.start)
        self.labels.textEdited.connect(lambda _text: self._timer.start())

    def set_template(self, template: Template | None, fields: Sequence[str]) -> None:
        """Show a template.

        Args:
            template: Of the ability.
            fields: Names of the fields that its rows have; empty: not known.
        """
        self._names = tuple(name for name in fields if name != "id")
        names = ", ".join(f"{{{name}}}" for name in self._names)
        self._fields.setText(tr("Fields of the rows: {names}", names=names) if names else "")
        if (self._timer.isActive() or self._lacks_labels()) and template == self._shown:
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
        self.labels.setText(", ".join(given.labels or ()))
        self.lang.setCurrentIndex(max(0, self.lang.findData(given.lang)))
        self.kind.setCurrentIndex(self.kind.findData(_kind_of(given)))
        self._mark_labels()
        self._show_kind()

    def template(self) -> Template | None:
        """What is chosen; an empty field is found out."""
        kind, chat = self.kind.currentData(), self.chat.isChecked()
        prompt, answer = self.prompt.toPlainText() or None, self.answer.toPlainText() or None
        if kind == "text":
            return Template(text=self.text.toPlainText(), chat=chat)
        if kind == "parts":
            return Template(prompt=prompt, answer=answer, chat=chat)
        if kind == "labels":
            labels = parts_of(self.labels.text())
            return Template(prompt=prompt, answer=answer, labels=labels, chat=chat)
        if kind == "mgsm":
            return Template(style=kind, lang=self.lang.currentData(), chat=chat)
        if kind == "letters":
            return Template(style=kind, chat=chat)
        return Template(chat=True) if chat else None

    def flush(self) -> None:
        """Take what is being written now, for another ability is looked at next."""
        if self._timer.isActive():
            self._on_edited()
        if self._lacks_labels():
            self.kind.setCurrentIndex(self.kind.findData(_kind_of(self._shown or Template())))
            self._show_kind()

    def _build(self) -> None:
        self.kind = named(QComboBox(), tr("Template"))
        self.kind.addItem(tr("Found out from the fields of the rows"), "auto")
        self.kind.addItem(tr("One text"), "text")
        self.kind.addItem(tr("Prompt and answer"), "parts")
        self.kind.addItem(tr("Prompt, and one of these labels"), "labels")
        self.kind.addItem(tr("Options behind letters, of which one is the answer"), "letters")
        self.kind.addItem(tr("Word problems as in MGSM, in their language"), "mgsm")
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
        self.labels = named(QLineEdit(), tr("Labels"))
        self.labels.setPlaceholderText(tr("positive, neutral, negative"))
        self.lang = named(QComboBox(), tr("Language of the style"))
        self.lang.addItem(tr("The field lang of each row, else English"), None)
        for code in WORDINGS:
            language = QLocale.languageToString(QLocale(code).language())
            self.lang.addItem(f"{language} ({code})", code)
        self._fields = label("", "muted", wrap=True, selectable=True)
        self._form = QFormLayout()
        self._form.addRow(tr("Text"), self.text)
        self._form.addRow(tr("Prompt"), self.prompt)
        self._form.addRow(tr("Answer"), self.answer)
        self._form.addRow(tr("Labels"), self.labels)
        self._form.addRow(tr("Language"), self.lang)
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
        self._form.setRowVisible(self.prompt, kind in ("parts", "labels"))
        self._form.setRowVisible(self.answer, kind == "parts")
        self._form.setRowVisible(self.labels, kind == "labels")
        self._form.setRowVisible(self.lang, kind == "mgsm")
        named_fields = kind in ("text", "parts", "labels") and bool(self._fields.text())
        self._fields.setVisible(named_fields)

    def _lacks_labels(self) -> bool:
        few = len(parts_of(self.labels.text())) < _LEAST_LABELS
        return self.kind.currentData() == "labels" and few

    def _mark_labels(self) -> None:
        lacks = self._lacks_labels()
        fault = tr("Give at least two labels, with commas between.") if lacks else ""
        set_look(self.labels, "invalid", lacks)
        self.labels.setToolTip(fault)
        self.labels.setAccessibleDescription(fault)

    def _on_kind(self) -> None:
        """A kind with nothing in its fields would be found out; so they begin with a guess."""
        if self.kind.currentData() == "text" and not self.text.toPlainText():
            self.text.setPlainText(self._guess("text"))
        if self.kind.currentData() == "parts" and not (
            self.prompt.toPlainText() or self.answer.toPlainText()
        ):
            self.prompt.setPlainText(self._guess("prompt", "question"))
            self.answer.setPlainText(" " + self._guess("answer", "solution"))
        if self.kind.currentData() == "labels":
            self.answer.clear()  # the label alone is the answer
            if self.prompt.toPlainText() in ("", self._guess("prompt", "question")):
                self.prompt.setPlainText(f"{self._guess('text', 'sentence')}\nLabel:")
        self._show_kind()
        self._on_edited()

    def _guess(self, *wanted: str) -> str:
        """A field that rows have, best one of these."""
        name = next((name for name in wanted if name in self._names), "")
        return f"{{{name or next(iter(self._names), wanted[0])}}}"

    def _on_edited(self) -> None:
        self._timer.stop()
        self._mark_labels()
        if self._lacks_labels():
            return
        template = self.template()
        if template == self._shown:
            return
        self._shown = template
        self.template_chosen.emit(template)


def _kind_of(template: Template) -> str:
    """By which of its fields a template makes text."""
    if template.style is not None:
        return template.style
    if template.labels is not None:
        return "labels"
    if template.text is not None:
        return "text"
    return "auto" if template.is_empty else "parts"


def _field(name: str, hint: str) -> QPlainTextEdit:
    field = named(QPlainTextEdit(), name)
    field.setPlaceholderText(hint)
    field.setTabChangesFocus(True)
    field.setFixedHeight(round((_LINES + 0.7) * field.fontMetrics().lineSpacing()))
    return field
