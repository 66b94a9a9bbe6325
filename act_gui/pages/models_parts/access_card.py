"""Repositories of the Hub that the project names, each with what it takes to read it."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from act_gui.accessbook import Need, State
from act_gui.context import Context
from act_gui.text import tr
from act_gui.widgets.buttons import icon_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.hub_fault import page_button
from act_gui.widgets.labels import Role, label
from act_gui.widgets.tab_order import order_tabs

_ROLES: dict[State, Role] = {"here": "good", "open": "good", "awaiting": "warn"}
_WITH_PAGE = ("terms", "awaiting", "refused", "missing")


class AccessCard(Card):
    """Hidden where the project names nothing of the Hub."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(tr("Access on the Hub"), parent)
        self._context = context
        self._book = context.access
        self.again_button = icon_button(
            "retry", tr("Ask again who may read"), self._book.look_again
        )
        self.head.addWidget(self.again_button)
        self.words = label("", "muted", wrap=True)
        self.body.addWidget(self.words)
        self.buttons: dict[str, QPushButton] = {}
        self._rows: QWidget | None = None
        self._shown: tuple[Need, ...] | None = None
        self._book.looked.connect(self._on_looked)
        self._show()
        if not self._has_news():
            self.hide()  # and never shown here: without a parent it would be a window

    def _has_news(self) -> bool:
        return bool(self._book.needs) or self._book.error is not None

    def _on_looked(self) -> None:
        self._show()
        self.setVisible(self._has_news())

    def _show(self) -> None:
        needs, error = self._book.needs, self._book.error
        if error is not None:
            self.words.setText(f"{error.reason} {error.remedy}")
        self.words.setVisible(error is not None)
        if needs != self._shown:
            self._shown = needs
            self._show_rows(needs or ())

    def _show_rows(self, needs: tuple[Need, ...]) -> None:
        if self._rows is not None:
            self._rows.hide()
            self._rows.deleteLater()
        self.buttons = {}
        self._rows = QWidget(self)
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(2, 1)
        for row, need in enumerate(needs):
            use = tr("{name} ({uses})", name=need.name.repo, uses=", ".join(need.uses))
            grid.addWidget(label(use, selectable=True), row, 0)
            grid.addWidget(label(_word(need.state), _ROLES.get(need.state, "bad")), row, 1)
            grid.addWidget(
                label(f"{need.reason} {need.remedy}".strip(), "muted", wrap=True, selectable=True),
                row,
                2,
            )
            if (button := self._help(need)) is not None:
                self.buttons[need.name.repo] = button
                grid.addWidget(button, row, 3)
        self.body.addWidget(self._rows)
        order_tabs(self.again_button, *self.buttons.values())

    def _help(self, need: Need) -> QPushButton | None:
        """The button that leads to the remedy."""
        if need.state == "log in":
            wanted = self._context.command_wanted  # the button outlives its row for a moment
            button = push_button(tr("Log in…"), lambda: wanted.emit("hub-settings"), "key")
        elif need.state in _WITH_PAGE:
            button = page_button(need.page)
        else:
            return None
        button.setAccessibleName(f"{button.text()} {need.name.repo}")
        return button


def _word(state: State) -> str:
    return {
        "here": tr("on this computer"),
        "open": tr("can be read"),
        "log in": tr("log in"),
        "terms": tr("accept the terms"),
        "awaiting": tr("waiting for its owners"),
        "refused": tr("refused"),
        "missing": tr("not found"),
    }[state]
