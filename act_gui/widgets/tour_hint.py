"""The demo's sentence above a page; taken away, it stays away for that page."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_gui.stages import PageName
from act_gui.text import tr
from act_gui.tour import hints
from act_gui.widgets.banner import Banner


class TourHint(QWidget):
    """Shows the hint of one stage at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dismissed: set[PageName] = set()
        self._banner: Banner | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 12, 20, 0)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty: nothing is."""
        return "" if self._banner is None else self._banner.accessibleName()

    def begin(self) -> None:
        """Show every hint again: another project was opened."""
        self._dismissed.clear()

    def show_stage(self, stage: PageName | None) -> None:
        """Show the hint of a page, or none."""
        if self._banner is not None:
            self._column.removeWidget(self._banner)
            self._banner.hide()
            self._banner.deleteLater()
            self._banner = None
        if stage is not None and stage not in self._dismissed:
            banner = Banner("", hints()[stage])
            banner.close_button.setAccessibleName(tr("Dismiss this hint"))
            banner.closed.connect(lambda: self._on_closed(stage))
            self._column.addWidget(banner)
            self._banner = banner
        self.setVisible(self._banner is not None)

    def _on_closed(self, stage: PageName) -> None:
        self._dismissed.add(stage)
        self.show_stage(stage)
