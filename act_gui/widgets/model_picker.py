"""Choosing a model: by typing or pasting its path, or through the dialogs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from act_gui.dialogs.files import ask_files
from act_gui.dialogs.folder import ask_folder
from act_gui.text import tr
from act_gui.widgets.buttons import push_button


class ModelPicker(QWidget):
    """A line for the path, and buttons for folder, file and adapter.

    Args:
        name: What the model is for; said by screen readers.
        adapters: Whether adapters may be chosen.

    Signals:
        chosen: The reference of the model that was chosen.
    """

    chosen = Signal(str)

    def __init__(self, name: str, *, adapters: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.line = QLineEdit(placeholderText=tr("Path of a folder, .safetensors or .gguf file"))
        self.line.setAccessibleName(tr("Path: {name}", name=name))
        self.folder_button = push_button(tr("Folder…"), self._on_folder, "folder")
        self.file_button = push_button(tr("File…"), self._on_file, "file")
        self.adapter_button = push_button(tr("Adapter…"), self._on_adapter, "add")
        self.adapter_button.setToolTip(tr("A folder that PEFT has saved; it stands on a base"))
        if not adapters:  # shown before it has a parent, it would be a window for a moment
            self.adapter_button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        for button in (self.folder_button, self.file_button, self.adapter_button):
            button.setAccessibleName(f"{name}: {button.text()}")
            row.addWidget(button)
        self.line.editingFinished.connect(self._on_typed)

    def set_reference(self, reference: str) -> None:
        """Show what is chosen, unless another one is being written."""
        if self.line.isModified() and reference == self._shown:
            return
        self._shown = reference
        self.line.setText(reference)
        self.line.setToolTip(reference)

    def start(self) -> Path:
        """Where dialogs begin: beside what is chosen."""
        return Path(self._shown.split("+")[0]).parent if self._shown else Path.home()

    def _on_typed(self) -> None:
        reference = reference_of(self.line.text())
        self.line.setModified(False)
        if reference != self._shown:
            self.chosen.emit(reference)
        else:
            self.line.setText(reference)

    def _on_folder(self) -> None:
        ask_folder(self, tr("Choose a model folder"), self.start(), self._on_path)

    def _on_file(self) -> None:
        kinds = tr("Models (*.safetensors *.gguf);;All files (*)")
        ask_files(
            self, tr("Choose a model file"), self.start(), kinds, lambda paths: self._take(paths)
        )

    def _on_adapter(self) -> None:
        ask_folder(self, tr("Choose an adapter folder"), self.start(), self._on_path)

    def _on_path(self, path: Path) -> None:
        self._take([path])

    def _take(self, paths: Sequence[Path]) -> None:
        self.chosen.emit(reference_of(str(paths[0])))


def reference_of(text: str) -> str:
    """A reference as the recipe holds it, from what a person typed, pasted or dropped.

    Quotes and `file://` of other programs fall away, `~` is spelt out, and what exists becomes
    absolute, so that it means the same tomorrow.
    """
    text = text.strip().strip("\"'").strip()
    if text.startswith("file:"):
        text = QUrl(text).toLocalFile()
    if not text or Path(text).expanduser().exists():
        return _absolute(text)
    return "+".join(_absolute(part) for part in text.split("+"))


def short_name(reference: str) -> str:
    """The last part of a path; of an adapter on a base, of both."""
    if Path(reference).exists():
        return Path(reference).name or reference
    return " + ".join(Path(part).name or part for part in reference.split("+"))


def _absolute(text: str) -> str:
    path = Path(text).expanduser()
    return os.path.abspath(path) if text and path.exists() else text
