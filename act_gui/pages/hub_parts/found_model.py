"""Models that a search has found, as rows; more of them come as the table is scrolled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from act_core.hub.fits import Fit
from act_core.hub.rows import FoundModel
from act_core.report.numbers import short_count, size
from act_gui.text import tr
from act_gui.theme import colours_of

NAME, VERDICT = 0, 1
_NUMBERS = (2, 3, 6, 7)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ROLES = Qt.ItemDataRole
_Index = QModelIndex | QPersistentModelIndex


class FoundTableModel(QAbstractTableModel):
    """Rows of a search, with the verdict on each where it was checked.

    Signals:
        more_wanted: The person has come to the end of what is there.
    """

    more_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._widget = parent
        self._rows: list[FoundModel] = []
        self._fits: dict[str, Fit] = {}
        self._has_more = False
        self._heads = (
            tr("Model"), tr("Pair check"), tr("Parameters"), tr("Size"), tr("Stored as"),
            tr("Family"), tr("Downloads"), tr("Likes"), tr("Updated"), tr("Licence"), tr("Access"),
        )  # fmt: skip

    def set_rows(self, rows: Iterable[FoundModel], *, has_more: bool) -> None:
        """Show the first rows of a search."""
        self.beginResetModel()
        self._rows, self._fits, self._has_more = list(rows), {}, has_more
        self.endResetModel()

    def add_rows(self, rows: Iterable[FoundModel], *, has_more: bool) -> None:
        """Put further rows below; none stands there twice."""
        there = {row.name for row in self._rows}
        fresh = [row for row in rows if row.name not in there]
        self._has_more = has_more
        if not fresh:
            return
        self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(fresh) - 1)
        self._rows += fresh
        self.endInsertRows()

    def add_fit(self, fit: Fit) -> None:
        """Put a model below with what its check has found."""
        self._fits[fit.found.name] = fit
        self.add_rows((fit.found,), has_more=False)

    def row(self, number: int) -> FoundModel:
        """The model of a row."""
        return self._rows[number]

    def fit(self, name: str) -> Fit | None:
        """What the check of a model has found; None where it was not checked."""
        return self._fits.get(name)

    # ----------------------------------------------------------------------------- Qt

    def canFetchMore(self, parent: _Index) -> bool:  # noqa: N802 - Qt's name
        return not parent.isValid() and self._has_more

    def fetchMore(self, parent: _Index) -> None:  # noqa: N802 - Qt's name
        if self.canFetchMore(parent):
            self._has_more = False  # until the answer is there
            self.more_wanted.emit()

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = _ROLES.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _ROLES.TextAlignmentRole and section in _NUMBERS:
            return _RIGHT
        return self._heads[section] if role == _ROLES.DisplayRole else None

    def data(self, index: _Index, role: int = _ROLES.DisplayRole) -> Any:
        row, column = self._rows[index.row()], index.column()
        if role == _ROLES.DisplayRole:
            return self._verdict(row) if column == VERDICT else _cells(row)[column]
        if role == _ROLES.TextAlignmentRole:
            return _RIGHT if column in _NUMBERS else None
        if role == _ROLES.ForegroundRole:
            return self._colour(row, column)
        if role == _ROLES.ToolTipRole:
            return self._reason(row) or row.name
        if role == _ROLES.AccessibleTextRole and column == NAME and row.unusable:
            return tr("{model}, cannot be used: {reason}", model=row.name, reason=row.unusable)
        return None

    def _verdict(self, row: FoundModel) -> str:
        fit = self._fits.get(row.name)
        if fit is None:
            return ""
        return tr("fits") if fit.fits else tr("does not fit")

    def _reason(self, row: FoundModel) -> str:
        """Why a model is of no use."""
        if row.unusable:
            return row.unusable
        fit = self._fits.get(row.name)
        if fit is None:
            return ""
        if fit.error is not None:
            return f"{fit.error.title}. {fit.error.reason}"
        return " ".join(f"{f.title}. {f.reason}" for f in fit.findings if f.severity == "blocks")

    def _colour(self, row: FoundModel, column: int) -> Any:
        colours, fit = colours_of(self._widget), self._fits.get(row.name)
        if column == VERDICT and fit is not None and fit.fits:
            return QColor(colours.good)
        return QColor(colours.muted) if self._reason(row) else None


def _cells(row: FoundModel) -> tuple[str, ...]:
    family = tr("adapter") if row.is_adapter else row.family
    stored = row.quantised or row.dtype
    access = tr("gated") if row.gated else tr("private") if row.private else tr("open")
    return (
        row.name,
        "",
        "" if row.parameters is None else short_count(row.parameters),
        "" if row.size_bytes is None else size(row.size_bytes),
        stored,
        family,
        short_count(row.downloads),
        short_count(row.likes),
        "" if row.updated is None else f"{row.updated:%Y-%m-%d}",
        row.licence or "",
        access,
    )
