"""The mask library with what can be done with the chosen mask and the selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from act_core.localize.algebra import Overlap
from act_core.localize.library import Entry
from act_gui.pages.localize_parts.mask_table import WEIGHT, MaskTable
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.card import Card

OPERATIONS = ("union", "intersection", "difference")


class LibraryCard(Card):
    """Keeps selections and takes them up again.

    Signals:
        keep_wanted: Keep the selection under this name.
        use_wanted: Use the mask at this path.
        operation_wanted: Name of the set operation and the path of the other mask.
        complement_wanted: Select what is not selected.
        random_wanted: Put a random mask of equal size into the library.
        import_wanted: Bring a file in.
        export_wanted: Write the selection to a file elsewhere.
        delete_wanted: Delete the mask at this path.
        noted: Path of a mask and the note that it is to carry.
    """

    keep_wanted = Signal(str)
    use_wanted = Signal(object)
    operation_wanted = Signal(str, object)
    complement_wanted = Signal()
    random_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal()
    delete_wanted = Signal(object)
    noted = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Masks"), parent)
        self._entries: dict[Path, Entry] = {}
        self._used: Path | None = None
        self._awaited: Path | None = None
        self._selects = False
        self._build()
        self._connect()

    def set_entries(self, entries: Sequence[Entry], used: Path | None) -> None:
        """Show the library; the mask in use is marked and cannot be deleted."""
        self._entries = {entry.path: entry for entry in entries}
        self._used = used
        self.table.set_entries(entries, used)
        if self._awaited in self._entries:
            self.table.choose(self._awaited)
            self._awaited = None

    def choose_soon(self, path: Path) -> None:
        """Choose a mask once it is in the table."""
        self._awaited = path

    def set_overlaps(self, overlaps: Mapping[Path, Overlap], sizes: Mapping[Path, int]) -> None:
        """Show overlaps with the selection."""
        self.table.set_overlaps(overlaps, sizes)

    def set_selects(self, selects: bool) -> None:
        """Whether there is a selection to keep and to work with."""
        self._selects = selects
        self._show_actions()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.table = MaskTable()
        self.name = QLineEdit()
        self.name.setAccessibleName(tr("Name for the selection"))
        self.name.setPlaceholderText(tr("Name for the selection"))
        self.keep_button = push_button(tr("Keep"), self._on_keep, "add")
        self.keep_button.setToolTip(tr("Keep the selection in the library"))
        kept = QHBoxLayout()
        kept.addWidget(self.name, 1)
        kept.addWidget(self.keep_button)
        self.use_button = push_button(tr("Use"), self._on_use, "check")
        self.use_button.setToolTip(tr("Move the channels of this mask, whatever the budget says"))
        self.operations = {
            "union": icon_button("union", tr("Add the chosen mask to the selection")),
            "intersection": icon_button("intersection", tr("Keep what both have in common")),
            "difference": icon_button("difference", tr("Take the chosen mask from the selection")),
        }
        self.complement_button = icon_button(
            "complement", tr("Select what is not selected"), self.complement_wanted.emit
        )
        self.random_button = icon_button(
            "random", tr("Add a random mask of equal size"), self.random_wanted.emit
        )
        self.import_button = icon_button(
            "folder", tr("Import a mask file"), self.import_wanted.emit
        )
        self.export_button = icon_button(
            "export", tr("Write the selection to a file"), self.export_wanted.emit
        )
        self.delete_button = icon_button("remove", tr("Delete the chosen mask"), self._on_delete)
        actions = QHBoxLayout()
        actions.setSpacing(2)
        actions.addWidget(self.use_button)
        actions.addSpacing(6)
        for button in self._tools():
            actions.addWidget(button)
        actions.addStretch(1)
        self.body.addLayout(kept)
        self.note = QLineEdit()
        self.note.setAccessibleName(tr("Note on the chosen mask"))
        self.note.setPlaceholderText(tr("Note on the chosen mask"))
        self.body.addWidget(self.table)
        self.body.addWidget(self.note)
        self.body.addLayout(actions)

    def _tools(self) -> tuple[QToolButton, ...]:
        return (
            *self.operations.values(),
            self.complement_button,
            self.random_button,
            self.import_button,
            self.export_button,
            self.delete_button,
        )

    def _connect(self) -> None:
        self.name.returnPressed.connect(self._on_keep)
        self.name.textChanged.connect(self._show_actions)
        self.table.chosen.connect(self._show_actions)
        self.table.chosen.connect(self._show_note)
        self.table.delete_wanted.connect(self._on_delete)
        self.note.editingFinished.connect(self._on_noted)
        for name, button in self.operations.items():
            button.clicked.connect(
                lambda _checked=False, name=name: self.operation_wanted.emit(
                    name, self.table.current_path()
                )
            )
        self._show_actions()
        self._show_note(None)

    # --------------------------------------------------------------------------- slots

    def _show_note(self, path: Path | None) -> None:
        entry = self._entries.get(path) if path else None
        self.note.setText(entry.note if entry else "")
        self.note.setEnabled(entry is not None and entry.mask is not None)

    def _on_noted(self) -> None:
        path = self.table.current_path()
        entry = self._entries.get(path) if path else None
        text = self.note.text().strip()
        if entry is not None and entry.mask is not None and text != entry.note:
            self.noted.emit(entry.path, text)

    def _show_actions(self, *_ignored: object) -> None:
        path = self.table.current_path()
        entry = self._entries.get(path) if path else None
        usable = path == WEIGHT or (entry is not None and entry.mask is not None)
        self.keep_button.setEnabled(self._selects and bool(self.name.text().strip()))
        self.use_button.setEnabled(usable and path not in (WEIGHT, self._used))
        for button in self.operations.values():
            button.setEnabled(usable and self._selects)
        for button in (self.complement_button, self.random_button, self.export_button):
            button.setEnabled(self._selects)
        self.delete_button.setEnabled(entry is not None and path != self._used)

    def _on_keep(self) -> None:
        name = self.name.text().strip()
        if name and self._selects:
            self.keep_wanted.emit(name)

    def _on_use(self) -> None:
        self.use_wanted.emit(self.table.current_path())

    def _on_delete(self, *_ignored: object) -> None:
        if self.delete_button.isEnabled():
            self.delete_wanted.emit(self.table.current_path())
