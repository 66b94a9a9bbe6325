"""Asking for a folder without holding the window up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_folder(
    parent: QWidget, title: str, start: Path, then: Callable[[Path], None]
) -> QFileDialog:
    """Open a dialog for a folder.

    Args:
        parent: Owner.
        title: Of the dialog.
        start: Where it begins; the nearest folder above that exists is taken.
        then: Gets the folder that was chosen.
    """
    while not start.is_dir() and start != start.parent:
        start = start.parent
    dialog = QFileDialog(parent, title, str(start))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    dialog.open()
    return dialog
