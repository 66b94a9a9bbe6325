"""Asking for files without holding the window up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from act_gui.text import tr


def model_kinds() -> str:
    """The filter for models that are a single file."""
    return tr("Models (*.safetensors *.gguf);;All files (*)")


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


def ask_save(
    parent: QWidget, title: str, name: str, kinds: str, then: Callable[[Path], object]
) -> QFileDialog:
    """Open a dialog for a file to write; it asks before one is replaced.

    Args:
        parent: Owner.
        title: Of the dialog.
        name: Of the file, as proposed; its ending is added where the person writes none.
        kinds: Filter as Qt writes it.
        then: Gets the file.
    """
    dialog = QFileDialog(parent, title, str(Path.home()), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.open()
    return dialog
