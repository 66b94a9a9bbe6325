"""The stages in the order of the work, each with its icon, its title and how it stands.

Below them stand the places, which have no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from act_gui.icons import icon
from act_gui.stages import PLACE_NAMES, StageName, StageState, pages, stages, state_text
from act_gui.text import tr
from act_gui.theme import Colours, colours_of

_STATE = Qt.ItemDataRole.UserRole
_NAME = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex
_ICONS = {
    StageState.EMPTY: "empty",
    StageState.READY: "ready",
    StageState.RUNNING: "running",
    StageState.DONE: "check",
    StageState.STALE: "stale",
    StageState.UNUSED: "unused",
    StageState.UNAVAILABLE: "error",
}


class StageList(QListWidget):
    """A row for each page; arrow keys move, a screen reader hears title and state.

    It gives way to a wide page in a narrow window, down to the icons.

    Signals:
        stage_chosen: Name of a stage or place that the person chose.
    """

    stage_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stages")
        self.setAccessibleName(tr("Stages of the work"))
        self.setItemDelegate(_StageDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        for page in pages():
            item = QListWidgetItem(icon(page.name), page.title)
            item.setData(_NAME, page.name)
            item.setToolTip(f"{page.title}: {page.sentence}")
            self.addItem(item)
        self.set_states({stage.name: StageState.EMPTY for stage in stages()})
        self.currentItemChanged.connect(self._on_current_changed)
        self.verticalScrollBar().rangeChanged.connect(self._on_range)

    def set_states(self, states: Mapping[StageName, StageState]) -> None:
        """Show how every stage stands."""
        for row in range(self.count()):
            item = self.item(row)
            state = states.get(item.data(_NAME))
            if state is not None and item.data(_STATE) is not state:
                item.setData(_STATE, state)
                said = tr("{stage}: {state}", stage=item.text(), state=state_text(state))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, said)

    def set_current(self, name: str) -> None:
        """Mark a stage without saying that it was chosen."""
        for row in range(self.count()):
            if self.item(row).data(_NAME) == name and not self.item(row).isSelected():
                self.blockSignals(True)
                self.setCurrentRow(row)
                self.item(row).setSelected(True)
                self.blockSignals(False)
                self.viewport().update()

    def _on_current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.stage_chosen.emit(item.data(_NAME))

    def _on_range(self, _least: int, _most: int) -> None:
        self.updateGeometry()  # the scroll bar comes or goes

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        width = max(self.sizeHintForColumn(0), 1) + 2 * self.frameWidth()
        bar = self.verticalScrollBar()
        if bar.maximum() > 0:
            width += bar.sizeHint().width()
        return QSize(width, super().sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()
            self.updateGeometry()


class _StageDelegate(QStyledItemDelegate):
    """Two lines a row: the title, and the state in its colour with its icon; or the icon alone."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802
        metrics = option.fontMetrics
        pad = metrics.height() // 2
        words = [state_text(state) for state in StageState]
        widest = max(metrics.horizontalAdvance(word) for word in [*words, index.data()])
        icons = round(1.5 * metrics.height()) + metrics.height()
        return QSize(icons + widest + 5 * pad, 2 * metrics.lineSpacing() + 2 * pad)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> None:
        view = cast("QListWidget", option.widget)
        colours = colours_of(view)
        pad = option.fontMetrics.height() // 2
        side = round(1.5 * option.fontMetrics.height())
        room = QRect(option.rect)
        room.setWidth(min(room.width(), view.viewport().width()))
        painter.save()
        self._paint_ground(painter, option, index, colours)
        box = room.adjusted(pad + 2, pad, -pad, -pad)
        picture = QRect(box.left(), 0, side, side)
        picture.moveCenter(QRect(box.left(), box.top(), side, box.height()).center())
        # Where titles would be cut, the icons stand alone; a state may be.
        titles = max(option.fontMetrics.horizontalAdvance(page.title) for page in pages())
        has_words = box.width() >= side + pad + 2 + titles
        if not has_words:
            picture.moveCenter(room.center())
        icon(str(index.data(_NAME)), colours.text).paint(painter, picture)
        if has_words:
            self._paint_words(painter, box.adjusted(side + pad + 2, 0, 0, 0), option, index)
        painter.restore()

    def _paint_words(
        self, painter: QPainter, box: QRect, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        colours = colours_of(option.widget)
        line = option.fontMetrics.lineSpacing()
        state = index.data(_STATE)
        title = QRect(box.left(), box.top(), box.width(), line)
        if state is None:
            title.moveCenter(box.center())
        font = QFont(option.font)
        if _is_selected(option):
            font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(colours.text)
        painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        if state is not None:
            self._paint_state(painter, title.translated(0, line), state, option, colours)

    def _paint_ground(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index, colours: Colours
    ) -> None:
        if index.data(_NAME) == PLACE_NAMES[0]:
            painter.fillRect(
                QRect(option.rect.topLeft(), QSize(option.rect.width(), 1)), colours.border
            )
        if _is_selected(option):
            painter.fillRect(option.rect, colours.selection)
            bar = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
            painter.fillRect(bar, colours.accent)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, colours.hover)

    def _paint_state(
        self,
        painter: QPainter,
        line: QRect,
        state: StageState,
        option: QStyleOptionViewItem,
        colours: Colours,
    ) -> None:
        colour = {
            StageState.DONE: colours.good,
            StageState.STALE: colours.warn,
            StageState.RUNNING: colours.accent,
            StageState.UNAVAILABLE: colours.bad,
        }.get(state, colours.muted)
        side = round(0.85 * option.fontMetrics.height())
        mark = QRect(line.left(), line.center().y() - side // 2, side, side)
        icon(_ICONS[state], colour).paint(painter, mark)
        painter.setFont(option.font)
        painter.setPen(colour)
        words = line.adjusted(side + side // 3, 0, 0, 0)
        text = state_text(state)
        text = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, text)


def _is_selected(option: QStyleOptionViewItem) -> bool:
    return bool(option.state & QStyle.StateFlag.State_Selected)
