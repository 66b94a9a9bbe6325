"""Whether more data would still change the ranking: the chart, and one sentence. Notes below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.events import Convergence, Note
from act_core.recipe import ProfileSettings
from act_core.report.numbers import part
from act_gui.maps.convergence import ConvergenceChart, ConvergenceLine
from act_gui.text import tr
from act_gui.widgets.labels import label, set_role

_STABLE_BELOW = 0.05  # where the recipe names no threshold of its own
_NOTES_SHOWN = 4


class Stability(QWidget):
    """Convergence of the statistic that is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = ConvergenceChart()
        self.sentence = label("", wrap=True)
        self.notes = label("", "muted", wrap=True, selectable=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.addWidget(self.chart, 1)
        column.addWidget(self.sentence)
        column.addWidget(self.notes)
        self.set_measurements((), "", ProfileSettings())
        self.set_notes(())

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._keep_room()
        return handled

    def _keep_room(self) -> None:
        """Never so low that the sentence lies over the chart, however many lines it wraps to."""
        column = self.layout()
        if column is not None:
            self.setMinimumHeight(max(0, column.minimumHeightForWidth(self.width())))

    def set_measurements(
        self, measured: Sequence[Convergence], statistic: str, settings: ProfileSettings
    ) -> None:
        """Show how far a statistic has settled.

        Args:
            measured: In the order of their coming.
            statistic: Whose measurements are shown.
            settings: The recipe's rounds and threshold.
        """
        by_pair: dict[tuple[str, str], list[Convergence]] = {}
        for one in measured:
            if one.statistic == statistic:
                by_pair.setdefault((one.specialist, one.ability), []).append(one)
        lines = [
            ConvergenceLine(s, a, tuple(c.tokens for c in found), tuple(c.changed for c in found))
            for (s, a), found in by_pair.items()
        ]
        self.chart.set_lines(lines, settings.stop_below or 0.0)
        self.chart.set_empty("" if lines else _why_empty(settings.rounds))
        last = [line.changed[-1] for line in lines]
        self._say(max(last) if last else None, settings.stop_below or _STABLE_BELOW)

    def set_notes(self, notes: Sequence[Note]) -> None:
        """Show the last things that the job had to say."""
        self.notes.setText("\n".join(note.text for note in notes[-_NOTES_SHOWN:]))
        self.notes.setVisible(bool(notes))

    def _say(self, changed: float | None, threshold: float) -> None:
        self.sentence.setVisible(changed is not None)
        if changed is None:
            return
        stable = changed < threshold
        verdict = tr("stable") if stable else tr("not stable yet, more data would help")
        self.sentence.setText(
            tr(
                "The top 5 % changed by {share} in the last round: {verdict}.",
                share=part(changed),
                verdict=verdict,
            )
        )
        set_role(self.sentence, "good" if stable else "warn")


def _why_empty(rounds: int) -> str:
    if rounds < 2:
        return tr("With two rounds or more, this shows whether more data would help.")
    return tr("After the second round, this shows whether more data would help.")
