"""Tune: train a few steps on what was transferred, and watch what that brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QSplitter, QWidget

from act_core.errors import ErrorRecord
from act_core.recipe import Draft
from act_core.runs import RunFolder
from act_core.tune.schedule import can_learn
from act_core.tune.tuned_training import FACTS_NAME, Tuned, read_tuned
from act_gui.context import Context
from act_gui.earlier_steps import missing_words
from act_gui.jobs.manager import JobView
from act_gui.maps.loss_lines import best_check, loss_lines
from act_gui.maps.losses import LossChart
from act_gui.pages.learning_page import LearningPage
from act_gui.pages.tune_parts.choice import tune_choice
from act_gui.pages.tune_parts.comparison import ComparisonCard
from act_gui.pages.tune_parts.edits import Edits
from act_gui.pages.tune_parts.estimate import Estimate, Estimates
from act_gui.pages.tune_parts.mix_card import MixCard
from act_gui.pages.tune_parts.plan_card import PlanCard
from act_gui.pages.tune_parts.result_card import ResultCard
from act_gui.pages.tune_parts.settings_card import SettingsCard
from act_gui.pages.tune_parts.words import plan_text, run_words, step_figures
from act_gui.stages import StageState
from act_gui.text import tr

_Stored = tuple[Tuned, float] | None  # and when it ended, in seconds since the epoch


class TunePage(LearningPage):
    """The choice, settings and job, the losses, and the comparison that it is for."""

    stage = "tune"
    kind = "fit"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        unused = tr("Tuning is not used. The result is what was transferred: go on to Evaluate.")
        empty = tr("The loss of every ability is drawn here, step by step.")
        super().__init__(
            context, tune_choice(), unused, empty, run_words(), context.live_tuning, parent
        )
        self._asks = self._has_read = False
        self._stored: _Stored = None
        self._metrics: Mapping[str, Any] = {}
        self.edits = Edits(context.project, self)
        self.estimates = Estimates(context.lookups, "estimate of the tuning", self)
        self._build()
        self._connect()

    def undo_stack(self) -> QUndoStack:
        """Changes of the recipe's section."""
        return self.edits.stack

    def is_used(self, draft: Draft) -> bool:
        """Whether the result is tuned."""
        return draft.tune is not None

    def show_draft(self, draft: Draft, job: JobView | None) -> None:
        """Show settings, job, losses and comparison."""
        settings = draft.tune
        assert settings is not None
        self.settings.set_busy(job is not None)
        self.mix.set_busy(job is not None)
        self.settings.set_settings(settings, draft.profile)
        self.mix.show_draft(draft, settings)
        gates = draft.gates
        before = gates.steps * gates.batch_tokens * len(draft.abilities) if gates else 0
        self.tokens.show_draft(draft, settings.steps, settings.batch_tokens, before)
        self._ask_stored()
        self._ask_estimate(draft)
        self.show_job(job)
        self.show_learned()
        self._show_comparison()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        """From the outside in: what gets another parent is styled anew with all that it holds."""
        pictures = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        side, area = self.put_beside()
        area.setWidget(pictures)
        self.losses, self.comparison = LossChart(pictures), ComparisonCard(pictures)
        pictures.setStretchFactor(0, 1)
        self.result, self.settings = ResultCard(side.ground), SettingsCard(side.ground)
        self.mix, self.plan = MixCard(side.ground), PlanCard(side.ground)
        for card in (self.result, self.settings, self.mix, self.plan, self.tokens):
            side.add_card(card)
        self.add_next_button()

    def _connect(self) -> None:
        wanted = self.context.page_wanted
        self.choice.chosen.connect(self.edits.switch)
        self.settings.edited.connect(lambda changes: self.edits.change(**changes))
        self.settings.kind_chosen.connect(self.edits.choose_kind)
        self.settings.preset_chosen.connect(self.edits.choose_preset)
        self.mix.share_chosen.connect(self.edits.set_share)
        self.estimates.found.connect(self._on_estimate)
        self.estimates.failed.connect(self.plan.show_error)
        self.run_card.start_wanted.connect(lambda: self.context.start(self.kind, tr("Tune")))
        self.result.write_wanted.connect(lambda: wanted.emit("transfer"))
        self.comparison.measure_wanted.connect(lambda: wanted.emit("evaluate"))
        self.context.live_tuning.step_done.connect(self.draw_soon)

    # ------------------------------------------------------------------------------ job

    def _ask_estimate(self, draft: Draft) -> None:
        if draft.missing():
            self.plan.show_hint(missing_words(draft))
        else:
            self.estimates.look(draft, measure=not self.context.jobs.busy())

    def _on_estimate(self, estimate: Estimate) -> None:
        self.plan.show_estimate(estimate)
        if self.context.project.draft.tune is not None:
            self.show_job(self.open_job())

    def show_job(self, job: JobView | None) -> None:
        """Show the open job, or what a start would do."""
        draft = self.context.project.draft
        if job is not None:
            live = self.context.live_tuning
            step = live.step if live.job == job.id else None
            self.run_card.show_job(job, *step_figures(step))
            return
        state = self.context.states()[self.stage]
        lost = state is StageState.DONE and self._has_read and self._stored is None
        may_start = lost or state in (StageState.READY, StageState.STALE)
        self.run_card.show_idle(
            plan_text(draft, state, lost=lost),
            self.plan.summary if may_start else "",
            may_start=may_start and can_learn(draft.profile.dtype),
        )

    # ----------------------------------------------------------------------------- what is known

    def forget_stored(self) -> None:
        """The run folder may hold another tuning, or figures of it."""
        self._asks = False
        self.estimates.forget()

    def _ask_stored(self) -> None:
        """Read what lies in the run folder, where that was not done."""
        if self._asks:
            return
        self._asks = True
        run = self.context.project.run
        ask = self.context.lookups.ask
        ask("stored tuning", lambda: _stored_in(run), self._on_stored, self._on_fault)
        ask("figures of the tuning", run.read_metrics, self._on_metrics, self._on_fault)

    def _on_stored(self, found: _Stored) -> None:
        self._stored, self._has_read = found, True
        if self.isVisible() and self.context.project.draft.tune is not None:
            self.show_job(self.open_job())
            self.show_learned()

    def _on_metrics(self, metrics: Mapping[str, Any]) -> None:
        self._metrics = metrics
        self._show_comparison()

    def _show_comparison(self) -> None:
        current = self.context.states()["evaluate"] is StageState.DONE
        self.comparison.show_metrics(self._metrics, current=current)

    def _on_fault(self, error: ErrorRecord) -> None:
        self.context.notices.error(error)

    def show_learned(self) -> None:
        """Draw the losses of what is being tuned, else of what was tuned."""
        settings = self.context.project.draft.tune
        if settings is None:
            return
        stored = self._stored
        if self.is_live():
            losses = self.context.live_tuning.losses()
            best = best_check(losses, settings.shares)
            self.losses.set_lines(loss_lines(losses), losses[0].steps, best)
            stored = None
        elif stored is not None:
            losses, facts = stored[0].losses, stored[0].facts
            steps = max((loss.steps for loss in losses), default=facts["steps"])
            self.losses.set_lines(loss_lines(losses), steps, facts["best_step"])
            self.result.show_tuned(*stored)
        else:
            self.losses.set_lines((), settings.steps, None)
        self.result.setVisible(stored is not None)
        hint = tr("Start tuning: the loss of every ability is drawn here, step by step.")
        self.losses.set_empty("" if self.losses.lines else hint)


def _stored_in(run: RunFolder) -> _Stored:
    """What was tuned in a run; None where nothing whole is there."""
    folder = run.tuned_path("result")
    tuned = read_tuned(folder)
    return None if tuned is None else (tuned, (folder / FACTS_NAME).stat().st_mtime)
