"""The model card: generated from what is known, and the person's own once it is edited."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QTabWidget, QTextBrowser, QWidget

from act_core.models.describe import without_front_matter
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label

_LINES = 18


class CardEditor(Card):
    """A preview and the text behind it.

    Attributes:
        edited: The text is the person's.

    Signals:
        text_edited: The person changed the text.
        reset_wanted: The person wants the generated text back.
    """

    text_edited = Signal()
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Model card"), parent)
        self.edited = False
        self.reset_button = push_button(tr("Back to the generated card"), self._on_reset, "undo")
        self.head.addWidget(self.reset_button)
        self.words = label("", "muted", wrap=True)
        self.field = QPlainTextEdit()
        self.field.setAccessibleName(tr("Text of the model card"))
        self.field.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.field.setTabChangesFocus(True)
        self.preview = QTextBrowser(openExternalLinks=False, openLinks=False)
        self.preview.setAccessibleName(tr("Preview of the model card"))
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(tr("Model card"))
        self.tabs.tabBar().setAccessibleName(tr("Model card"))
        self.tabs.addTab(self.preview, tr("Preview"))
        self.tabs.addTab(self.field, tr("Edit"))
        self.tabs.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        self.body.addWidget(self.words)
        self.body.addWidget(self.tabs)
        self.field.textChanged.connect(self._on_changed)
        self._show("", edited=False)

    def text(self) -> str:
        """The card as it would be exported."""
        return self.field.toPlainText()

    def show_generated(self, text: str) -> None:
        """Show what the program writes."""
        self._show(text, edited=False)

    def show_edited(self, text: str) -> None:
        """Show what the person wrote."""
        self._show(text, edited=True)

    def show_hint(self, text: str) -> None:
        """Say why there is no card yet."""
        self.words.setText(text)
        self.words.setVisible(True)
        self.tabs.setVisible(False)
        self.reset_button.setVisible(False)

    def _show(self, text: str, *, edited: bool) -> None:
        self.edited = edited
        self.words.setVisible(False)
        self.tabs.setVisible(True)
        self.reset_button.setVisible(edited)
        if text != self.text():
            self.field.blockSignals(True)
            self.field.setPlainText(text)
            self.field.blockSignals(False)
        self.preview.setMarkdown(without_front_matter(text))

    def _on_changed(self) -> None:
        self.edited = True
        self.reset_button.setVisible(True)
        self.preview.setMarkdown(without_front_matter(self.text()))
        self.text_edited.emit()

    def _on_reset(self) -> None:
        self.edited = False
        self.reset_button.setVisible(False)
        self.reset_wanted.emit()
