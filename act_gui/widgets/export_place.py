"""Where an export goes: a folder and a name in it."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from act_core.errors import OutputError
from act_core.transfer.place import check_name
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label, set_look

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")


class ExportPlace(Card):
    """Two fields; what they say wrongly is told below them.

    Signals:
        path_chosen: The whole `Path` of the export, when both fields are right.
    """

    path_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Where to"), parent)
        self.folder = QLineEdit()
        self.folder.setAccessibleName(tr("Folder"))
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name"))
        self.browse_button = push_button(tr("Choose…"), self._on_browse, "folder")
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse_button)
        form = QFormLayout()
        form.addRow(tr("Folder"), row)
        form.addRow(tr("Name"), self.name)
        self.words = label("", "bad", wrap=True)
        form.addRow("", self.words)
        self.body.addLayout(form)
        for field in (self.folder, self.name):
            field.editingFinished.connect(self._on_edited)
            field.textEdited.connect(self._check)

    def path(self) -> Path:
        """The folder of the export."""
        return Path(self.folder.text()).expanduser() / self.name.text().strip()

    def show_path(self, path: Path) -> None:
        """Show a place, unless the person is typing one."""
        if not (self.folder.hasFocus() or self.name.hasFocus()):
            self.folder.setText(str(path.parent))
            self.name.setText(path.name)
            self._check()

    def problem(self) -> str:
        """What is wrong with the fields; empty where nothing is."""
        folder = Path(self.folder.text()).expanduser()
        if not folder.is_absolute():
            return tr("Give the folder as a whole path.")
        if folder.exists() and not folder.is_dir():
            return tr("{folder} is a file. Choose a folder.", folder=folder)
        if not _NAME.fullmatch(self.name.text().strip()):
            return tr("Names hold letters, digits, dots, dashes and underscores.")
        if _is_taken(self.path()):
            return tr("There is something else by this name already. Choose another name.")
        return ""

    def _check(self, *_ignored: object) -> None:
        problem = self.problem()
        self.words.setText(problem)
        self.words.setVisible(bool(problem))
        set_look(self.name, "invalid", bool(problem))

    def _on_edited(self) -> None:
        self._check()
        if not self.problem():
            self.path_chosen.emit(self.path())

    def _on_browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, tr("Folder of the export"), self.folder.text()
        )
        if chosen:
            self.folder.setText(chosen)
            self._on_edited()


def _is_taken(path: Path) -> bool:
    """Whether something stands at a place that an export must not replace."""
    try:
        check_name(path, overwrite=True)
    except (OutputError, OSError):  # what cannot be looked at is not ours
        return True
    return False
