"""Abilities: what to bring over and what to keep, shown as the models are given it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from act_core.abilities.preview import Preview
from act_core.errors import ErrorRecord
from act_core.recipe import Ability, Draft
from act_gui.context import Context
from act_gui.modelbook import KnownModel
from act_gui.pages.abilities_parts.ability_list import AbilityList
from act_gui.pages.abilities_parts.add_dialog import AddAbilityDialog
from act_gui.pages.abilities_parts.adding import Added
from act_gui.pages.abilities_parts.checks import AbilityChecks
from act_gui.pages.abilities_parts.details import AbilityDetails
from act_gui.pages.abilities_parts.edits import changed, impossible_measures, removed, renamed
from act_gui.pages.abilities_parts.time_card import TimeCard
from act_gui.pages.page import Page
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.job_line import JobLine


class AbilitiesPage(Page):
    """A list at the left, everything about the chosen ability at the right."""

    stage = "abilities"
    scrolls = False

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.checks = AbilityChecks(context.lookups, self)
        self.current = ""
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show the list and the chosen ability, ask for what is not known, judge."""
        draft = self.context.project.draft
        if self.current not in draft.abilities:
            self.current = next(iter(draft.abilities), "")
        target = self.context.models.get(draft.target, draft.base)
        if target is not None and draft.abilities:
            self.checks.look(draft, target.model)
        self._show_list(draft)
        self._show_details(draft, target)
        self._show_time(draft, target)
        self._judge(draft, target)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.list, self.time = AbilityList(self), TimeCard(self)
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addWidget(self.list, 1)
        left.addWidget(self.time)
        self.empty = EmptyState(
            "abilities",
            tr(
                "Add the ability to bring over, from a file, pasted text, a built-in set or the "
                "Hub. Then add what the target must not lose."
            ),
            tr("Add ability…"),
            lambda: self._on_add([]),
            self,
        )
        self.details = AbilityDetails(self)
        self.form = self.details.form
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(left, 2)
        row.addWidget(self.empty, 6)
        row.addWidget(self.details, 6)
        self.body.addLayout(row)
        self.job_line = JobLine(self.context, ("fetch-data",))
        self.body.addWidget(self.job_line)
        self.again_button = push_button(tr("Read files again"), self._on_again, "retry")
        self.footer.addWidget(self.again_button)
        self.add_next_button()

    def _connect(self) -> None:
        self.list.chosen.connect(self._on_chosen)
        self.list.add_wanted.connect(self._on_add)
        self.list.remove_wanted.connect(self._on_remove)
        self.form.renamed.connect(self._on_renamed)
        self.form.edited.connect(self._on_edited)
        self.checks.checked.connect(self._on_changed)
        self.context.jobs.finished.connect(self._on_job_finished)

    # ---------------------------------------------------------------------------- show

    def _show_list(self, draft: Draft) -> None:
        states = {name: self._state(name, draft) for name in draft.abilities}
        self.list.set_abilities(draft.abilities, states, self.current)
        self.empty.setVisible(not draft.abilities)
        self.details.setVisible(bool(draft.abilities))
        self.again_button.setVisible(bool(draft.abilities))

    def _state(self, name: str, draft: Draft) -> str:
        answer = self.checks.answers.get(name)
        if answer is None or not self.checks.is_current():
            return "waiting"
        if self._problems(name, draft.abilities[name]):
            return "bad"
        return "warned" if isinstance(answer, Preview) and answer.leaks.mostly else "good"

    def _problems(self, name: str, ability: Ability) -> tuple[ErrorRecord, ...]:
        """What stands against an ability, as far as is known."""
        answer = self.checks.answers.get(name)
        if isinstance(answer, ErrorRecord):
            return (answer,)
        if answer is None:
            return ()
        found = (answer.leak, impossible_measures(ability, answer.measures))
        return tuple(error for error in found if error is not None)

    def _show_details(self, draft: Draft, target: KnownModel | None) -> None:
        if not self.current:
            self.details.show_faults((), self._help)
            return
        ability = draft.abilities[self.current]
        answer = self.checks.answers.get(self.current)
        view = answer if isinstance(answer, Preview) else None
        self.form.set_ability(
            self.current,
            ability,
            tuple(draft.abilities),
            None if view is None else view.measures,
            () if view is None else view.fields,
        )
        fetching = _of_hub(ability) and self.job_line.busy
        problems = () if fetching else self._problems(self.current, ability)
        self.details.show_faults(self._target_fault(draft) or problems, self._help)
        self.details.show_waiting(self._waiting_text(draft, target))
        self.details.show_preview(view, ability.length_tokens)

    def _target_fault(self, draft: Draft) -> tuple[ErrorRecord, ...]:
        error = self.context.models.error(draft.target, draft.base)
        return () if error is None else (error,)

    def _waiting_text(self, draft: Draft, target: KnownModel | None) -> str:
        if not draft.target:
            return tr("Choose a target on the page Models: its tokenizer reads the items.")
        if target is None and not self._target_fault(draft):
            return tr("Reading the target…")
        if target is not None and not self.checks.is_current():
            return tr("Reading and encoding the items…")
        return ""

    def _help(self, error: ErrorRecord) -> tuple[QPushButton, ...]:
        """What helps where data of the Hub is not here."""
        name = self.current
        ability = self.context.project.draft.abilities.get(name)
        if error.kind != "AbilityDataError" or ability is None or not _of_hub(ability):
            return ()
        return (push_button(tr("Fetch from the Hub"), lambda: self._fetch({name: ability})),)

    def _show_time(self, draft: Draft, target: KnownModel | None) -> None:
        models = self.context.models
        known = [models.get(one.model, draft.base) for one in draft.specialists.values()]
        specialists = tuple(one.model for one in known if one is not None)
        ready = target is not None and len(specialists) == len(known) and bool(known)
        if ready and target is not None and self.checks.is_current():
            self.checks.expect(draft, target.model, specialists, self.context.project.run.path)
        waiting = tr("Known once models and abilities are chosen.")
        if ready and draft.abilities:
            waiting = tr("Working it out…")
            if any(self._state(name, draft) == "bad" for name in draft.abilities):
                waiting = tr("Known once all abilities can be read.")
        self.time.set_expectation(
            self.checks.expectation if ready and draft.abilities else None, waiting
        )

    def _judge(self, draft: Draft, target: KnownModel | None) -> None:
        """Record the abilities once all can be used; forget them when one cannot."""
        if target is None or not draft.abilities or not self.checks.is_current():
            return
        states = {self._state(name, draft) for name in draft.abilities}
        if states <= {"good", "warned"}:
            self.context.project.record("abilities", draft)
        elif "bad" in states:
            self.context.project.forget("abilities")

    # --------------------------------------------------------------------------- slots

    def _on_chosen(self, name: str) -> None:
        self.form.flush()
        self.current = name
        self._on_changed()

    def _on_add(self, paths: Sequence[Path]) -> None:
        self.form.flush()
        project = self.context.project
        dialog = AddAbilityDialog(
            self.context.lookups,
            project.folder / "data",
            tuple(project.draft.abilities),
            role="keep" if project.draft.with_role("bring") else "bring",
            seed=project.draft.seed,
            parent=self,
        )
        dialog.added.connect(self._on_added)
        dialog.command_wanted.connect(self.context.command_wanted)
        self.context.hub_changed.connect(dialog.hub.retry)
        dialog.set_files(paths)
        dialog.open()

    def _on_added(self, made: Added) -> None:
        self.current = next(iter(made.abilities))
        project = self.context.project
        project.edit(abilities={**project.draft.abilities, **made.abilities})
        self._fetch(made.abilities)
        if made.text:
            self.context.notices.note(made.text, "good")

    def _fetch(self, abilities: Mapping[str, Ability]) -> None:
        """Fetch what abilities have of the Hub, so that it can be shown."""
        wanted = {name: one for name, one in abilities.items() if _of_hub(one)}
        if wanted:
            self.context.start_network(
                "fetch-data",
                tr("Fetch data of {names}", names=", ".join(wanted)),
                abilities={name: one.model_dump(mode="json") for name, one in wanted.items()},
            )

    def _on_job_finished(self, job: int, result: object) -> None:
        """Data is here; abilities that are still as they were take the commit that has come."""
        spec = self.context.jobs.view(job).spec
        if spec.kind != "fetch-data" or not isinstance(result, dict):
            return
        abilities, asked = self.context.project.draft.abilities, spec.arguments["abilities"]
        pinned = {
            name: one
            for name, one in result.items()
            if name in abilities and abilities[name].model_dump(mode="json") == asked[name]
        }
        self.context.project.edit(abilities={**abilities, **pinned})
        self._on_again()

    def _on_remove(self, name: str) -> None:
        self.context.project.edit(**removed(self.context.project.draft, name))

    def _on_renamed(self, new: str) -> None:
        self.form.flush()
        draft, old, self.current = self.context.project.draft, self.current, new
        self.context.project.edit(**renamed(draft, old, new))

    def _on_edited(self, fields: dict[str, object]) -> None:
        draft = self.context.project.draft
        if self.current in draft.abilities:
            self.context.project.edit(**changed(draft, self.current, **fields))

    def _on_again(self) -> None:
        self.checks.look_again()
        self._on_changed()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        super().hideEvent(event)
        self.form.flush()


def _of_hub(ability: Ability) -> bool:
    """Whether some of its rows come from the Hub."""
    sources = (*ability.calibration, *ability.heldout, *filter(None, [ability.shots]))
    return any(source.hub is not None for source in sources)
