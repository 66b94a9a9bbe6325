"""The list of all commands with their keys, made from the table of commands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from act_gui.actions import commands, keys_text, menus
from act_gui.text import tr
from act_gui.widgets.named import named, search_line


class ShortcutsDialog(QDialog):
    """Commands by menu; a line above filters them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.search = search_line(tr("Filter the commands"))
        self.tree = named(QTreeWidget(), tr("Commands and their keys"))
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setHeaderLabels([tr("Command"), tr("Keys"), tr("Menu")])
        titles = menus()
        self._items = []
        for command in commands():
            row = [command.title.rstrip("."), keys_text(command), titles[command.menu]]
            row[2] = row[2].replace("&", "")
            self._items.append(QTreeWidgetItem(self.tree, row))
        for column in range(3):
            self.tree.resizeColumnToContents(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAccessibleName(tr("Close"))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.tree)
        layout.addWidget(buttons)
        self.search.textChanged.connect(self._on_filtered)
        line_px = self.fontMetrics().height()
        self.resize(36 * line_px, 34 * line_px)

    def _on_filtered(self, text: str) -> None:
        for item in self._items:
            words = " ".join(item.text(column) for column in range(3))
            item.setHidden(text.casefold() not in words.casefold())
