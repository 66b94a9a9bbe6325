"""All abilities encoded in the background, and how long profiling them will take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from act_core.abilities.preview import Preview, previews
from act_core.errors import ErrorRecord
from act_core.models.reference import Model
from act_core.profile.expect import Expectation, expected_profile
from act_core.recipe import Draft
from act_gui.jobs.lookup import Lookups

_KEY = "abilities"
_TIME_KEY = "time of the profile"
Answers = Mapping[str, Preview | ErrorRecord]


class AbilityChecks(QObject):
    """Encodes again whenever target or abilities have changed.

    Attributes:
        answers: Of the last question that was answered, by ability.
        expectation: Time of the profile; None while it is not known.

    Signals:
        checked: An answer has come.
    """

    checked = Signal()

    def __init__(self, lookups: Lookups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._asked: object = None
        self._answered: object = None
        self._time_asked: object = None
        self.answers: Answers = {}
        self.expectation: Expectation | None = None

    def is_current(self) -> bool:
        """Whether the answers are those to the last question."""
        return self._asked is not None and self._answered == self._asked

    def look(self, draft: Draft, target: Model) -> None:
        """Encode the draft's abilities, unless that is the last question."""
        asked = (id(target), tuple(draft.abilities.items()), draft.seed)
        if asked == self._asked:
            return
        self._asked = asked
        abilities = dict(draft.abilities)

        def failed(error: ErrorRecord) -> None:
            self._on_answers(asked, dict.fromkeys(abilities, error))

        self._lookups.ask(
            _KEY,
            lambda: previews(target, abilities, draft.seed),
            lambda found: self._on_answers(asked, found),
            failed,
        )

    def look_again(self) -> None:
        """Forget the last question: files may have changed."""
        self._asked = self._answered = None

    def expect(
        self, draft: Draft, target: Model, specialists: tuple[Model, ...], run: Path
    ) -> None:
        """Estimate the profile of all abilities that can be encoded."""
        found = [view for view in self.answers.values() if isinstance(view, Preview)]
        counted = sum(view.calibration.counted_tokens for view in found)
        total = sum(view.calibration.total_tokens for view in found)
        settings = draft.profile
        statistics = {*settings.statistics, draft.localize.scorer}
        log = run / "events.jsonl"
        asked = (
            (id(target), *map(id, specialists), counted, total, settings, sorted(statistics)),
            log.stat().st_mtime if log.is_file() else 0.0,
        )
        if asked == self._time_asked:
            return
        self._time_asked = asked
        self.expectation = None
        if not (found and specialists):
            return
        self._lookups.ask(
            _TIME_KEY,
            lambda: expected_profile(
                target,
                specialists,
                counted_tokens=counted,
                total_tokens=total,
                statistics=statistics,
                run=run,
                device=settings.device,
                dtype=settings.dtype,
            ),
            self._on_expectation,
            lambda _error: None,
        )

    def _on_answers(self, asked: object, answers: Answers) -> None:
        self._answered = asked
        self.answers = answers
        self.checked.emit()

    def _on_expectation(self, found: Expectation) -> None:
        self.expectation = found
        self.checked.emit()
