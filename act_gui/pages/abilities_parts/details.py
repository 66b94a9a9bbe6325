"""Everything about the chosen ability: what stands against it, its settings, and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from act_core.abilities.preview import Preview
from act_core.errors import ErrorRecord
from act_gui.maps.histogram import LengthHistogram
from act_gui.pages.abilities_parts.ability_form import AbilityForm
from act_gui.pages.abilities_parts.item_view import ItemView
from act_gui.pages.abilities_parts.leaks_view import LeaksView
from act_gui.pages.abilities_parts.split_view import SplitView
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.fault import Fault
from act_gui.widgets.labels import label
from act_gui.widgets.scrolling import ScrollArea

_HISTOGRAM_LINES = 14


class AbilityDetails(ScrollArea):
    """A column that scrolls: faults, the form, and below them the items as the models get them.

    Attributes:
        form: The ability's settings.
        faults: What is shown of what stands against the ability.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        inner = QWidget()
        super().__init__(inner, parent)
        self.faults: list[Fault] = []
        self._shown: tuple[ErrorRecord, ...] = ()
        self._fault_column = QVBoxLayout()
        self.form = AbilityForm(inner)
        self.waiting = label("", "muted", wrap=True)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(12)
        column.addLayout(self._fault_column)
        column.addWidget(self.form)
        column.addWidget(self.waiting)
        self._views = QWidget(inner)
        column.addWidget(self._views)
        column.addStretch(1)
        self._build_views()

    def show_faults(
        self,
        errors: Sequence[ErrorRecord],
        help_for: Callable[[ErrorRecord], tuple[QPushButton, ...]],
    ) -> None:
        """Say what stands against the ability; faults that stay are left as they are.

        Args:
            errors: All of it.
            help_for: Makes the buttons of one.
        """
        if tuple(errors) == self._shown:
            return
        self._shown = tuple(errors)
        for fault in self.faults:
            fault.hide()
            fault.deleteLater()
        self.faults = [Fault(error, *help_for(error)) for error in errors]
        for fault in self.faults:
            self._fault_column.addWidget(fault)

    def show_waiting(self, text: str) -> None:
        """Say for what the items wait; empty: for nothing."""
        self.waiting.setText(text)
        self.waiting.setVisible(bool(text))

    def show_preview(self, view: Preview | None, length_tokens: int) -> None:
        """Show the items of an ability; None hides them.

        Args:
            view: How they are read.
            length_tokens: At which they are cut.
        """
        self._views.setVisible(view is not None)
        if view is None:
            return
        self.calibration.set_split(view.calibration)
        self.heldout.set_split(view.heldout)
        self.leaks.set_leaks(view.leaks)
        self.leaks.setVisible(view.leak is None)  # a fault at the top says more
        self.item.set_preview(view)
        self.histogram.set_lengths(view.calibration.lengths, view.heldout.lengths, length_tokens)

    def _build_views(self) -> None:
        ground = self._views
        self.item = ItemView(ground)
        self.calibration = SplitView(
            tr("Calibration"), tr("To localize and tune with; never to measure."), ground
        )
        self.heldout = SplitView(tr("Held-out"), tr("To measure with; never to localize."), ground)
        self.leaks = LeaksView(ground)
        lengths = Card(tr("Lengths of items"), ground)
        self.histogram = LengthHistogram(lengths)
        self.histogram.setMinimumHeight(_HISTOGRAM_LINES * self.fontMetrics().lineSpacing())
        lengths.body.addWidget(self.histogram)
        views = QVBoxLayout(ground)
        views.setContentsMargins(0, 0, 0, 0)
        views.setSpacing(12)
        splits = QHBoxLayout()
        splits.setSpacing(12)
        splits.addWidget(self.calibration, 1)
        splits.addWidget(self.heldout, 1)
        views.addWidget(self.item)
        views.addLayout(splits)
        views.addWidget(self.leaks)
        views.addWidget(lengths)
