"""Transfer: what moves, how far, the plan before anything is written, and the verification."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from act_core.errors import ErrorRecord
from act_core.pipeline.known import known_contest
from act_core.pipeline.planning import plan_of
from act_core.recipe import PolicyName, Recipe
from act_core.transfer.contest import Contest
from act_gui.context import Context
from act_gui.pages.page import Page
from act_gui.stages import StageName, StageState
from act_gui.text import tr
from act_gui.widgets.buttons import allow, primary_button, push_button
from act_gui.widgets.card import Card
from act_gui.widgets.check_list import CheckList
from act_gui.widgets.contested_view import ContestedView
from act_gui.widgets.job_line import JobLine
from act_gui.widgets.labels import label
from act_gui.widgets.move_choices import MoveChoices
from act_gui.widgets.plan_view import PlanView


class TransferPage(Page):
    """Writes the checkpoint into the run folder."""

    stage: ClassVar[StageName] = "transfer"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show the choices, ask for the plan, show what was written."""
        draft = self.context.project.draft
        states = self.context.states()
        state = states[self.stage]
        target = self.context.models.get(draft.target, draft.base) if draft.target else None
        has_router = target is not None and bool(target.model.family.routers)
        self.choices.show_draft(draft, has_router=has_router)
        allow(self.write_button, state not in (StageState.EMPTY, StageState.RUNNING), "")
        there = (self._out() / "config.json").is_file()
        self.write_button.setText(tr("Replace checkpoint") if there else tr("Write checkpoint"))
        allow(self.open_button, there, tr("Write the checkpoint first."))
        chosen = states["localize" if draft.gates is None else "gates"] is StageState.DONE
        known = not draft.missing() and (chosen or state is not StageState.EMPTY)
        self.contested.setVisible(known and len(draft.specialists) > 1 and draft.gates is None)
        self.plan_view.setVisible(known)
        if known:
            self._ask_plan(draft.complete(), tuned=states["tune"] is StageState.DONE)
        self._show_report(there, state)

    def _build(self) -> None:
        self.choices = MoveChoices(self.context.project.masks, self.ground)
        self.contested = ContestedView(self.ground)
        self.plan_view = PlanView(self.ground)
        self.report_card = Card(tr("Verification"), self.ground)
        self.report_note = label(wrap=True)
        self.checks = CheckList()
        self.report_card.body.addWidget(self.report_note)
        self.report_card.body.addWidget(self.checks)
        for widget in (self.choices, self.contested, self.plan_view, self.report_card):
            self.body.addWidget(widget)
        self.job_line = JobLine(self.context, ("transfer",))
        self.body.addWidget(self.job_line)
        self.write_button = primary_button(tr("Write checkpoint"), self._on_write)
        self.open_button = push_button(tr("Open folder"), self._on_open, "folder")
        self.footer.addWidget(self.write_button)
        self.footer.addWidget(self.open_button)
        self.add_next_button()

    def _connect(self) -> None:
        project = self.context.project
        self.choices.transfer_changed.connect(
            lambda changes: project.edit_section("transfer", **changes)
        )
        self.choices.mask_chosen.connect(self._on_mask_chosen)

    def _out(self) -> Path:
        return self.context.project.run.model

    def _ask_plan(self, recipe: Recipe, *, tuned: bool) -> None:
        """The plan of the checkpoint; as long as nothing is tuned, that of the transfer alone."""
        here = _written_here(recipe)
        if not tuned:
            here = here.model_copy(update={"tune": None})
        settings = here.tune
        holds = settings is not None and (settings.kind, settings.keep) != ("lora", "adapter")
        self.context.lookups.ask(
            "transfer plan",
            lambda: plan_of(here),
            lambda plan: self.plan_view.show_plan(plan, tuned=holds),
            self._on_no_plan,
        )
        if not self.contested.isHidden():
            self.context.lookups.ask(
                "contested channels",
                lambda: known_contest(here),
                partial(self._on_contest, here.transfer.policy),
                self.contested.show_error,
            )

    def _on_contest(self, policy: PolicyName, contest: Contest) -> None:
        refused = policy == "refuse" and contest.total > 0
        self.contested.show_contest(contest, refused=refused)
        if refused:
            allow(self.write_button, False, tr("Choose what becomes of contested channels first."))

    def _on_no_plan(self, error: ErrorRecord) -> None:
        self.plan_view.show_error(error)

    def _show_report(self, there: bool, state: StageState) -> None:
        checks = self.context.project.run.read_metrics().get("verification") or ()
        self.report_card.setVisible(there and bool(checks))
        if not (there and checks):
            return
        self.checks.set_checks(checks)
        if state is StageState.STALE:
            text = tr("Of the checkpoint that lies there; the settings have changed since.")
        else:
            text = tr("Written to {folder}, and every byte checked.", folder=self._out())
        self.report_note.setText(text)

    def _on_mask_chosen(self, specialist: str, mask: object) -> None:
        project = self.context.project
        known = self.context.states()["localize"] is StageState.DONE
        project.edit_specialist(specialist, mask=mask)
        if known and mask is not None:
            # A mask from the library is a selection that is known already.
            project.record("localize", project.draft)

    def _on_write(self) -> None:
        draft = self.context.project.draft
        if not draft.missing():
            recipe = _written_here(draft.complete())
            self.context.start("transfer", tr("Write checkpoint"), recipe=recipe, overwrite=True)

    def _on_open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out())))


def _written_here(recipe: Recipe) -> Recipe:
    """The window writes into the run folder; Export puts a copy where the person wants it."""
    return recipe.model_copy(update={"export": None})
