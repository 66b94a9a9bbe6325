"""Where the items of a split come from: files and built-in sets, typed, chosen or dropped."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from act_core.recipe import Source
from act_gui.dialogs.files import ask_files
from act_gui.text import tr
from act_gui.widgets.buttons import push_button

BUILTIN = "builtin:"
HUB = "hub:"
_HUB_TEXT = re.compile(
    r"(?P<hub>\S+) (?:(?P<config>[^\[]+)/)?(?P<split>[^/\[]+)(?:\[(?P<first>\d+):(?P<end>\d+)\])?"
)
_BETWEEN = "; "


class SourceField(QWidget):
    """A line with paths, and a button for the dialog.

    Args:
        name: What the items are for.
        empty: What stands there for no source; None where there has to be one.

    Signals:
        chosen: Other `Source`s: a tuple, empty only where that is allowed.
        edited: The text was changed by the person.
    """

    chosen = Signal(tuple)
    edited = Signal()

    def __init__(
        self, name: str, *, empty: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._may_be_empty = name, empty is not None
        self._shown: tuple[Source, ...] = ()
        self.line = QLineEdit(placeholderText=empty or tr(".jsonl, .csv, .txt or .parquet"))
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
        if (sources or self._may_be_empty) and sources != self._shown:
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
    return _BETWEEN.join(map(_text, sources))


def _text(source: Source) -> str:
    if source.file is not None:
        return str(source.file)
    if source.hub is None:
        return f"{BUILTIN}{source.builtin}"
    config = f"{source.config}/" if source.config else ""
    rows = "[{}:{}]".format(*source.rows) if source.rows else ""
    return f"{HUB}{source.hub} {config}{source.split}{rows}"


def _of_hub(text: str) -> Source | None:
    """`owner/name@commit config/split[first:behind]`; None where it is not so."""
    found = _HUB_TEXT.fullmatch(text.strip())
    if found is None:
        return None
    rows = (int(found["first"]), int(found["end"])) if found["end"] else None
    try:
        return Source(hub=found["hub"], config=found["config"], split=found["split"], rows=rows)
    except ValidationError:
        return None


def sources_of(text: str) -> tuple[Source, ...]:
    """Sources from a line of text; a path that exists as a whole is never split."""
    text = text.strip().strip("\"'")
    parts = [text] if Path(text).expanduser().is_file() else text.split(_BETWEEN.strip())
    found = []
    for part in parts:
        name = part.strip().strip("\"'")
        if name.startswith(BUILTIN):
            found.append(Source(builtin=name.removeprefix(BUILTIN).strip()))
        elif name.startswith(HUB) and (source := _of_hub(name.removeprefix(HUB))):
            found.append(source)
        elif name:
            found.append(Source(file=Path(os.path.abspath(Path(name).expanduser()))))
    return tuple(found)
