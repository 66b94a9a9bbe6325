"""About: versions, and one click that copies them for a bug report."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from act_core.settings import home_folder
from act_core.versions import versions
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.facts import FactGrid
from act_gui.widgets.labels import label


class AboutDialog(QDialog):
    """What this is, and what it runs on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About ACT Studio"))
        self._facts = {**versions(), tr("Settings and log"): str(home_folder())}
        grid = FactGrid()
        grid.set_facts(self._facts)
        self.copy_button = push_button(tr("Copy for a bug report"), self._on_copy, "copy")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAccessibleName(tr("Close"))
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addWidget(label(tr("ACT Studio"), "title"))
        layout.addWidget(
            label(
                tr(
                    "Moves abilities between language models of one architecture, channel by "
                    "channel, and verifies the result. It sends nothing anywhere by itself."
                ),
                wrap=True,
            )
        )
        layout.addWidget(grid)
        layout.addStretch(1)
        layout.addWidget(buttons)
        width_px = 34 * self.fontMetrics().height()
        self.resize(width_px, layout.totalHeightForWidth(width_px))

    def _on_copy(self) -> None:
        lines = [f"{name}: {value}" for name, value in self._facts.items()]
        QGuiApplication.clipboard().setText("\n".join(lines))
