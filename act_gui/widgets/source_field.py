"""Where the items of a split come from: files and built-in sets, typed, chosen or dropped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from act_core.recipe import Source
from act_gui.dialogs.files import ask_files
from act_gui.text import tr
from act_gui.widgets.buttons import push_button

BUILTIN = "builtin:"
_BETWEEN = "; "


class SourceField(QWidget):
    """A line with paths, and a button for the dialog.

    Args:
        name: What the items are for.

    Signals:
        chosen: Other `Source`s: a tuple, never empty.
        edited: The text was changed by the person.
    """

    chosen = Signal(tuple)
    edited = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._shown: tuple[Source, ...] = ()
        self.line = QLineEdit(placeholderText=tr(".jsonl, .csv, .txt or .parquet"))
        self.line.setAccessibleName(name)
        self.line.setAcceptDrops(False)
        self.setAcceptDrops(True)
        self.button = push_button(tr("Choose…"), self._on_choose, "file")
        self.button.setAccessibleName(tr("Choose files: {name}", name=name))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.line.editingFinished.connect(self._on_finished)
        self.line.textChanged.connect(self.edited)

    def set_sources(self, sources: Sequence[Source]) -> None:
        """Show sources, unless others are being written."""
        if self.line.isModified() and tuple(sources) == self._shown:
            return
        self._shown = tuple(sources)
        text = source_text(sources)
        self.line.setText(text)
        self.line.setCursorPosition(len(text))
        self.line.setToolTip(text.replace(_BETWEEN, "\n"))

    def sources(self) -> tuple[Source, ...]:
        """What stands in the line; filters of the sources that were shown are kept."""
        where = next((source.where for source in self._shown), {})
        return tuple(
            source.model_copy(update={"where": where}) for source in sources_of(self.line.text())
        )

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Take files, as from the dialog."""
        self.line.setText(_BETWEEN.join(str(path) for path in paths))
        self.line.setModified(True)
        self._on_finished()

    def _on_choose(self) -> None:
        first = next((source.file for source in self.sources() if source.file), None)
        kinds = tr("Data (*.jsonl *.csv *.txt *.parquet);;All files (*)")
        start = first.parent if first else Path.home()
        ask_files(self, self._name, start, kinds, self.set_paths, several=True)

    def _on_finished(self) -> None:
        self.line.setModified(False)
        sources = self.sources()
        if sources and sources != self._shown:
            self.chosen.emit(sources)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        urls = event.mimeData().urls()
        event.acceptProposedAction()
        self.set_paths([Path(url.toLocalFile()) for url in urls if url.isLocalFile()])


def source_text(sources: Sequence[Source]) -> str:
    """Sources as a line of text."""
    return _BETWEEN.join(
        str(source.file) if source.file is not None else f"{BUILTIN}{source.builtin}"
        for source in sources
    )


def sources_of(text: str) -> tuple[Source, ...]:
    """Sources from a line of text; a path that exists as a whole is never split."""
    text = text.strip().strip("\"'")
    parts = [text] if Path(text).expanduser().is_file() else text.split(_BETWEEN.strip())
    found = []
    for part in parts:
        name = part.strip().strip("\"'")
        if name.startswith(BUILTIN):
            found.append(Source(builtin=name.removeprefix(BUILTIN).strip()))
        elif name:
            found.append(Source(file=Path(os.path.abspath(Path(name).expanduser()))))
    return tuple(found)
