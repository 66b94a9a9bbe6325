"""Findings about models, the worst first: each with a word, why it matters, and what to do.

While something blocks, the rest is folded: it matters only for a pair that fits.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from act_core.models.pair import Finding
from act_gui.icons import pixmap
from act_gui.text import tr
from act_gui.theme import colours_of
from act_gui.widgets.labels import Role, label
from act_gui.widgets.unfold import Unfold

_ICON_PX = 18
_ICONS = {"blocks": "error", "warns": "warning", "informs": "info"}
_COLOURS = {"blocks": "bad", "warns": "warn", "informs": "info"}
_ROLES: dict[str, Role] = {"blocks": "bad", "warns": "warn", "informs": "muted"}


def severity_word(severity: str) -> str:
    """A severity in a word."""
    words = {"blocks": tr("Blocks"), "warns": tr("Mind this"), "informs": tr("Good to know")}
    return words[severity]


class FindingList(QWidget):
    """A column of findings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Finding, ...] = ()
        self._marks: list[tuple[QLabel, str]] = []
        self.unfold = Unfold("")
        self._first, self._rest = _grid(), _grid()
        self.unfold.body.addLayout(self._rest)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._first)
        column.addWidget(self.unfold)

    def findings(self) -> tuple[Finding, ...]:
        """What is shown, in its order."""
        return self._shown

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show findings, those that block first."""
        order = tuple(_ICONS)
        shown = tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))
        if shown == self._shown:
            return
        self._shown = shown
        self._marks.clear()
        blocking = [finding for finding in shown if finding.severity == "blocks"]
        rest = [finding for finding in shown if finding.severity != "blocks"]
        self._fill(self._first, blocking or rest)
        self._fill(self._rest, rest if blocking else [])
        self.unfold.setVisible(bool(blocking and rest))
        self.unfold.set_text(tr("Other findings ({count})", count=len(rest)))
        self._paint_marks()

    def _fill(self, grid: QGridLayout, findings: Sequence[Finding]) -> None:
        while (item := grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row, finding in enumerate(findings):
            mark = QLabel()
            self._marks.append((mark, finding.severity))
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_words(finding), row, 1)

    def _paint_marks(self) -> None:
        colours = colours_of(self)
        for mark, severity in self._marks:
            colour = str(getattr(colours, _COLOURS[severity]))
            image = pixmap(_ICONS[severity], _ICON_PX, colour, self.devicePixelRatioF())
            mark.setPixmap(image)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_marks()


def _grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(10)
    grid.setColumnStretch(1, 1)
    return grid


def _words(finding: Finding) -> QWidget:
    words = QWidget()
    words.setAccessibleName(
        f"{severity_word(finding.severity)}: {finding.title}. {finding.reason} {finding.remedy}"
    )
    column = QVBoxLayout(words)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    title = f"{severity_word(finding.severity)}: {finding.title}"
    column.addWidget(label(title, _ROLES[finding.severity], wrap=True))
    column.addWidget(label(finding.reason, wrap=True, selectable=True))
    if finding.severity != "informs":
        column.addWidget(label(finding.remedy, wrap=True, selectable=True))
    column.addStretch(1)
    return words
