"""Settings: each is applied and saved at once, so there is nothing to confirm."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from act_core.settings import FONT_PERCENT_RANGE, Settings
from act_gui.preferences import Preferences
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label
from act_gui.widgets.named import named


class SettingsDialog(QDialog):
    """Shows the preferences and follows them, also when they are changed elsewhere."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Settings"))
        self._preferences = preferences
        self._build()
        self._show()
        self._connect()

    def _build(self) -> None:
        self.theme = named(QComboBox(), tr("Theme"))
        self.theme.addItem(tr("As the system"), "system")
        self.theme.addItem(tr("Light"), "light")
        self.theme.addItem(tr("Dark"), "dark")
        least, most = FONT_PERCENT_RANGE
        self.slider = named(QSlider(Qt.Orientation.Horizontal), tr("Size of the text"))
        self.slider.setRange(least, most)
        self.slider.setSingleStep(5)
        self.percent = named(QSpinBox(suffix=tr(" %")), tr("Size of the text in percent"))
        self.percent.setRange(least, most)
        self.percent.setSingleStep(5)
        self.percent.setKeyboardTracking(False)
        explain = tr("Explain each page in a sentence")
        self.explain = named(QCheckBox(explain), explain)
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
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAccessibleName(tr("Close"))
        buttons.addButton(self.reset_button, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addLayout(grid)
        layout.addWidget(label(tr("Changes are kept at once."), "muted"))
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.setMinimumWidth(28 * self.fontMetrics().height())

    def _connect(self) -> None:
        change = self._preferences.change
        self.theme.activated.connect(lambda _row: change(theme=self.theme.currentData()))
        self.slider.valueChanged.connect(self._on_slid)
        self.slider.sliderReleased.connect(lambda: change(font_percent=self.slider.value()))
        self.percent.valueChanged.connect(lambda value: change(font_percent=value))
        self.explain.toggled.connect(lambda on: change(explain=on))
        self._preferences.changed.connect(self._show)

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
