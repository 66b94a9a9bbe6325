"""A sweep: what it recommends, and its candidates on the plane as they come."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.events import Measured
from act_core.pipeline.points import Point, point_of
from act_core.pipeline.recommend import Recommendation, recommendation_table
from act_core.pipeline.sweep_file import KnownSweep
from act_core.report.summed import plane_point
from act_gui.text import tr
from act_gui.widgets.adopt_bar import AdoptBar
from act_gui.widgets.buttons import push_button
from act_gui.widgets.card import Card
from act_gui.widgets.command_line import CommandLine
from act_gui.widgets.figure_table import FigureTable
from act_gui.widgets.labels import label
from act_gui.widgets.late_plane import LatePlane
from act_gui.widgets.unfold import Unfold

_TABLE_LINES = 9


class RecommendationCard(Card):
    """What a sweep recommends, and a button that makes it the setting.

    Signals:
        adopted: The person wants this `Point`.
    """

    adopted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Recommendation"), parent)
        self._point: Point | None = None
        self.words = label("", wrap=True, selectable=True)
        self.adopt_button = push_button(tr("Adopt the recommendation"), self._on_adopt, "check")
        self.head.addWidget(self.adopt_button)
        self.body.addWidget(self.words)
        self.figures = Unfold(tr("Figures on held-out items"))
        self.table = FigureTable()
        self.table.setAccessibleName(tr("Figures on held-out items"))
        self.table.setMinimumHeight(_TABLE_LINES * self.fontMetrics().lineSpacing())
        self.figures.body.addWidget(self.table)
        self.body.addWidget(self.figures)
        self.command = CommandLine(tr("Repeats this sweep"))
        self.body.addWidget(self.command)
        self.setVisible(False)

    def show_recommendation(self, found: Recommendation | None, command: str = "") -> None:
        """Show one; None hides the card.

        Args:
            found: What is recommended.
            command: What repeats the sweep.
        """
        self.setVisible(found is not None)
        self.command.show_command(command)
        if found is None:
            return
        self._point = point_of(found.setting) if found.setting else None
        self.words.setText("\n".join(found.sentences))
        self.adopt_button.setVisible(self._point is not None)
        self.figures.setVisible(bool(found.heldout))
        if found.heldout:
            self.table.set_table(recommendation_table(found))

    def _on_adopt(self) -> None:
        if self._point is not None:
            self.adopted.emit(self._point)


class SweepView(QWidget):
    """The plane of validation items with the limit; a point of it can be adopted.

    Signals:
        adopted: The person wants this `Point`.
    """

    adopted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: dict[str, Measured] = {}
        self.plane = LatePlane()
        self.adopt_bar = AdoptBar()
        hint = tr(
            "On calibration examples that were set apart to choose by. Faded: dropped early, "
            "measured on a part of them."
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plane, 1)
        column.addWidget(label(hint, "muted", wrap=True))
        column.addWidget(self.adopt_bar)
        self.plane.point_chosen.connect(self._on_chosen)
        self.adopt_bar.adopted.connect(self.adopted)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the candidates that are shown."""
        return tuple(self._measured)

    def show_sweep(self, known: KnownSweep) -> None:
        """Show a sweep that has ended, or as far as it came."""
        self._measured = {one.candidate: one for one in known.measured}
        self.set_limits(known.limits)
        words = tr("A sweep measures many settings and finds the best. Start one below.")
        self.plane.set_empty("" if known.measured else words)
        self.plane.set_points([plane_point(one) for one in known.measured])

    def set_limits(self, limits: Mapping[str, float]) -> None:
        """Mark the limit: the plane shows means over abilities, so it is the limits' mean."""
        mean = sum(limits.values()) / len(limits) if limits else None
        self.plane.set_limit(mean)

    def begin_live(self, limits: Mapping[str, float]) -> None:
        """A sweep starts."""
        self._measured.clear()
        self.adopt_bar.setVisible(False)
        self.plane.set_points(())
        self.set_limits(limits)

    def add_live(self, measured: Measured) -> None:
        """Show a candidate that has just been measured, on more items than before or the first."""
        self._measured[measured.candidate] = measured
        self.plane.set_empty("")
        self.plane.add_point(plane_point(measured))

    def _on_chosen(self, name: str) -> None:
        measured = self._measured[name]
        detail = plane_point(measured).detail
        point = point_of(measured.setting) if measured.setting else None
        self.adopt_bar.show_point(f"{name}: {detail}" if detail else name, point)
