"""Texts that are cut: what a person at a small window or with big writing would not read whole."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QStyle,
    QStyleOptionComboBox,
    QWidget,
)

from tests.gui.access import described

_BUTTONS = (QCheckBox, QPushButton, QRadioButton)
_ROUNDING_PX = 1


def cut_texts(root: QWidget) -> list[str]:
    """Visible labels, buttons and choices whose text does not fit into them."""
    found = []
    for widget in root.findChildren(QWidget):
        if widget.isVisible() and not _inside_list(widget) and (lacks := _lacking(widget)):
            text = widget.text() if isinstance(widget, QLabel) else ""
            found.append(f"{described(widget)} {text[:40]!r} {lacks}")
    return found


def _lacking(widget: QWidget) -> str:
    if isinstance(widget, QLabel):
        return _of_label(widget)
    if isinstance(widget, _BUTTONS) and isinstance(widget, QAbstractButton) and widget.text():
        wanted = widget.sizeHint()
        return _less(widget, wanted.width(), wanted.height())
    return _of_choice(widget) if isinstance(widget, QComboBox) else ""


def _of_label(label: QLabel) -> str:
    if not label.text():
        return ""
    if label.wordWrap():
        return _less(label, 0, label.heightForWidth(label.width()))
    wanted = label.sizeHint()
    return _less(label, wanted.width(), wanted.height())


def _of_choice(box: QComboBox) -> str:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox,
        option,
        QStyle.SubControl.SC_ComboBoxEditField,
        box,
    )
    wanted = box.fontMetrics().horizontalAdvance(box.currentText())
    if box.toolTip() == box.currentText():  # and its list shows it whole
        return ""
    return f"{field.width()} of {wanted} px wide" if field.width() < wanted else ""


def _less(widget: QWidget, width_px: int, height_px: int) -> str:
    if widget.width() + _ROUNDING_PX < width_px:
        return f"{widget.width()} of {width_px} px wide"
    if widget.height() + _ROUNDING_PX < height_px:
        return f"{widget.height()} of {height_px} px high"
    return ""


def _inside_list(widget: QWidget) -> bool:
    """Lists and tables cut their cells with dots, and show the whole as a tool tip."""
    parent = widget.parent()
    while isinstance(parent, QWidget):
        if isinstance(parent, QAbstractItemView):
            return True
        parent = parent.parent()
    return False
