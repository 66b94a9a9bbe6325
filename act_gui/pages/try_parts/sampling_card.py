"""How answers are drawn, and what the model reads; behind a button each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QVBoxLayout,
    QWidget,
)

from act_core.talk.question import Sampling
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.spin_boxes import DoubleSpinBox, SpinBox
from act_gui.widgets.text_area import TextArea
from act_gui.widgets.unfold import Unfold

_PROMPT_LINES = 5
_IN_A_ROW = 3


class SamplingCard(QWidget):
    """Settings of the answers.

    Signals:
        changed: The chat template is used or not, or the prompt wants to be seen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chat_box = QCheckBox(tr("Use the model's chat template"))
        self._has_template = False
        self.more = Unfold(tr("More"))
        self.more.body.addLayout(self._settings())
        self.reads = Unfold(tr("What the model reads"))
        self.prompt = named(
            TextArea(_PROMPT_LINES, fixed=True, read_only=True), tr("What the model reads")
        )
        self.reads.body.addWidget(self.prompt)
        self.prompt_words = label("", "muted", wrap=True)
        self.reads.body.addWidget(self.prompt_words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (self.chat_box, self.more, self.reads):
            column.addWidget(widget)
        self.chat_box.toggled.connect(self.changed)
        self.reads.button.toggled.connect(self.changed)

    @property
    def chat(self) -> bool:
        """Whether the chat template is used."""
        return self.chat_box.isEnabled() and self.chat_box.isChecked()

    def set_has_template(self, known: bool | None) -> None:
        """Say whether the model has a chat template, used at first; None: that is not known."""
        has = bool(known)
        if has != self._has_template:
            self._has_template = has
            self.chat_box.setChecked(has)
        self.chat_box.setEnabled(has)
        lacks = known is False
        self.chat_box.setText(
            tr("This model has no chat template") if lacks else tr("Use the model's chat template")
        )

    def sampling(self) -> Sampling:
        """The settings as they stand."""
        return Sampling(
            temperature=round(self.temperature.value(), 2),
            top_p=round(self.top_p.value(), 2),
            top_k=self.top_k.value(),
            repetition_penalty=round(self.penalty.value(), 2),
            new_tokens=self.new_tokens.value(),
            seed=self.seed.value(),
        )

    def show_prompt(self, text: str, words: str) -> None:
        """Show what is read, and how long it is."""
        if text != self.prompt.toPlainText():
            self.prompt.setPlainText(text)
        self.prompt_words.setText(words)

    def _settings(self) -> QGridLayout:
        self.temperature = DoubleSpinBox(maximum=5, decimals=2, singleStep=0.1)
        self.temperature.setSpecialValueText(tr("0: the likeliest token"))
        self.top_p = DoubleSpinBox(minimum=0.01, maximum=1, decimals=2, singleStep=0.05, value=1)
        self.top_k = SpinBox(maximum=1_000_000)
        self.top_k.setSpecialValueText(tr("0: all tokens"))
        self.penalty = DoubleSpinBox(minimum=0.5, maximum=5, decimals=2, singleStep=0.05, value=1)
        self.new_tokens = SpinBox(minimum=1, maximum=100_000, value=128)
        self.seed = SpinBox(maximum=2_147_483_647)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        for place, (name, field) in enumerate(
            (
                (tr("Temperature"), self.temperature),
                (tr("Top-p"), self.top_p),
                (tr("Top-k"), self.top_k),
                (tr("Repetition penalty"), self.penalty),
                (tr("Longest answer, tokens"), self.new_tokens),
                (tr("Seed"), self.seed),
            )
        ):
            title = label(name, "muted")
            title.setBuddy(field)
            field.setAccessibleName(name)
            row, column = 2 * (place // _IN_A_ROW), place % _IN_A_ROW
            grid.addWidget(title, row, column)
            grid.addWidget(field, row + 1, column)
            grid.setColumnStretch(column, 1)
        return grid
