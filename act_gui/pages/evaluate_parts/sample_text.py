"""One sample whole: prompt, the right answer marked in it, and what each candidate made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from act_core.evaluate.evaluator import MeasureName
from act_core.evaluate.samples import Outcome, Sample
from act_core.report.numbers import measure_scale
from act_core.report.verdict import listed
from act_gui.text import tr
from act_gui.theme import Colours, colours_of


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of text in one look: plain, head, marked (the right answer), good or bad."""

    text: str
    look: str = "plain"


class SampleText(QTextEdit):
    """Read only; it can be marked and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[_Part, ...] = ()
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setUndoRedoEnabled(False)
        self.setAccessibleName(tr("The item with all answers"))

    def set_sample(
        self, sample: Sample | None, measure: MeasureName, labels: Mapping[str, str]
    ) -> None:
        """Show a sample.

        Args:
            sample: What is shown; None: nothing.
            measure: Whose outcomes.
            labels: Of the candidates that are shown, in their order.
        """
        self._parts = () if sample is None else tuple(_parts(sample, measure, labels))
        self._write()

    def _write(self) -> None:
        looks = _looks(colours_of(self), self.font())
        self.clear()
        cursor = QTextCursor(self.document())
        for part in self._parts:
            cursor.insertText(part.text, looks[part.look])
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._write()


def _parts(sample: Sample, measure: MeasureName, labels: Mapping[str, str]) -> Iterator[_Part]:
    found = sample.outcomes.get(measure, {})
    outcomes = {label: found[name] for name, label in labels.items() if name in found}
    told = _lowest(outcomes) if measure == "loss" else _who(outcomes)
    yield _Part(f"{sample.id}. {told}\n\n", "head")
    if sample.prompt:
        yield _Part(sample.prompt)
        yield _Part("" if sample.prompt[-1].isspace() else " ")
    yield _Part(sample.reference, "plain" if not sample.prompt else "marked")
    yield _Part("\n")
    if sample.choices and measure != "loss":
        yield _Part(f"\n{tr('Options')}: {' | '.join(one.strip() for one in sample.choices)}\n")
    for label, outcome in outcomes.items():
        yield from _answer(label, outcome, measure)


def _answer(label: str, outcome: Outcome, measure: MeasureName) -> Iterator[_Part]:
    yield _Part(f"\n{label}: ", "head")
    if measure == "loss":
        text = measure_scale(measure).text(outcome.value)
        yield _Part(tr("{loss} nats per token", loss=text))
        return
    if outcome.value is None:
        yield _Part(tr("not measured"))
        return
    yield _Part(tr("right"), "good") if outcome.value else _Part(tr("wrong"), "bad")
    yield _Part("\n" if outcome.said is None else f"\n{outcome.said.strip()}\n")


def _who(outcomes: Mapping[str, Outcome]) -> str:
    """Who was right, in a sentence."""
    right = [label for label, outcome in outcomes.items() if outcome.value]
    wrong = [label for label, outcome in outcomes.items() if outcome.value == 0]
    if not wrong:
        return tr("All are right.")
    if not right:
        return tr("Nobody is right.")
    return tr("Right: {right}. Wrong: {wrong}.", right=listed(right), wrong=listed(wrong))


def _lowest(outcomes: Mapping[str, Outcome]) -> str:
    """Whose loss is lowest, in a sentence."""
    known = {label: one.value for label, one in outcomes.items() if one.value is not None}
    if not known:
        return ""
    best = min(known, key=lambda label: known[label])
    return tr("The lowest loss is that of {name}.", name=best)


def _looks(colours: Colours, font: QFont) -> dict[str, QTextCharFormat]:
    looks = {name: QTextCharFormat() for name in ("plain", "head", "marked", "good", "bad")}
    for name, colour in (("plain", colours.text), ("head", colours.text),
                         ("marked", colours.text), ("good", colours.good),
                         ("bad", colours.bad)):  # fmt: skip
        looks[name].setForeground(QColor(colour))
        looks[name].setFont(font)
    looks["head"].setFontWeight(QFont.Weight.DemiBold)
    looks["marked"].setBackground(QColor(colours.selection))
    looks["marked"].setFontUnderline(True)
    looks["marked"].setUnderlineColor(QColor(colours.accent))
    return looks
