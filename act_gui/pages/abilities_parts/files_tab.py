"""An ability from files: which of them, and how their rows are used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from act_core.abilities.divide import divide_file
from act_core.abilities.offers import look
from act_core.errors import AbilityDataError
from act_core.recipe import Source
from act_gui.jobs.lookup import Lookups
from act_gui.pages.abilities_parts.adding import Added, Choice, divided, make
from act_gui.pages.abilities_parts.file_offer import FileOffer
from act_gui.pages.abilities_parts.tab import fill_tab
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.source_field import SourceField

_KEY = "what a file offers"


class FilesTab(QWidget):
    """Files to calibrate on, files that are held out, and what the first one offers.

    Args:
        lookups: Looks at files in the background.
        parent: Owner.

    Signals:
        suggested: A name for the ability.
    """

    suggested = Signal(str)

    def __init__(self, lookups: Lookups, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._looked_at: tuple[Source, ...] = ()
        self.calibration = SourceField(tr("Calibration items"))
        self.heldout = SourceField(tr("Held-out items"))
        self.offer = FileOffer()
        form = QFormLayout()
        form.addRow(tr("Calibration"), self.calibration)
        form.addRow(tr("Held-out"), self.heldout)
        text = tr(
            "Calibration items localize the ability, held-out items measure it; the two must not "
            "share any. With one file only, leave held-out empty: the file is split in two halves "
            "at random, items that say the same stay on one side, and both halves are saved in the "
            "project's folder."
        )
        fill_tab(self, label(text, "muted", wrap=True), form, self.offer)
        self.calibration.edited.connect(self._on_edited)
        self.calibration.chosen.connect(self._on_chosen)

    def set_files(self, paths: Sequence[Path]) -> None:
        """Take files; of two, the one that sounds like a test is held out."""
        paths = sorted(paths, key=lambda path: _sounds_held_out(path.stem))
        if len(paths) > 1 and _sounds_held_out(paths[-1].stem):
            self.heldout.set_paths(paths[-1:])
            paths = paths[:-1]
        if paths:
            self.calibration.set_paths(paths)

    def work(
        self, name: str, role: str, taken: Collection[str], folder: Path, seed: int
    ) -> Callable[[], Added]:
        """What makes the ability as it is chosen; it reads files, so never in the window.

        Args:
            name, role, taken: As `adding.make`.
            folder: Where the halves of a file that is split go.
            seed: Of the split.

        Raises:
            AbilityDataError: Something is missing or does not go together.
        """
        calibration, heldout = self.calibration.sources(), self.heldout.sources()
        if not calibration:
            raise AbilityDataError(
                tr("There is no file to calibrate on."),
                remedy=tr("Choose a file."),
                title=tr("No data yet"),
            )
        path = calibration[0].file
        if not heldout and (len(calibration) > 1 or path is None):
            raise AbilityDataError(
                tr("Only one file can be split in two halves; these are several."),
                remedy=tr("Choose held-out files, or one file."),
                title=tr("No held-out items"),
            )
        choice = self._choice(calibration)
        if heldout or path is None:
            return lambda: make(name, role, calibration, heldout, choice, taken)
        return lambda: divided(name, role, divide_file(path, folder, name, seed), choice, taken)

    def end(self) -> None:
        """Nobody waits for what a file offers any more."""
        self._lookups.forget(_KEY)

    def _choice(self, calibration: tuple[Source, ...]) -> Choice:
        """How rows are used; as they suggest themselves, where the file is not looked at yet."""
        if calibration[:1] != self._looked_at:
            return Choice()
        try:
            return self.offer.choice() or Choice()
        except ValueError as error:
            raise AbilityDataError(
                str(error), remedy=tr("Write it otherwise."), title=tr("No such language")
            ) from error

    def _on_edited(self) -> None:
        sources = self.calibration.sources()
        if sources and sources[0].file is not None:
            stem = sources[0].file.stem
            for ending in ("_calib", "_calibration", "_train"):
                stem = stem.removesuffix(ending)
            self.suggested.emit(stem)

    def _on_chosen(self, sources: tuple[Source, ...]) -> None:
        """Look at the first file; until that is done its rows are used as they suggest."""
        if sources[:1] == self._looked_at:
            return
        self.offer.set_offer(None)
        self._looked_at = sources[:1]
        first = sources[0]
        self._lookups.ask(_KEY, lambda: look(first), self.offer.set_offer, lambda _error: None)


def _sounds_held_out(stem: str) -> bool:
    return any(word in stem.casefold() for word in ("heldout", "held-out", "held_out", "test",
                                                    "eval", "valid"))  # fmt: skip
