"""What is asked, and of whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QSlider, QWidget

from act_core.talk.question import MASK
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.text_area import TextArea

_LINES = 4
_IN_A_ROW = 4
_REST_MS = 400
_MOST_PERCENT = 150


class PromptBox(TextArea):
    """Where the person writes; Ctrl+Enter sends.

    Signals:
        send_wanted: The prompt is written.
    """

    send_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_LINES, fixed=True, parent=parent)
        self.setAccessibleName(tr("Prompt"))
        self.setPlaceholderText(tr("Write a prompt. Ctrl+Enter sends it."))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() in keys and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.send_wanted.emit()
            return
        super().keyPressEvent(event)


class PromptCard(Card):
    """Prompt, candidates, and the strength of the mask.

    Signals:
        send_wanted: The prompt is written.
        changed: Text or candidates are others than before.
        strength_moved: The slider is at another strength.
        strength_rests: It has been left there.
    """

    send_wanted = Signal()
    changed = Signal()
    strength_moved = Signal()
    strength_rests = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setAccessibleName(tr("Prompt"))
        self.who: dict[str, QCheckBox] = {}
        self.box = PromptBox()
        self._who = QGridLayout()
        self._who.setHorizontalSpacing(18)
        self.slider = named(QSlider(Qt.Orientation.Horizontal), tr("Strength of the mask"))
        self.slider.setMaximum(_MOST_PERCENT)
        self.slider.setValue(100)
        self.slider.setPageStep(25)
        self.slider_words = label(tr("Strength of the mask"), "muted")
        self.slider_value = label()
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        row = QHBoxLayout()
        row.addWidget(self.slider_words)
        row.addWidget(self.slider, 1)
        row.addWidget(self.slider_value)
        self.body.addWidget(self.box)
        self.body.addLayout(self._who)
        self.body.addLayout(row)
        self.box.send_wanted.connect(self.send_wanted)
        self.box.textChanged.connect(self.changed)
        self.slider.valueChanged.connect(self._on_slider)
        self._rest.timeout.connect(self.strength_rests)
        self._show_strength()

    @property
    def text(self) -> str:
        """What is asked."""
        return self.box.toPlainText().strip()

    @property
    def strength(self) -> float:
        """Of the mask, 0 to 1.5."""
        return int(self.slider.value()) / 100

    @property
    def chosen(self) -> tuple[str, ...]:
        """Candidates that are asked, in order."""
        return tuple(n for n, box in self.who.items() if box.isChecked() and box.isEnabled())

    def begin_at(self, strength: float) -> None:
        """Put the slider to a strength without asking anybody."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(100 * strength))
        self._show_strength()

    def set_candidates(self, titles: Mapping[str, str], able: Collection[str]) -> None:
        """Offer candidates; who is not able to answer yet is shown but cannot be chosen."""
        if tuple(self.who) != tuple(titles):
            chosen = {name for name, box in self.who.items() if box.isChecked()}
            known = set(self.who)
            for box in self.who.values():
                self._who.removeWidget(box)
                box.hide()
                box.deleteLater()
            self.who.clear()
            for place, name in enumerate(titles):
                box = QCheckBox()
                # The mask at a strength of its own is asked for only where that is wished.
                box.setChecked(name in chosen if name in known else name != MASK)
                box.toggled.connect(self._on_who)
                self._who.addWidget(box, place // _IN_A_ROW, place % _IN_A_ROW)
                self.who[name] = box
            self._who.setColumnStretch(_IN_A_ROW, 1)
            self.set_tab_order()
        for name, title in titles.items():
            with QSignalBlocker(self.who[name]):
                self.who[name].setText(title)
                self.who[name].setAccessibleName(tr("Ask {who}", who=title))
                self.who[name].setEnabled(name in able)
                self.who[name].setToolTip(
                    "" if name in able else tr("Select channels on the page Localize first.")
                )
        self._show_strength()

    def set_tab_order(self) -> None:
        """The boxes were made last but stand between the prompt and the slider."""
        before: QWidget = self.box
        for box in (*self.who.values(), self.slider):
            QWidget.setTabOrder(before, box)
            before = box

    def _on_who(self, _checked: bool) -> None:
        self._show_strength()
        self.changed.emit()

    def _on_slider(self, _value: int) -> None:
        self._show_strength()
        self.strength_moved.emit()
        self._rest.start()

    def _show_strength(self) -> None:
        self.slider_value.setText(f"{self.strength:.2f}")
        for widget in (self.slider, self.slider_words, self.slider_value):
            widget.setEnabled(MASK in self.chosen)
