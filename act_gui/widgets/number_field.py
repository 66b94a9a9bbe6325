"""A field for a number as people write it: with %, thousands separators or a unit of size."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from act_core.report.numbers import count, size
from act_gui.text import tr
from act_gui.widgets.labels import set_look, set_role

_NUMBER = re.compile(r"([+-]?[\d.]+(?:e[+-]?\d+)?)\s*([^\d\s].*)?", re.IGNORECASE)
_SIZES = {"": 1, "b": 1, "bytes": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
_COUNTS = {"": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "billion": 1e9}


class NumberField(QLineEdit):
    """Says a number once it was written in full; what is no number is marked and says why.

    Args:
        name: Accessible name.
        read: Text to number; a `ValueError` holds the reason for people.
        write: Number to text.
        empty: What stands there for no number; None where there has to be one.

    Signals:
        number_chosen: The number, or None where the field was emptied.
        fault_changed: Something else is wrong, or nothing any more.
    """

    number_chosen = Signal(object)
    fault_changed = Signal()

    def __init__(
        self,
        name: str,
        read: Callable[[str], float],
        write: Callable[[float], str],
        empty: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._read, self._write, self._may_be_empty = read, write, empty is not None
        self._shown = ""
        self.fault = ""
        self._explained = "", ""
        self.setAccessibleName(name)
        self.setPlaceholderText(empty or "")
        self.editingFinished.connect(self._on_finished)
        self.textEdited.connect(self._on_edited)

    def set_number(self, number: float | None) -> None:
        """Show a number, unless the person is writing another one."""
        if self.isModified() and self.hasFocus():
            return
        text = "" if number is None else self._write(number)
        if text != self.text():
            self.setText(text)
        self._shown = text
        self.setModified(False)
        self._mark("")

    def _on_edited(self, _text: str) -> None:
        self._mark(self._checked()[1])

    def _on_finished(self) -> None:
        if not self.isModified() or self.text() == self._shown:
            return
        number, fault = self._checked()
        self._mark(fault)
        if not fault:
            self.setModified(False)
            self._shown = self.text()
            self.number_chosen.emit(number)

    def _checked(self) -> tuple[float | None, str]:
        text = self.text().strip()
        if not text and self._may_be_empty:
            return None, ""
        try:
            return self._read(text), ""
        except ValueError as error:
            return None, str(error)

    def _mark(self, fault: str) -> None:
        if fault == self.fault:
            return
        if not self.fault:
            self._explained = self.toolTip(), self.accessibleDescription()
        self.fault = fault
        set_look(self, "invalid", bool(fault))
        words, said = (fault, fault) if fault else self._explained
        self.setToolTip(words)
        self.setAccessibleDescription(said)
        self.fault_changed.emit()


class FaultLine(QLabel):
    """Says in place what is wrong with the first of some number fields; hidden while nothing is."""

    def __init__(self, *fields: NumberField, parent: QWidget | None = None) -> None:
        super().__init__(parent, textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._fields: tuple[NumberField, ...] = ()
        set_role(self, "bad")
        self.follow(*fields)

    def follow(self, *fields: NumberField) -> None:
        """Speak of other fields from now on; those of before are going."""
        self._fields = fields
        for field in fields:
            field.fault_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        fault = next((field.fault for field in self._fields if field.fault), "")
        self.setText(fault)
        self.setVisible(bool(fault))


def read_share(text: str) -> float:
    """A share above 0 to 1 from percent, e.g. `5 %` or `0.05`%, as 0.05.

    Raises:
        ValueError: It is none; the reason is for people.
    """
    number = _plain(text.strip().removesuffix("%"), {"": 1.0})
    if number is None or not 0 < number <= 100:
        raise ValueError(tr("Give a share in percent, above 0 and up to 100."))
    return number / 100


def write_share(share: float) -> str:
    """A share as percent with four digits that count."""
    return f"{100 * share:.4g} %"


def read_count(text: str) -> float:
    """A whole number of at least 1, e.g. `1,234,567` or `1.5 million`.

    Raises:
        ValueError: It is none; the reason is for people.
    """
    number = _plain(text, _COUNTS)
    if number is None or number < 1 or number != int(number):
        raise ValueError(tr("Give a whole number of at least 1."))
    return number


def write_count(number: float) -> str:
    """A whole number with its thousands apart."""
    return count(int(number))


def read_rate(text: str) -> float:
    """A learning rate above 0 to 1, e.g. `1e-4` or `0.0001`.

    Raises:
        ValueError: It is none; the reason is for people.
    """
    number = _plain(text, {"": 1.0})
    if number is None or not 0 < number <= 1:
        raise ValueError(tr("Give a rate above 0 and up to 1, such as 1e-4."))
    return number


def write_rate(rate: float) -> str:
    """A learning rate with the digits that count."""
    return f"{rate:.3g}"


def read_size(text: str) -> float:
    """Bytes from a size, e.g. `12 MB`.

    Raises:
        ValueError: It is none; the reason is for people.
    """
    number = _plain(text, _SIZES)
    if number is None or number < 1:
        raise ValueError(tr("Give a size, such as 500 kB or 12 MB."))
    return number


def write_size(size_bytes: float) -> str:
    """Bytes in decimal units."""
    return size(int(size_bytes))


def _plain(text: str, units: dict[str, float]) -> float | None:
    found = _NUMBER.fullmatch(text.strip().replace(",", "").replace("\u202f", ""))
    if found is None:
        return None
    factor = units.get((found[2] or "").strip().casefold())
    try:
        number = float(found[1])
    except ValueError:
        return None
    if factor is None or not math.isfinite(number):
        return None
    return number * factor
