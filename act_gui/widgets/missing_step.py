"""What a recipe lacks before a page can show anything, and the way to where that is chosen."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from act_core.recipe import Draft
from act_gui.text import tr
from act_gui.widgets.empty import EmptyState


class MissingStep(EmptyState):
    """Stands in place of a page's content.

    Signals:
        page_wanted: Name of the page that the button leads to.
    """

    page_wanted = Signal(str)

    def __init__(self, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(icon_name, "", tr("Go to Models"), self._on_button, parent)
        self._page = "models"

    def show_missing(self, draft: Draft) -> None:
        """Say all that is missing; the button leads to the first of it."""
        models = _lacks_models(draft)
        self._page = "models" if models else "abilities"
        self.set_text(" ".join(draft.missing()))
        self.button.setText(tr("Go to Models") if models else tr("Go to Abilities"))
        self.button.show()

    def show_text(self, text: str) -> None:
        """Say something else, which needs no other page."""
        self.set_text(text)
        self.button.hide()

    def _on_button(self) -> None:
        self.page_wanted.emit(self._page)


def lacks_basics(draft: Draft) -> bool:
    """Whether models or abilities are missing, without which there is nothing to show."""
    return _lacks_models(draft) or not draft.with_role("bring")


def _lacks_models(draft: Draft) -> bool:
    return not draft.target or not draft.specialists
