"""The menu that writes a channel map to a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from act_core.errors import ErrorRecord
from act_core.files import write_whole
from act_gui.maps.export import export_csv, png_of, svg_of
from act_gui.maps.map_pane import MapPane
from act_gui.maps.map_task import start_writing
from act_gui.text import tr


class MapFiles(QObject):
    """Asks where to, and writes.

    Attributes:
        menu: What can be written.

    Signals:
        written: The path of a file.
        failed: An `ErrorRecord`.
    """

    written = Signal(object)
    failed = Signal(object)

    def __init__(self, pane: MapPane, parent: QWidget) -> None:
        super().__init__(parent)
        self._pane = pane
        self._parent = parent
        self.menu = QMenu(parent)
        self.menu.setAccessibleName(tr("Export the map"))
        pictures: tuple[tuple[str, str, Callable[[Path], None]], ...] = (
            (tr("Picture of the view (PNG)…"), "png", partial(self.write_png, ratio=1)),
            (tr("Picture with twice the pixels (PNG)…"), "png", partial(self.write_png, ratio=2)),
            (tr("Drawing of the view (SVG)…"), "svg", self.write_svg),
        )
        for text, ending, write in pictures:
            self._add(text, ending, write)
        self.menu.addSeparator()
        for text, part in (
            (tr("Numbers of all channels (CSV)…"), "all"),
            (tr("Numbers of the view (CSV)…"), "view"),
            (tr("Numbers of the mask (CSV)…"), "mask"),
        ):
            numbers = partial(self.write_csv, part=part)
            action = self._add(text, "csv", numbers)
            if part == "mask":
                self._mask_action = action
        self.set_mask(False)

    def set_mask(self, there: bool) -> None:
        """Whether there is a mask whose channels can be written."""
        self._mask_action.setEnabled(there)

    def write_png(self, path: Path, *, ratio: int) -> None:
        """Write the view as a picture."""
        self._write(path, partial(write_whole, path, png_of(self._pane, ratio=ratio)))

    def write_svg(self, path: Path) -> None:
        """Write the view as a drawing."""
        self._write(path, partial(write_whole, path, svg_of(self._pane)))

    def write_csv(self, path: Path, *, part: str) -> None:
        """Write numbers: `all`, `view` or `mask`."""
        layout, data, selected = self._pane.layout_shown, self._pane.data, self._pane.selected
        if layout is None or data is None:
            return
        channels: NDArray[np.int64] = np.arange(layout.total)
        if part == "view":
            channels = self._pane.canvas.visible_channels()
        elif part == "mask" and selected is not None:
            channels = np.flatnonzero(selected)
        # Live rows go on coming while the file is written.
        chosen = None if selected is None else selected.copy()
        values = data.values.copy()

        self._write(path, partial(export_csv, path, layout, values, chosen, channels))

    def _add(self, text: str, ending: str, write: Callable[[Path], None]) -> QAction:
        # One that Qt makes leaves its Python half behind, which a later one may be given.
        action = QAction(text, self.menu)
        action.triggered.connect(lambda _checked=False: self._ask(ending, write))
        self.menu.addAction(action)
        return action

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        start_writing(path, write, self._on_written, self._on_failed)

    def _ask(self, ending: str, write: Callable[[Path], None]) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._parent, tr("Export the map"), f"channel-map.{ending}", f"*.{ending}"
        )
        if name:
            write(Path(name).with_suffix(f".{ending}"))

    def _on_written(self, path: Path) -> None:
        self.written.emit(path)

    def _on_failed(self, error: ErrorRecord) -> None:
        self.failed.emit(error)
