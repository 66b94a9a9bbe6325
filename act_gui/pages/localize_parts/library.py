"""The project's mask library: read, changed and compared in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from act_core.localize import library
from act_core.localize.algebra import Overlap, overlap, random_like
from act_core.localize.hand import is_edited
from act_core.localize.library import Entry
from act_core.localize.masks import Mask, save_mask
from act_core.localize.rated import Rated
from act_core.models.channels import ChannelLayout
from act_gui.context import Context
from act_gui.pages.localize_parts.mask_table import WEIGHT
from act_gui.text import tr


class Library(QObject):
    """Masks of the project for the target's channels.

    Signals:
        read: Entries are known anew.
        kept: Path of a mask that came into the library.
        compared: Overlaps of masks with the selection, and sizes of those that are no files.
    """

    read = Signal()
    kept = Signal(object)
    compared = Signal(object, object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._layout: ChannelLayout | None = None
        self._changes = 0
        self.entries: tuple[Entry, ...] = ()
        self.control: Mask | None = None

    @property
    def folder(self) -> Path:
        """Where the masks lie."""
        return self._context.project.masks

    def show_layout(self, layout: ChannelLayout) -> None:
        """Read the library for these channels, where that was not done."""
        if layout is not self._layout:
            self._layout = layout
            self.read_again(self._forgotten())

    def read_again(self, forgotten: tuple[Path, ...] = ()) -> None:
        """Read all files; forgotten ones are deleted before."""
        layout, folder = self._layout, self.folder
        if layout is None:
            return

        def work() -> tuple[Entry, ...]:
            for path in forgotten:
                library.remove(path)
            return library.read_library(folder, layout)

        self._context.lookups.ask("mask library", work, self._on_read, self._context.notices.error)

    def shown(self, used: Path | None) -> tuple[Entry, ...]:
        """Entries for people: an edited selection that nobody named only while it is used."""
        return tuple(e for e in self.entries if e.path == used or not is_edited(e.path))

    def mask_at(self, path: Path) -> Mask | None:
        """A mask of the library, or the weight control."""
        if path == WEIGHT:
            return self.control
        return next((e.mask for e in self.entries if e.path == path), None)

    # ------------------------------------------------------------------------ changing

    def keep(self, mask: Mask, name: str) -> None:
        """Keep a mask under a name."""
        self._change(lambda: library.keep(mask, self.folder, name, {}))

    def keep_random(self, mask: Mask, wish: str) -> None:
        """Keep a random mask of equal size; each one is another."""
        folder = self.folder

        def work() -> Path:
            name = library.free_name(folder, wish)
            seed = len(list(folder.glob(f"{wish}*")))
            return library.keep(random_like(mask, seed), folder, name, {})

        self._change(work)

    def bring_in(self, path: Path) -> None:
        """Copy a mask file from elsewhere."""
        layout, folder = self._layout, self.folder
        if layout is not None:
            self._change(lambda: library.copy_in(path, folder, layout))

    def rename(self, path: Path, name: str) -> None:
        """Give a mask another name."""
        self._change(lambda: library.rename(path, name))

    def set_note(self, path: Path, note: str) -> None:
        """Write a note into a mask."""
        layout = self._layout

        def work() -> Path:
            if layout is not None:
                library.set_note(path, layout, note)
            return path

        self._change(work)

    def remove(self, path: Path) -> None:
        """Delete a mask."""
        self._change(lambda: library.remove(path))

    def write_out(self, mask: Mask, path: Path) -> None:
        """Write a mask to a file elsewhere."""
        self._context.lookups.ask(
            f"mask to {path}",
            lambda: save_mask(mask, path),
            lambda _none: self._context.notices.note(
                tr("The mask was written to {path}.", path=path), "good"
            ),
            self._context.notices.error,
        )

    def _change(self, work: Callable[[], Path | None]) -> None:
        self._changes += 1
        self._context.lookups.ask(
            f"mask library, change {self._changes}", work, self._on_changed, self._on_failed
        )

    def _on_changed(self, path: Path | None) -> None:
        if path is not None:
            self.kept.emit(path)
        self.read_again()

    def _on_failed(self, error: object) -> None:
        """Also what was typed into a cell goes back to what is."""
        self._context.notices.error(error)  # type: ignore[arg-type] # an ErrorRecord
        self.read_again()

    def _on_read(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self.read.emit()

    def _forgotten(self) -> tuple[Path, ...]:
        """Edited selections of earlier times that neither the recipe nor a job names."""
        recipes = [view.spec.recipe for view in self._context.jobs.jobs()]
        drafts = [self._context.project.draft, *(recipe for recipe in recipes if recipe)]
        used = {section.mask for draft in drafts for section in draft.specialists.values()}
        return tuple(p for p in self.folder.glob("*") if is_edited(p) and p not in used)

    # ----------------------------------------------------------------------- comparing

    def compare(self, make: Callable[[], Mask | None], rated: Rated | None, share: float) -> None:
        """Ask what the selection has in common with every mask and the weight control.

        Args:
            make: Makes the selection as a mask; runs on another thread.
            rated: Whose control is compared.
            share: Size of the selection, as a share of all channels.
        """
        entries = self.entries

        def work() -> tuple[dict[Path, Overlap], Mask | None]:
            mask = make()
            if mask is None:
                return {}, None
            found = {e.path: overlap(mask, e.mask) for e in entries if e.mask is not None}
            control = None
            if rated is not None and share > 0:
                control = Mask(mask.layout, rated.control.selected(share), {}, {"scorer": "weight"})
                found[WEIGHT] = overlap(mask, control)
            return found, control

        self._context.lookups.ask("overlaps", work, self._on_compared, self._context.notices.error)

    def _on_compared(self, found: tuple[Mapping[Path, Overlap], Mask | None]) -> None:
        overlaps, self.control = found
        self.compared.emit(overlaps, {WEIGHT: self.control.count} if self.control else {})
