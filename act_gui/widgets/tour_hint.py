"""The demo's sentence above a page; taken away, it stays away for that page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_gui.stages import STAGE_NAMES, PageName, StageState
from act_gui.text import tr
from act_gui.tour import hints, hints_when_done
from act_gui.widgets.banner import Banner

if TYPE_CHECKING:
    from act_gui.context import Context


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

    def show_page(self, page: PageName, context: Context) -> None:
        """Show the hint of a page of the demo, by whether what happens there is done."""
        if page in self._dismissed or not context.project.manifest.demo:
            self.show_text("")
            return
        done = page in STAGE_NAMES and context.states()[page] is StageState.DONE
        after = hints_when_done().get(page, "") if done else ""
        self.show_text(after or hints()[page], page)

    def show_text(self, text: str, page: PageName | None = None) -> None:
        """Show a text, or nothing; what is shown already stays as it is."""
        if text == self.text:
            return
        if self._banner is not None:
            self._column.removeWidget(self._banner)
            self._banner.hide()
            self._banner.deleteLater()
            self._banner = None
        if text and page is not None:
            banner = Banner("", text)
            banner.close_button.setAccessibleName(tr("Dismiss this hint"))
            banner.closed.connect(lambda: self._on_closed(page))
            self._column.addWidget(banner)
            self._banner = banner
        self.setVisible(self._banner is not None)

    def _on_closed(self, page: PageName) -> None:
        self._dismissed.add(page)
        self.show_text("")
