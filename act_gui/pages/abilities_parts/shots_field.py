"""Exemplars that stand before questions: where they come from, and how many."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from act_core.recipe import Shots, Source
from act_gui.text import tr
from act_gui.widgets.labels import label
from act_gui.widgets.number_field import NumberField, read_count, write_count
from act_gui.widgets.source_field import SourceField

_DIGITS = 4
_FIRST = 8
_MOST = 64


class ShotsField(QWidget):
    """A source and a count; without a source there are none.

    Signals:
        shots_chosen: `Shots`, or None.
    """

    shots_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Shots | None = None
        self.source = SourceField(tr("Exemplars"), empty=tr("none: questions stand alone"))
        self.count = NumberField(tr("Number of exemplars"), _read, write_count)
        self.count.setFixedWidth((_DIGITS + 3) * self.fontMetrics().horizontalAdvance("0"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.source, 1)
        row.addWidget(label(tr("the first"), "muted"))
        row.addWidget(self.count)
        self.source.chosen.connect(self._on_source)
        self.count.number_chosen.connect(self._on_count)

    def set_shots(self, shots: Shots | None) -> None:
        """Show exemplars."""
        self._shown = shots
        self.source.set_sources(() if shots is None else (_source(shots),))
        self.count.setEnabled(shots is not None)
        self.count.set_number(_FIRST if shots is None else shots.count)

    def _on_source(self, sources: tuple[Source, ...]) -> None:
        if not sources:
            self.shots_chosen.emit(None)
            return
        kept = {} if self._shown is None else {"template": self._shown.template}
        given = {**dict(sources[0]), "count": _FIRST, **kept}
        if self._shown is not None:
            given["count"] = self._shown.count
        self.shots_chosen.emit(Shots.model_validate(given))

    def _on_count(self, number: float) -> None:
        if self._shown is not None:
            self.shots_chosen.emit(self._shown.model_copy(update={"count": int(number)}))


def _source(shots: Shots) -> Source:
    return Source.model_validate(shots.model_dump(include=set(Source.model_fields)))


def _read(text: str) -> float:
    """A count that a recipe allows.

    Raises:
        ValueError: It is none; the reason is for people.
    """
    number = read_count(text)
    if number > _MOST:
        raise ValueError(tr("Give a number from 1 to {most}.", most=_MOST))
    return number
