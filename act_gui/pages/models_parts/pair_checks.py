"""The pair check of every specialist with the target, asked in the background and remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.hub.inspect import Inspection
from act_core.hub.pair import check_hub_pair
from act_core.models.pair import Finding, check_pair
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.network import HubQuestions
from act_gui.modelbook import KnownModel

Pair = tuple[KnownModel, KnownModel]
Findings = tuple[Finding, ...]


class PairChecks(QObject):
    """Compares models; a model that was read again is compared again.

    Signals:
        checked: An answer has come.
    """

    checked = Signal()

    def __init__(self, lookups: Lookups, hub: HubQuestions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups, self._hub = lookups, hub
        self._answers: dict[Pair, Findings | ErrorRecord] = {}
        self._asked: set[Pair] = set()

    def get(self, target: KnownModel, specialist: KnownModel) -> Findings | ErrorRecord | None:
        """Findings, why there are none, or None while they are being found."""
        pair = target, specialist
        if pair not in self._answers and pair not in self._asked:
            self._asked.add(pair)
            self._ask(pair)
        return self._answers.get(pair)

    def _ask(self, pair: Pair) -> None:
        """On the network where tokenizers may have to be fetched."""
        ours, theirs = (known.looked for known in pair)
        key = f"pair {id(pair[0])} {id(pair[1])}"

        def answer(found: Findings | ErrorRecord) -> None:
            self._on_answer(pair, found)

        if isinstance(ours, Inspection) or isinstance(theirs, Inspection):
            self._hub.ask(
                key,
                lambda way, _tell, token: check_hub_pair(way, ours, theirs, token=token),
                answer,
                answer,
            )
        else:
            self._lookups.ask(key, lambda: check_pair(ours, theirs), answer, answer)

    def _on_answer(self, pair: Pair, answer: Findings | ErrorRecord) -> None:
        self._asked.discard(pair)
        self._answers[pair] = answer
        self.checked.emit()
