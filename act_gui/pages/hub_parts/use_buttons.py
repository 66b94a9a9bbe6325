"""What can be done with the model that is looked at, told by what the project has it as already."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from act_gui.pages.hub_parts.using import Use
from act_gui.text import tr
from act_gui.widgets.buttons import primary_button, push_button
from act_gui.widgets.labels import label

Act = Literal["specialist", "replace", "target", "base", "fits", "models", "download"]


class UseButtons(QWidget):
    """The main button is the next step: for a model that the project has, what follows from that.

    Signals:
        wanted: An `Act`: to use the model as something, to put its revision in a specialist's
            place, to check what fits it, to go to the page Models, or to fetch it.

    Attributes:
        words: What the project has the model as.
        row: The buttons, with room at the end.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._next: Act = "specialist"
        self.main_button = primary_button("", lambda: self.wanted.emit(self._next))
        self.target_button = self._plain("target")
        self.specialist_button = self._plain("specialist")
        self.base_button = self._plain("base")
        self.download_button = self._plain("download", "download")
        self.words = label("", wrap=True, selectable=True)
        self.row = QHBoxLayout()
        self.row.setSpacing(8)
        for button in self.buttons():
            self.row.addWidget(button)
        self.row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.row)
        column.addWidget(self.words)
        self.show_uses((), (), has_target=True)

    def buttons(self) -> tuple[QPushButton, ...]:
        """All of them, in the order of reading."""
        return (
            self.main_button,
            self.target_button,
            self.specialist_button,
            self.base_button,
            self.download_button,
        )

    def disable(self, *, has_target: bool) -> None:
        """The model is not known yet, or cannot be used."""
        self.show_uses((), (), has_target=has_target)
        for button in self.buttons():
            button.setEnabled(False)
        self.download_button.setText(tr("Download"))

    def show_uses(
        self,
        uses: Collection[Use],
        revisions: Collection[str],
        *,
        has_target: bool,
        target_known: bool = False,
    ) -> None:
        """Say what the project has the model as, and offer what follows.

        Args:
            uses: All of them, in whatever revision.
            revisions: Names of the revision that is looked at: its branch and its commit.
            has_target: Whether the project has a target: it is what is chosen first.
            target_known: Whether the target was read, so that others can be checked against it.
        """
        now = {use.role for use in uses if use.is_of(revisions)}
        others = {use.role for use in uses} - now
        self.words.setText("\n".join(_told(use, use.is_of(revisions)) for use in uses))
        self.words.setVisible(bool(uses))
        self._next, text = _next_step(now, others, has_target=has_target)
        self.main_button.setText(text)
        self.target_button.setText(tr("Is the target") if "target" in now else tr("Use as target"))
        self.specialist_button.setText(tr("Use as specialist"))
        self.target_button.setVisible(self._next != "target")
        self.specialist_button.setVisible(self._next == "target")
        self.base_button.setText(tr("Is the base") if "base" in now else tr("Use as base"))
        self.main_button.setEnabled(self._next != "fits" or target_known)
        self.specialist_button.setEnabled(True)
        self.target_button.setEnabled(not {"target", "specialist"} & now)
        self.base_button.setEnabled("base" not in now)
        self.target_button.setToolTip(
            tr("It is a specialist. Swap the two on the page Models.")
            if "specialist" in now and "target" not in now
            else ""
        )

    def _plain(self, act: Act, icon_name: str = "") -> QPushButton:
        return push_button("", lambda: self.wanted.emit(act), icon_name)


def _next_step(
    now: Collection[str], others: Collection[str], *, has_target: bool
) -> tuple[Act, str]:
    """What the main button does, and its text."""
    if "specialist" in now:
        return "models", tr("Show it on the page Models")
    if "target" in now:
        return "fits", tr("Show what fits it")
    if "specialist" in others:
        return "replace", tr("Use this revision instead")
    if not has_target:
        return "target", tr("Use as target")
    return "specialist", tr("Use as specialist")


def _told(use: Use, is_shown: bool) -> str:
    roles = {
        "target": tr("the target"),
        "base": tr("the base"),
        "specialist": tr("the specialist {name}", name=use.specialist),
    }
    if is_shown:
        return tr("This model is {role} of the project.", role=roles[use.role])
    return tr(
        "Another revision of it, {revision}, is {role} of the project.",
        revision=use.name.short_revision,
        role=roles[use.role],
    )
