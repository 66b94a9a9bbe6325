"""Choosing a model: by typing or pasting its path or its name on the Hub, or through dialogs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStringListModel, QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QWidget

from act_core.hub.names import hub_name
from act_gui.dialogs.files import ask_files, model_kinds
from act_gui.dialogs.folder import ask_folder
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.completing import offer


class ModelPicker(QWidget):
    """A line for the path or name, and buttons for folder, file, adapter and the Hub.

    Args:
        name: What the model is for; said by screen readers.
        adapters: Whether adapters may be chosen.

    Signals:
        chosen: The reference of the model that was chosen.
        hub_wanted: The person wants to look for it on the Hub.
    """

    chosen = Signal(str)
    hub_wanted = Signal()

    def __init__(self, name: str, *, adapters: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.line = QLineEdit(
            placeholderText=tr("Path of a folder or file, or owner/name on the Hub")
        )
        self.line.setToolTip(_forms())
        self.line.setAccessibleName(tr("Path or name: {name}", name=name))
        self.folder_button = push_button(tr("Folder…"), self._on_folder, "folder")
        self.file_button = push_button(tr("File…"), self._on_file, "file")
        self.adapter_button = push_button(tr("Adapter…"), self._on_adapter, "add")
        self.adapter_button.setToolTip(tr("A folder that PEFT has saved; it stands on a base"))
        self.hub_button = push_button(tr("Hub…"), self.hub_wanted.emit, "hub")
        self.hub_button.setToolTip(tr("Find a model on the Hugging Face Hub"))
        if not adapters:  # shown before it has a parent, it would be a window for a moment
            self.adapter_button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        for button in self.buttons():
            button.setAccessibleName(f"{name}: {button.text()}")
            row.addWidget(button)
        self.line.editingFinished.connect(self._on_typed)

    def buttons(self) -> tuple[QPushButton, ...]:
        """The buttons, in their order."""
        return self.folder_button, self.file_button, self.adapter_button, self.hub_button

    def offer(self, names: QStringListModel) -> None:
        """Offer names while one is written, as they are at that time."""
        offer(self.line, names)

    def reference(self) -> str:
        """What is chosen."""
        return self._shown

    def set_reference(self, reference: str) -> None:
        """Show what is chosen, unless another one is being written."""
        if self.line.isModified() and reference == self._shown:
            return
        self._shown = reference
        self.line.setText(reference)
        self.line.setToolTip(reference or _forms())

    def start(self) -> Path:
        """Where dialogs begin: beside what is chosen."""
        folder = Path(self._shown.split("+")[0]).parent
        return folder if folder.is_absolute() else Path.home()

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
        title = tr("Choose a model file")
        ask_files(self, title, self.start(), model_kinds(), lambda paths: self._take(paths))

    def _on_adapter(self) -> None:
        ask_folder(self, tr("Choose an adapter folder"), self.start(), self._on_path)

    def _on_path(self, path: Path) -> None:
        self._take([path])

    def _take(self, paths: Sequence[Path]) -> None:
        self.chosen.emit(reference_of(str(paths[0])))


def reference_of(text: str) -> str:
    """A reference as the recipe holds it, from what a person typed, pasted or dropped.

    Quotes and `file://` of other programs fall away, `~` is spelt out, the address of a page on
    the Hub becomes a name, and what exists becomes absolute, so that it means the same tomorrow.
    """
    text = text.strip().strip("\"'").strip()
    if text.startswith("file:"):
        text = QUrl(text).toLocalFile()
    if "://" in text and (name := hub_name(text)) is not None and name.kind == "model":
        return str(name)
    if not text or Path(text).expanduser().exists():
        return _absolute(text)
    return "+".join(_absolute(part) for part in text.split("+"))


def short_name(reference: str) -> str:
    """The last part of a path; of an adapter on a base, of both."""
    if Path(reference).exists():
        return Path(reference).name or reference
    return " + ".join(Path(part).name or part for part in reference.split("+"))


def _forms() -> str:
    return tr(
        "A folder, a .safetensors or .gguf file, owner/name, owner/name@revision, "
        "owner/name:subfolder, or the address of a page of the Hub"
    )


def _absolute(text: str) -> str:
    path = Path(text).expanduser()
    return os.path.abspath(path) if text and path.exists() else text
