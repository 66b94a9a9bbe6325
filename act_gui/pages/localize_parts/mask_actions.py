"""What a person does with masks: edits by hand, set operations, keeping, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from act_core.errors import MaskError
from act_core.localize.algebra import complement
from act_core.localize.hand import OPERATIONS, Change, with_channels
from act_core.localize.library import SUFFIX
from act_core.localize.masks import Mask
from act_gui.context import Context
from act_gui.pages.localize_parts.edits import Edits
from act_gui.pages.localize_parts.library import Library
from act_gui.pages.localize_parts.library_card import LibraryCard
from act_gui.pages.localize_parts.selection import Selection
from act_gui.text import tr


class MaskActions(QObject):
    """Carries out what the library card and the map ask for.

    Args:
        context: The open project.
        selection: What is selected.
        edits: Changes the recipe.
        library: The project's masks.
        card: Whose signals are followed.
        window: Owner, and parent of file dialogs.
    """

    def __init__(
        self,
        context: Context,
        selection: Selection,
        edits: Edits,
        library: Library,
        card: LibraryCard,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._context, self._window, self._card = context, window, card
        self._selection, self._edits, self._library = selection, edits, library
        self._connect(card)

    def _connect(self, card: LibraryCard) -> None:
        card.keep_wanted.connect(self._on_keep)
        card.use_wanted.connect(self._on_use)
        card.operation_wanted.connect(self._on_operation)
        card.complement_wanted.connect(self._on_complement)
        card.random_wanted.connect(self._on_random)
        card.import_wanted.connect(self._on_import)
        card.export_wanted.connect(self._on_export)
        card.delete_wanted.connect(self._on_delete)
        card.noted.connect(self._library.set_note)
        card.table.renamed.connect(self._library.rename)
        self._edits.mask_written.connect(self._on_written)

    def edit_region(self, channels: NDArray[np.int64], change: Change) -> None:
        """Add channels to the selection, take them away, or select them alone."""
        mask = self._selection.mask()
        if mask is not None:
            self._edit(with_channels(mask, channels, change), tr("Edit by hand"))

    def _edit(self, mask: Mask, text: str) -> None:
        if not mask.count:
            self._context.notices.error(
                MaskError("No channel would be left.", remedy="Take fewer channels away.")
            )
            return
        self._selection.show_edited(mask)
        self._edits.use_edited(self._selection.specialist, mask, text)

    def _on_written(self) -> None:
        self._selection.edit_written()
        self._library.read_again()

    def _on_keep(self, name: str) -> None:
        mask = self._selection.mask()
        if mask is not None:
            self._library.keep(mask, name)
            self._card.name.clear()

    def _on_use(self, path: Path) -> None:
        self._edits.use_mask(self._selection.specialist, path, tr("Use mask"))

    def _on_operation(self, name: str, path: Path) -> None:
        mask, other = self._selection.mask(), self._library.mask_at(path)
        if mask is not None and other is not None:
            titles = {
                "union": tr("Union"),
                "intersection": tr("Intersection"),
                "difference": tr("Difference"),
            }
            self._edit(OPERATIONS[name](mask, other), titles[name])

    def _on_complement(self) -> None:
        mask = self._selection.mask()
        if mask is not None:
            self._edit(complement(mask), tr("Complement"))

    def _on_random(self) -> None:
        mask = self._selection.mask()
        if mask is not None:
            self._library.keep_random(mask, tr("random control"))

    def _on_import(self) -> None:
        title, kinds = tr("Import a mask"), tr("Masks (*.safetensors)")
        name, _ = QFileDialog.getOpenFileName(self._window, title, "", kinds)
        if name:
            self._library.bring_in(Path(name))

    def _on_export(self) -> None:
        mask = self._selection.mask()
        title, kinds = tr("Export the selection"), tr("Masks (*.safetensors)")
        wish = self._selection.specialist + SUFFIX
        name, _ = QFileDialog.getSaveFileName(self._window, title, wish, kinds)
        if name and mask is not None:
            self._library.write_out(mask, Path(name).with_suffix(SUFFIX))

    def _on_delete(self, path: Path) -> None:
        if any(s.mask == path for s in self._context.project.draft.specialists.values()):
            self._context.notices.note(tr("The mask is in use, so it stays."), "warning")
        else:
            self._library.remove(path)
