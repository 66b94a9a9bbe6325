"""Gates: copy the selected channels, or learn how far each channel moves and watch it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from act_core.errors import ErrorRecord
from act_core.localize import library
from act_core.models.channels import ChannelLayout
from act_core.pipeline.learning_time import gates_time
from act_core.profile.devices import used_bytes
from act_core.profile.expect import Expectation
from act_core.recipe import Draft, GateSettings
from act_core.transfer.gates import Gates
from act_core.tune.learned import LearnedGates, gates_of_rows, learned_gates, open_spread
from act_core.tune.schedule import can_learn
from act_gui.context import Context
from act_gui.jobs.ask_once import AskOnce
from act_gui.jobs.manager import JobView
from act_gui.maps.loss_lines import loss_lines
from act_gui.pages.gates_parts.choice import gates_choice
from act_gui.pages.gates_parts.pictures import GatePictures
from act_gui.pages.gates_parts.plan import best_so_far, learned_facts, plan_text, time_text
from act_gui.pages.gates_parts.result_card import ResultCard
from act_gui.pages.gates_parts.settings_card import SettingsCard
from act_gui.pages.learning_page import LearningPage
from act_gui.stages import StageState
from act_gui.text import tr
from act_gui.widgets.run_card import RunWords, memory_text


class GatesPage(LearningPage):
    """The choice, settings and job, the losses and the map of gates that it fills."""

    stage = "gates"
    kind = "learn"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        unused = tr("Gates are not used. The selected channels are copied: go on to Transfer.")
        empty = tr("How far every channel moves is drawn here, as it is learned.")
        super().__init__(
            context, gates_choice(), unused, empty, _words(), context.live_gates, parent
        )
        self._asked_for: object = None
        self._stored: LearnedGates | None = None
        self._has_read = False
        self._time: Expectation | None = None
        self.times = AskOnce(context.lookups, "time of the gates", self)
        self._left: GateSettings | None = None  # what was set before gates were switched off
        self._build()
        self._connect()

    def is_used(self, draft: Draft) -> bool:
        """Whether gates are learned."""
        return draft.gates is not None

    def show_draft(self, draft: Draft, job: JobView | None) -> None:
        """Show settings, job and gates."""
        settings = draft.gates
        assert settings is not None
        self.settings.set_busy(job is not None)
        self.settings.set_settings(settings, several=len(draft.specialists) > 1)
        self.tokens.show_draft(draft, settings.steps, settings.batch_tokens)
        self.pictures.set_specialists(tuple(draft.specialists))
        target = self.context.profiles.target
        if target is not None and target.layout is not None:
            self.pictures.set_layout(target.layout)
            self._ask_stored(target.layout)
        if not draft.missing() and not self.context.jobs.busy():
            recipe = draft.complete()
            self.times.ask(draft, lambda token: gates_time(recipe, measure=True, token=token))
        self.show_job(job)
        self.show_learned()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        side, area = self.put_beside()
        self.pictures = GatePictures(area.viewport())
        area.setWidget(self.pictures)
        self.result, self.settings = ResultCard(side.ground), SettingsCard(side.ground)
        for card in (self.result, self.settings, self.tokens):
            side.add_card(card)
        area.lowered.connect(self.pictures.map.pane.bar.set_compact)
        self.add_next_button()

    def _connect(self) -> None:
        self.choice.chosen.connect(self._on_choice)
        self.times.found.connect(self._on_time)
        self.settings.edited.connect(
            lambda changes: self.context.project.edit_section("gates", **changes)
        )
        self.result.mask_wanted.connect(self._on_mask)
        self.run_card.start_wanted.connect(lambda: self.context.start(self.kind, tr("Learn gates")))
        self.pictures.specialist_chosen.connect(self.show_learned)
        self.pictures.map.failed.connect(self.context.notices.error)
        self.context.live_gates.rows_came.connect(self.draw_soon)

    # ------------------------------------------------------------------------- choosing

    def _on_choice(self, learning: bool) -> None:
        project = self.context.project
        if not learning:
            self._left = project.draft.gates
            project.edit(gates=None)
            return
        several = len(project.draft.specialists) > 1
        fresh = GateSettings(start="task-arithmetic" if several else "interpolation")
        project.edit(gates=self._left or fresh)

    # ------------------------------------------------------------------------------ job

    def show_job(self, job: JobView | None) -> None:
        """Show the open job, or what a start would do."""
        draft = self.context.project.draft
        if job is not None:
            self.run_card.show_job(job, memory_text(used_bytes(draft.profile.device)))
            return
        state = self.context.states()[self.stage]
        lost = state is StageState.DONE and self._has_read and self._stored is None
        wanted = lost or state in (StageState.READY, StageState.STALE)
        may_start = wanted and can_learn(draft.profile.dtype)
        self.run_card.show_idle(
            plan_text(draft, state, lost=lost),
            time_text(self._time) if may_start else "",
            may_start=may_start,
        )

    def _on_time(self, found: Expectation | None) -> None:
        self._time = found
        if self.is_used(self.context.project.draft):
            self.show_job(self.open_job())

    # ---------------------------------------------------------------------------- gates

    def forget_stored(self) -> None:
        """The run folder may hold other gates, and tell how long they took."""
        self.times.forget()
        self._asked_for = None

    def _ask_stored(self, layout: ChannelLayout) -> None:
        """Read the gates of the run folder, where that was not done."""
        if layout is self._asked_for:
            return
        self._asked_for = layout
        path = self.context.project.run.gates_path
        self.context.lookups.ask(
            "stored gates", lambda: learned_gates(path, layout), self._on_stored, self._on_fault
        )

    def _on_stored(self, found: LearnedGates | None) -> None:
        self._stored, self._has_read = found, True
        if self.isVisible():
            self.show_job(self.open_job())
            self.show_learned()

    def _on_fault(self, error: ErrorRecord) -> None:
        self._on_stored(None)
        self.context.notices.error(error)

    def show_learned(self) -> None:
        """Draw the gates that are being learned, else those that were."""
        settings, layout = self.context.project.draft.gates, self.context.profiles.layout
        if settings is None or layout is None:
            return
        live = self.context.live_gates
        learned = self._stored
        if self.is_live():
            losses = live.losses()
            best = best_so_far(losses, settings)
            self.pictures.losses.set_lines(loss_lines(losses), settings.steps, best)
            gates = Gates(layout, gates_of_rows(layout, live.rows()))
            self._show_open(gates, {}, signed=settings.bounds[0] < 0)
        elif learned is not None:
            steps = max((loss.steps for loss in learned.losses), default=learned.steps)
            lines = loss_lines(learned.losses)
            self.pictures.losses.set_lines(lines, steps, learned.best_step)
            signed = any(bool(np.any(v < 0)) for v in learned.gates.values.values())
            self._show_open(learned.gates, learned_facts(learned), signed=signed)
        else:
            self.pictures.losses.set_lines((), settings.steps, None)
            self._show_open(Gates(layout, {}), {}, signed=False)

    def _show_open(self, gates: Gates, facts: Mapping[str, str], *, signed: bool) -> None:
        shown = self.pictures.shown
        values: Mapping[str, NDArray[np.float32]] = gates.values
        spread = open_spread(gates, shown) if shown in values else None
        hint = tr("Start learning: the loss of every ability is drawn here, step by step.")
        self.pictures.losses.set_empty("" if self.pictures.losses.lines else hint)
        self.pictures.show_spread(spread, tr("Open gates are counted here."))
        self.pictures.show_gates(values, signed=signed)
        self.result.setVisible(spread is not None)
        if spread is not None:
            self.result.show_gates(spread, gates.layout.total, facts)

    def _on_mask(self) -> None:
        """Open gates become a mask of the library, under a free name."""
        learned, shown = self._stored, self.pictures.shown
        if learned is None or shown not in learned.gates.values:
            return
        folder, wish = self.context.project.masks, tr("gates {specialist}", specialist=shown)

        def work() -> Path:
            mask = learned.gates.mask(shown)
            return library.keep(mask, folder, library.free_name(folder, wish), {})

        self.context.lookups.ask("gates as a mask", work, self._on_kept, self._on_mask_failed)

    def _on_kept(self, path: Path) -> None:
        text = tr("Kept as mask {name}: choose it on the page Localize.", name=path.stem)
        self.context.notices.note(text, "good")

    def _on_mask_failed(self, error: ErrorRecord) -> None:
        self.context.notices.error(error)


def _words() -> RunWords:
    return RunWords(
        job=tr("Gates job"),
        progress=tr("Progress of the gates"),
        start=tr("Start learning"),
        running=tr("Learning…"),
        kept=tr("Paused. Steps up to the last check are kept, also over a restart."),
        tunes=True,
    )
