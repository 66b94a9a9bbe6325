"""The pair check of every specialist with the target, asked in the background and remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.models.pair import Finding, check_pair
from act_gui.jobs.lookup import Lookups
from act_gui.modelbook import KnownModel

Pair = tuple[KnownModel, KnownModel]
Findings = tuple[Finding, ...]


class PairChecks(QObject):
    """Compares models; a model that was read again is compared again.

    Signals:
        checked: An answer has come.
    """

    checked = Signal()

    def __init__(self, lookups: Lookups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._answers: dict[Pair, Findings | ErrorRecord] = {}
        self._asked: set[Pair] = set()

    def get(self, target: KnownModel, specialist: KnownModel) -> Findings | ErrorRecord | None:
        """Findings, why there are none, or None while they are being found."""
        pair = target, specialist
        if pair not in self._answers and pair not in self._asked:
            self._asked.add(pair)
            ours, theirs = target.model, specialist.model
            self._lookups.ask(
                f"pair {id(target)} {id(specialist)}",
                lambda: check_pair(ours, theirs),
                lambda found: self._on_answer(pair, found),
                lambda error: self._on_answer(pair, error),
            )
        return self._answers.get(pair)

    def _on_answer(self, pair: Pair, answer: Findings | ErrorRecord) -> None:
        self._asked.discard(pair)
        self._answers[pair] = answer
        self.checked.emit()
