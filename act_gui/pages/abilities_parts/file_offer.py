"""What a chosen file offers: how its rows are used, from which columns, and each language apart."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QWidget

from act_core.abilities.offers import ColumnUse, Offer
from act_core.report.numbers import count
from act_core.report.results import MEASURES
from act_core.report.verdict import listed
from act_gui.pages.abilities_parts.adding import Choice
from act_gui.pages.abilities_parts.names_text import parts_of
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.named import named

_SHOWN_LANGUAGES = 12


class FileOffer(QWidget):
    """Hidden until a file was looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offer: Offer | None = None
        self.words = label("", wrap=True)
        self.use = named(QComboBox(), tr("How rows are used"))
        self.first = named(QComboBox(), tr("Column of the text or the question"))
        self.second = named(QComboBox(), tr("Column of the answer"))
        self.apart = named(
            QCheckBox(tr("Each language is an ability of its own")), tr("Languages apart")
        )
        self.languages = named(QLineEdit(), tr("Languages"))
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.addRow(self.words)
        self._form.addRow(tr("Use as"), self.use)
        self._first_label = label(tr("Text from"))
        self._form.addRow(self._first_label, self.first)
        self._form.addRow(tr("Answer from"), self.second)
        self._form.addRow("", self.apart)
        self._form.addRow(tr("Languages"), self.languages)
        self.use.activated.connect(self._on_use)
        self.apart.toggled.connect(self._show_rows)
        self.hide()

    def set_offer(self, offer: Offer | None) -> None:
        """Show what a file offers; None hides everything."""
        self._offer = offer
        self.setVisible(offer is not None)
        if offer is None:
            return
        self.use.clear()
        if offer.suggestion is not None:
            self.use.addItem(tr("As found: {what}", what=tr(offer.suggestion.title)), None)
        if offer.columns:
            self.use.addItem(tr("Plain text from a column"), "text")
        if len(offer.columns) > 1:
            self.use.addItem(tr("Question and answer from two columns"), "question")
        for box in (self.first, self.second):
            box.clear()
            box.addItems(offer.columns)
        self.apart.setChecked(1 < len(offer.languages) <= _SHOWN_LANGUAGES)
        self.languages.setText(", ".join(offer.languages))
        self._on_use()

    def choice(self) -> Choice | None:
        """What is chosen; None where nothing was looked at.

        Raises:
            ValueError: A language is not in the file; the reason is for people.
        """
        offer = self._offer
        if offer is None or self.use.currentIndex() < 0:
            return None
        return Choice(
            offer.language_field,
            self.use.currentData(),
            self.first.currentText(),
            self.second.currentText(),
            self._languages(offer) if self.apart.isChecked() else (),
        )

    def _languages(self, offer: Offer) -> tuple[str, ...]:
        wanted = parts_of(self.languages.text())
        unknown = [name for name in wanted if name not in offer.languages]
        if unknown or not wanted:
            missing = ", ".join(unknown) or tr("no language")
            text = tr("The file has no rows of {languages}.", languages=missing)
            raise ValueError(text)
        return wanted

    def _on_use(self) -> None:
        if self._offer is None:
            return
        use = self.use.currentData()
        if use is not None:
            guessed = self._offer.guess(use)
            for box, name in zip((self.first, self.second), guessed, strict=True):
                box.setCurrentIndex(max(0, box.findText(name)))
        self._show_rows()

    def _show_rows(self) -> None:
        if self._offer is None:
            return
        use = self.use.currentData()
        self._form.setRowVisible(self.use, self.use.count() > 0)
        self._form.setRowVisible(self.first, use is not None)
        self._form.setRowVisible(self.second, use == "question")
        is_text = use == "text"
        self._first_label.setText(tr("Text from") if is_text else tr("Question from"))
        several = bool(self._offer.languages)
        self._form.setRowVisible(self.apart, several)
        self._form.setRowVisible(self.languages, several and self.apart.isChecked())
        self.words.setText(_told(self._offer, use))


def _told(offer: Offer, use: ColumnUse | None) -> str:
    """What was found, in sentences."""
    parts = [] if offer.rows is None else [tr("{rows} rows.", rows=count(offer.rows))]
    if offer.suggestion is not None and use is None:
        measures = listed([tr(MEASURES[name]) for name in offer.suggestion.measures])
        parts.append(
            tr(
                "They look like {what}: measured by {measures}.",
                what=tr(offer.suggestion.title),
                measures=measures,
            )
        )
    elif offer.problem is not None:
        parts.append(tr("No known form: say which columns to use."))
    if not offer.columns and offer.problem is not None:
        parts.append(tr("No column has a plain name and holds text."))
    if offer.languages:
        names = [f"{name} ({count(n)})" for name, n in offer.languages.items()]
        more = len(names) - _SHOWN_LANGUAGES
        shown = ", ".join(names[:_SHOWN_LANGUAGES]) + (f", … (+{more})" if more > 0 else "")
        parts.append(tr("Languages: {names}.", names=shown))
    return " ".join(parts)
