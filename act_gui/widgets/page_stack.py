"""The middle of the window: the start page, and pages that are made when they are shown first."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from act_gui.late_style import style_whole
from act_gui.stages import PageName

if TYPE_CHECKING:
    from act_gui.context import Context
    from act_gui.pages.page import Page

_PAUSE_MS = 10  # between two pages that are styled: time to paint and for what the person does


class PageStack(QStackedWidget):
    """Holds the pages of one context.

    Args:
        start: Shown while there is no context.
        pages: Module and class of every page.
    """

    def __init__(
        self,
        start: QWidget,
        pages: Mapping[PageName, tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._start = start
        self._classes = pages
        self._made: dict[PageName, Page] = {}
        self._gone: list[QObject] = []
        self._let_go = QTimer(self, interval=0)
        self._let_go.timeout.connect(self._on_let_go)
        self._behind: set[QWidget] = set()
        self._style_next = QTimer(self, interval=_PAUSE_MS)
        self._style_next.timeout.connect(self._on_style_next)
        self.addWidget(start)

    @property
    def page(self) -> Page | None:
        """The page that is shown; None: the start page is."""
        shown = self.currentWidget()
        return next((page for page in self._made.values() if page is shown), None)

    def pages(self) -> tuple[Page, ...]:
        """The pages that were made."""
        return tuple(self._made.values())

    def all_pages(self) -> tuple[QWidget, ...]:
        """The page that is shown, then the others and the start page."""
        others = (*self._made.values(), self._start)
        return tuple(sorted(others, key=lambda page: page is not self.currentWidget()))

    def show_page(self, name: PageName, context: Context) -> Page:
        """Show a page."""
        if name not in self._made:
            self.make_page(name, context)
        self._style(self._made[name])
        self.setCurrentWidget(self._made[name])
        return self._made[name]

    def make_page(self, name: PageName, context: Context) -> None:
        """Make a page that is not there yet, and leave it hidden."""
        module, class_name = self._classes[name]
        page: Page = getattr(importlib.import_module(module), class_name)(context, self)
        self._made[name] = page
        self.addWidget(page)

    def close_pages(self, context: Context) -> None:
        """Show the start page; the others go one by one, and last the context they look at."""
        self._style(self._start)
        self.setCurrentWidget(self._start)
        for page in self._made.values():
            self.removeWidget(page)
            page.hide()
            page.end()
        context.setParent(self)
        self._gone += [*self._made.values(), context]
        self._made.clear()
        self._behind &= {self._start}
        self._let_go.start()

    def _on_let_go(self) -> None:
        """One a turn: with all at once the window would stand still."""
        self._gone.pop(0).deleteLater()
        if not self._gone:
            self._let_go.stop()

    def style_soon(self) -> None:
        """Style the pages, which are behind, one a turn, and first the one that is shown."""
        self._behind = set(self.all_pages())
        # Until it is styled it would be in both colours.
        self.all_pages()[0].setUpdatesEnabled(False)
        self._style_next.start()

    def _on_style_next(self) -> None:
        page = next((page for page in self.all_pages() if page in self._behind), None)
        if page is None:
            self._style_next.stop()
        else:
            self._style(page)

    def _style(self, page: QWidget) -> None:
        if page in self._behind:
            self._behind.remove(page)
            style_whole(page)
            page.setUpdatesEnabled(True)
