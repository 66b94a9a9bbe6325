"""Settings: each is applied and saved at once, so there is nothing to confirm."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QSlider,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from act_core.settings import FONT_PERCENT_RANGE, Settings
from act_gui.dialogs.hub_account import AccountBox
from act_gui.dialogs.hub_connection import ConnectionBox
from act_gui.preferences import Preferences
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label
from act_gui.widgets.named import named
from act_gui.widgets.scrolling import SideColumn
from act_gui.widgets.spin_boxes import SpinBox

_WIDTH_EM, _HEIGHT_EM = 42, 48


class SettingsDialog(QDialog):
    """Shows the preferences and follows them, also when they are changed elsewhere.

    Args:
        preferences: The settings.
        parent: Owner.
        on_hub: Begin with the Hub.

    Signals:
        hub_changed: Somebody has logged in to the Hub or out, or it is reached otherwise.
    """

    hub_changed = Signal()

    def __init__(
        self, preferences: Preferences, parent: QWidget | None = None, *, on_hub: bool = False
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings"))
        self._preferences = preferences
        self._way = preferences.settings.hub
        self._asked = False
        self._build()
        self._show()
        self._connect()
        self.tabs.setCurrentIndex(int(on_hub))
        self._on_tab()

    def _build(self) -> None:
        self.theme = named(QComboBox(), tr("Theme"))
        self.theme.addItem(tr("As the system"), "system")
        self.theme.addItem(tr("Light"), "light")
        self.theme.addItem(tr("Dark"), "dark")
        least, most = FONT_PERCENT_RANGE
        self.slider = named(QSlider(Qt.Orientation.Horizontal), tr("Size of the text"))
        self.slider.setRange(least, most)
        self.slider.setSingleStep(5)
        self.percent = named(SpinBox(suffix=tr(" %")), tr("Size of the text in percent"))
        self.percent.setRange(least, most)
        self.percent.setSingleStep(5)
        self.percent.setKeyboardTracking(False)
        explain = tr("Explain each page in a sentence")
        self.explain = named(QCheckBox(explain), explain)
        self.tabs = named(QTabWidget(), tr("Sections"))
        self.tabs.addTab(self._general_tab(), tr("General"))
        self.tabs.addTab(self._hub_tab(), tr("Hugging Face Hub"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAccessibleName(tr("Close"))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(label(tr("Changes are kept at once."), "muted"))
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.setMinimumWidth(_WIDTH_EM * em)
        self.resize(_WIDTH_EM * em, _HEIGHT_EM * em)

    def _general_tab(self) -> QWidget:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        grid.addWidget(label(tr("Theme")), 0, 0)
        grid.addWidget(self.theme, 0, 1)
        grid.addWidget(label(tr("Size of the text")), 1, 0)
        size = QHBoxLayout()
        size.addWidget(self.slider, 1)
        size.addWidget(self.percent)
        grid.addLayout(size, 1, 1)
        grid.addWidget(self.explain, 2, 1)
        grid.setColumnStretch(1, 1)
        self.reset_button = push_button(tr("Restore defaults"), self._on_reset)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.reset_button)
        tab = QWidget()
        column = QVBoxLayout(tab)
        column.setContentsMargins(14, 14, 14, 14)
        column.addLayout(grid)
        column.addStretch(1)
        column.addLayout(row)
        return tab

    def _hub_tab(self) -> QWidget:
        self.account = AccountBox(self._preferences)
        self.connection = ConnectionBox(self._preferences)
        cards = SideColumn()
        for card in (self.account, self.connection):
            cards.add_card(card)
        tab = QWidget()
        column = QVBoxLayout(tab)
        column.setContentsMargins(12, 12, 6, 12)
        column.addWidget(cards)
        return tab

    def _connect(self) -> None:
        change = self._preferences.change
        self.theme.activated.connect(lambda _row: change(theme=self.theme.currentData()))
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(lambda: change(font_percent=self.slider.value()))
        self.percent.valueChanged.connect(lambda value: change(font_percent=value))
        self.explain.toggled.connect(lambda on: change(explain=on))
        self._preferences.changed.connect(self._show)
        self._preferences.changed.connect(self._on_changed)
        self.account.changed.connect(self.hub_changed)
        self.tabs.currentChanged.connect(self._on_tab)

    def _on_tab(self, *_ignored: object) -> None:
        """The Hub is only asked once somebody looks."""
        if self.tabs.currentIndex() == 1 and not self._asked:
            self._asked = True
            self.account.look()

    def _on_changed(self) -> None:
        way = self._preferences.settings.hub
        if way == self._way:
            return
        self._way = way
        self.connection.show_settings()
        if self._asked:
            self.account.look()
        self.hub_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Enter ends a field, and does not press a button that is somewhere else."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        self.connection.keep()
        super().done(result)

    def _on_slid(self, value: int) -> None:
        """While the slider is dragged the text keeps its size, or it would run from the pointer."""
        if not self.slider.isSliderDown():
            self._preferences.change(font_percent=value)

    def _on_reset(self) -> None:
        known = Settings()
        self._preferences.change(
            theme=known.theme, font_percent=known.font_percent, explain=known.explain
        )

    def _show(self) -> None:
        settings = self._preferences.settings
        fields = (self.theme, self.slider, self.percent, self.explain)
        for field in fields:
            field.blockSignals(True)
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        self.slider.setValue(settings.font_percent)
        self.percent.setValue(settings.font_percent)
        self.explain.setChecked(settings.explain)
        for field in fields:
            field.blockSignals(False)
