"""What has to be done before a page can begin, and the way there."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from act_gui.earlier_steps import EarlierStep
from act_gui.stages import PageName, pages
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label


class MissingStep(QFrame):
    """Stands at the top of a page that waits for an earlier one; hidden until something is missing.

    Args:
        page: Where it stands: what is missing there needs no way.
        parent: Owner.

    Signals:
        page_wanted: Name of the page that the button leads to.
    """

    page_wanted = Signal(str)

    def __init__(self, page: PageName, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("banner", "info")
        self._here = page
        self._step: EarlierStep | None = None
        self.text = label("", wrap=True)
        self.button = push_button("", self._on_button)
        row = QHBoxLayout(self)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        self.hide()

    def show_step(self, step: EarlierStep | None) -> None:
        """Say what is missing and lead there; None: nothing is."""
        self._step = step
        self.setVisible(step is not None)
        if step is None:
            return
        title = next(one.title for one in pages() if one.name == step.page)
        self.text.setText(step.text)
        self.button.setText(tr("Go to {page}", page=title))
        self.button.setVisible(step.page != self._here)

    def _on_button(self) -> None:
        if self._step is not None:
            self.page_wanted.emit(self._step.page)
