"""Asking for files without holding the window up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_files(
    parent: QWidget,
    title: str,
    start: Path,
    kinds: str,
    then: Callable[[list[Path]], None],
    *,
    several: bool = False,
) -> QFileDialog:
    """Open a dialog for files that exist.

    Args:
        parent: Owner.
        title: Of the dialog.
        start: Where it begins.
        kinds: Filter as Qt writes it, e.g. `Models (*.safetensors *.gguf)`.
        then: Gets the files that were chosen.
        several: Whether more than one may be chosen.
    """
    dialog = QFileDialog(parent, title, str(start), kinds)
    modes = QFileDialog.FileMode
    dialog.setFileMode(modes.ExistingFiles if several else modes.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda names: then([Path(name) for name in names]))
    dialog.open()
    return dialog
