"""Draws a progress bar with its percentage in a table's cell."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from act_gui.jobs.table_model import SHARE_ROLE
from act_gui.theme import colours_of

_BAR_PX = 6
_MARGIN_PX = 8


class ProgressDelegate(QStyledItemDelegate):
    """A bar as wide as the cell lets it be, and the text behind it."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        share = index.data(SHARE_ROLE)
        text = index.data(Qt.ItemDataRole.DisplayRole)
        self.initStyleOption(option, index)
        option.text = ""
        widget = option.widget
        style = widget.style() if widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, widget)
        if share is None or widget is None:
            return
        colours = colours_of(widget)
        text_px = option.fontMetrics.horizontalAdvance("100 %")
        cell = QRectF(option.rect).adjusted(_MARGIN_PX, 0, -_MARGIN_PX, 0)
        bar = QRectF(cell.left(), cell.center().y() - _BAR_PX / 2, 0, _BAR_PX)
        bar.setRight(cell.right() - text_px - _MARGIN_PX)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for width, colour in ((bar.width(), colours.border), (bar.width() * share, colours.accent)):
            painter.setBrush(QColor(colour))
            part = QRectF(bar.left(), bar.top(), width, bar.height())
            painter.drawRoundedRect(part, _BAR_PX / 2, _BAR_PX / 2)
        painter.setPen(QColor(colours.text))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(cell, side, text)
        painter.restore()
