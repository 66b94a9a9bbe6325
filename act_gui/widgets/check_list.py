"""What verification found, one line a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from act_gui.icons import pixmap
from act_gui.text import tr
from act_gui.theme import colours_of
from act_gui.widgets.labels import label

_ICON_PX = 18


class CheckList(QWidget):
    """Checks with a mark and a word each, so that colour alone says nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(3, 1)
        self._marks: list[tuple[QLabel, bool | None]] = []

    def set_checks(self, checks: Sequence[Mapping[str, object]]) -> None:
        """Show checks as metrics.json holds them: `name`, `detail`, `passed`.

        Where `passed` is None, there was nothing to check.
        """
        self._marks.clear()
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for row, check in enumerate(checks):
            passed = None if check["passed"] is None else bool(check["passed"])
            mark = QLabel()
            self._marks.append((mark, passed))
            word = _word(passed)
            self._grid.addWidget(mark, row, 0)
            self._grid.addWidget(word, row, 1)
            self._grid.addWidget(label(tr(str(check["name"]))), row, 2)
            detail = label(str(check["detail"]), "muted", wrap=True, selectable=True)
            self._grid.addWidget(detail, row, 3)
        self._paint_marks()
        failed = sum(passed is False for _, passed in self._marks)
        self.setAccessibleName(
            tr("{count} checks failed", count=failed) if failed else tr("All checks passed")
        )

    def _paint_marks(self) -> None:
        colours = colours_of(self)
        for mark, passed in self._marks:
            name, colour = {
                True: ("check", colours.good),
                False: ("error", colours.bad),
                None: ("info", colours.muted),
            }[passed]
            mark.setPixmap(pixmap(name, _ICON_PX, colour, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_marks()


def _word(passed: bool | None) -> QLabel:
    if passed is None:
        return label(tr("nothing to do"), "muted")
    return label(tr("passed"), "good") if passed else label(tr("failed"), "bad")
