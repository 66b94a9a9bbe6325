"""What tuning reads beside what the specialists were trained on, before it starts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from act_core.pipeline.gates import MOST_OF_TRAINING
from act_core.recipe import Draft
from act_core.report.numbers import count, part
from act_gui.text import tr
from act_gui.widgets.card import Card
from act_gui.widgets.labels import label, set_role
from act_gui.widgets.number_field import FaultLine, NumberField, read_count, write_count


class TokensCard(Card):
    """A row for every specialist: what it was trained on, and what share tuning is of that.

    Signals:
        training_said: Name of a specialist, and the tokens it was trained on or None.
    """

    training_said = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Transfer, or learning anew?"), parent)
        self.reading = label("", wrap=True)
        self.fields: dict[str, NumberField] = {}
        self.verdicts: dict[str, QLabel] = {}
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(4)
        self.body.addWidget(self.reading)
        self.body.addLayout(self._grid)

    def show_draft(self, draft: Draft, steps: int, step_tokens: int, before: int = 0) -> None:
        """Show the tokens of a recipe.

        Args:
            draft: Names its abilities, and what its specialists were trained on.
            steps: At most.
            step_tokens: Of each ability in a step, on average.
            before: Tokens that learning gates reads before; they count too.
        """
        abilities = len(draft.abilities)
        tokens = steps * step_tokens * abilities
        text = tr(
            "Training will read about {tokens} tokens: {steps} steps of {each} from each of "
            "{abilities} abilities.",
            tokens=count(tokens),
            steps=count(steps),
            each=count(step_tokens),
            abilities=count(abilities),
        )
        if before:
            text += " " + tr("Learning the gates reads {tokens} before.", tokens=count(before))
        self.reading.setText(text)
        tokens += before
        if list(self.fields) != list(draft.specialists):
            self._make_rows(tuple(draft.specialists))
        for name, section in draft.specialists.items():
            self.fields[name].set_number(section.training_tokens)
            text, too_much = _share_text(tokens, section.training_tokens)
            self.verdicts[name].setText(text)
            set_role(self.verdicts[name], "warn" if too_much else "muted")

    def _make_rows(self, names: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self.fields, self.verdicts = {}, {}
        for number, name in enumerate(names):
            said = tr("Tokens that {specialist} was trained on", specialist=name)
            field = NumberField(said, read_count, write_count, empty=tr("Not known"))
            field.number_chosen.connect(lambda tokens, name=name: self._on_chosen(name, tokens))
            self.fields[name], self.verdicts[name] = field, label("", wrap=True)
            title = label(tr("{specialist} was trained on", specialist=name), "muted", wrap=True)
            title.setBuddy(field)
            self._grid.addWidget(title, 3 * number, 0)
            self._grid.addWidget(field, 3 * number, 1)
            self._grid.addWidget(FaultLine(field), 3 * number + 1, 1)
            self._grid.addWidget(self.verdicts[name], 3 * number + 2, 0, 1, 2)

    def _on_chosen(self, name: str, tokens: float | None) -> None:
        self.training_said.emit(name, None if tokens is None else int(tokens))


def _share_text(tokens: int, training_tokens: int | None) -> tuple[str, bool]:
    """What tuning reads over what a specialist was trained on, and whether that is too much."""
    most = part(MOST_OF_TRAINING)
    if training_tokens is None:
        return tr("Up to {most} of its training counts as transfer.", most=most), False
    share = tokens / training_tokens
    if share <= MOST_OF_TRAINING:
        text = tr("{share} of its training, below {most}.", share=part(share), most=most)
        return text, False
    text = tr(
        "{share} of its training, above {most}: what is gained is learned anew at least in part, "
        "not transferred.",
        share=part(share),
        most=most,
    )
    return text, True
