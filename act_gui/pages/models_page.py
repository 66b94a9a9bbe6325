"""Models: the target, its base, and the specialists; whether they fit is said at once."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QPushButton, QWidget

from act_core.errors import ErrorRecord
from act_core.models.adapter import is_adapter
from act_core.models.pair import Finding, target_findings
from act_core.profile.fit import TaskFit
from act_core.recipe import Draft, Specialist
from act_gui.context import Context
from act_gui.dialogs.folder import ask_folder
from act_gui.modelbook import KnownModel
from act_gui.pages.models_parts.access_card import AccessCard
from act_gui.pages.models_parts.fits import Fits
from act_gui.pages.models_parts.pair_checks import PairChecks
from act_gui.pages.models_parts.specialist_card import SpecialistCard, lineage_text, role_note
from act_gui.pages.page import Page
from act_gui.specialists import added, removed, renamed
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.fit_view import FitView, task_title, verdict_word
from act_gui.widgets.model_card import ModelCard
from act_gui.widgets.tab_order import order_groups


class ModelsPage(Page):
    """Chooses models and says what speaks against them."""

    stage = "models"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.checks = PairChecks(context.lookups, context.hub, self)
        self.fits = Fits(context.lookups, self)
        self.specialists: dict[str, SpecialistCard] = {}
        self._build()
        self._connect()

    def refresh(self) -> None:
        """Show every model, ask for what is not known yet, and judge whether all fit."""
        draft = self.context.project.draft
        target = self._show_target(draft)
        base = self._read(self.base, draft.base or "", None)
        if base is not None:
            self.base.show_model(base.card, {})
        self._match_cards(draft)
        known = {name: self._show_specialist(draft, name, target) for name in draft.specialists}
        self._show_fits(draft, target, known)
        self._judge(draft, target, known)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        self.target = ModelCard(
            tr("Target"), tr("The model to improve; it receives channels."), adapters=False
        )
        self.fit_view = FitView()
        self.target.side.addWidget(self.fit_view)
        self.target.side.addStretch(1)
        self.base = ModelCard(
            tr("Base (optional)"),
            tr("The model that target and specialists were trained from. Adapters stand on it."),
            adapters=False,
        )
        self.newcomer = ModelCard(
            tr("Add a specialist"),
            tr("A model of the same family that has what the target lacks. Several are possible."),
            adapters=True,
            several=True,
        )
        self.body.addWidget(self.target)
        self.body.addWidget(role_note())
        self.body.addWidget(self.newcomer)
        self.body.addWidget(self.base)
        self.access = AccessCard(self.context)
        self.body.addWidget(self.access)
        self.add_next_button()

    def _connect(self) -> None:
        edit = self.context.project.edit
        for card in (self.target, self.base, self.newcomer):
            self._connect_hub(card)
        self.target.chosen.connect(lambda reference: edit(target=reference))
        self.base.chosen.connect(lambda reference: edit(base=reference or None))
        self.newcomer.chosen.connect(self._on_added)
        self.target.look_wanted.connect(lambda: self._look_again("target"))
        self.base.look_wanted.connect(lambda: self._look_again("base"))
        self.checks.checked.connect(self._on_changed)
        self.fits.found.connect(self._on_changed)

    def _connect_hub(self, card: ModelCard) -> None:
        context = self.context
        card.picker.offer(context.recent_models)
        card.hub_wanted.connect(lambda: context.page_wanted.emit("hub"))
        card.download_wanted.connect(
            lambda reference: context.download(reference, context.project.draft.base)
        )

    def _match_cards(self, draft: Draft) -> None:
        """One card a specialist, in the recipe's order."""
        for name in [name for name in self.specialists if name not in draft.specialists]:
            card = self.specialists.pop(name)
            card.hide()
            card.deleteLater()
        begin = self.body.indexOf(self.newcomer)
        for name, section in draft.specialists.items():
            card = self.specialists.get(name) or self._new_card(name, begin)
            begin = max(begin, self.body.indexOf(card) + 1)
            card.set_name(name, tuple(draft.specialists))
            card.set_brings(section, draft.with_role("bring"))
        cards = (self.specialists[name] for name in draft.specialists)
        order_groups(self.target, *cards, self.newcomer, self.base, self.access, self.next_button)

    def _new_card(self, name: str, place: int) -> SpecialistCard:
        card = SpecialistCard(name)
        self.specialists[name] = card
        self.body.insertWidget(place, card)
        self._connect_hub(card)
        card.chosen.connect(lambda reference: self._on_replaced(card, reference))
        card.renamed.connect(lambda new: self._on_renamed(card, new))
        card.swap_wanted.connect(lambda: self._on_swap(card))
        card.brings_chosen.connect(lambda brings: self._change(card, brings=brings))
        card.look_wanted.connect(lambda: self._look_again(self._name_of(card)))
        return card

    # ---------------------------------------------------------------------------- show

    def _read(
        self, card: ModelCard, reference: str, base: str | None, *buttons: QPushButton
    ) -> KnownModel | None:
        """A model, or the card says why there is none yet; buttons help where it is no model."""
        models = self.context.models
        if not reference:
            card.show_nothing()
            return None
        known, error = models.get(reference, base), models.error(reference, base)
        if error is not None:
            card.show_error(reference, error, *buttons)
            return None
        for button in buttons:
            button.deleteLater()
        if known is None:
            card.show_reading(reference)
        else:
            under_way = self.context.is_downloading(reference)
            card.set_download(known.download_bytes, under_way=under_way)
        return known

    def _show_target(self, draft: Draft) -> KnownModel | None:
        known = self._read(self.target, draft.target, draft.base)
        if known is not None:
            self.target.show_model(known.card, {})
            self.target.set_findings(target_findings(known.model))
        return known

    def _show_specialist(
        self, draft: Draft, name: str, target: KnownModel | None
    ) -> KnownModel | None:
        card, reference = self.specialists[name], draft.specialists[name].model
        known = self._read(card, reference, draft.base, *self._help(draft, name))
        card.swap_button.setEnabled(bool(draft.target))
        if known is None:
            return None
        found = None if target is None else self.checks.get(target, known)
        lineage = lineage_text(_distance(found))
        memory = _fit_text(self.fits.of(name))
        card.show_model(known.card, {tr("Lineage"): lineage, tr("Memory"): memory})
        if target is None:
            card.set_findings((), tr("Once the target is known, the two are compared."))
        elif found is None:
            card.set_findings((), tr("Comparing with the target…"))
        else:
            card.set_findings(_as_findings(found))
        return known

    def _help(self, draft: Draft, name: str) -> tuple[QPushButton, ...]:
        """What helps an adapter that lacks its base."""
        reference = draft.specialists[name].model
        error = self.context.models.error(reference, draft.base)
        if error is None or error.kind != "ReferenceNotFoundError":
            return ()
        if not is_adapter(Path(reference)):
            return ()
        buttons = [push_button(tr("Choose its base…"), lambda: self._on_base_wanted(name))]
        if draft.target:
            on_target = f"{draft.target}+{reference}"
            buttons.insert(
                0,
                push_button(
                    tr("Put it on the target"),
                    lambda: self._change(self.specialists[name], model=on_target),
                ),
            )
        return tuple(buttons)

    def _show_fits(
        self, draft: Draft, target: KnownModel | None, known: dict[str, KnownModel | None]
    ) -> None:
        models = {name: one.model for name, one in known.items() if one is not None}
        if target is not None:
            self.fits.look(draft, target.model, models)
        self.fit_view.set_fits(self.fits.of(""))

    def _judge(
        self, draft: Draft, target: KnownModel | None, known: dict[str, KnownModel | None]
    ) -> None:
        """Record the models once every pair passes; forget them when something blocks.

        What cannot be read now may be there again soon, so nothing is forgotten then.
        """
        if not draft.target or not known:
            self.context.project.forget("models")
            return
        if target is None:  # it is being read, or cannot be
            return
        answers = [None if one is None else self.checks.get(target, one) for one in known.values()]
        blocked = any(f.severity == "blocks" for f in target_findings(target.model)) or any(
            isinstance(answer, ErrorRecord) or any(f.severity == "blocks" for f in answer or ())
            for answer in answers
        )
        if blocked:
            self.context.project.forget("models")
        elif None not in answers:
            self.context.project.record("models", draft)

    # ---------------------------------------------------------------------------- slots

    def _on_added(self, reference: str) -> None:
        project = self.context.project
        project.edit(**added(project.draft, reference))
        self.newcomer.show_nothing()

    def _on_replaced(self, card: SpecialistCard, reference: str) -> None:
        if reference:
            self._change(card, model=reference)
            return
        project = self.context.project
        project.edit(**removed(project.draft, self._name_of(card)))

    def _on_renamed(self, card: SpecialistCard, new: str) -> None:
        old = self._name_of(card)
        self.specialists = {new if n == old else n: c for n, c in self.specialists.items()}
        project = self.context.project
        project.edit(**renamed(project.draft, old, new))

    def _on_swap(self, card: SpecialistCard) -> None:
        draft, name = self.context.project.draft, self._name_of(card)
        section = draft.specialists[name]
        swapped = section.model_copy(update={"model": draft.target})
        self.context.project.edit(
            target=section.model, specialists={**draft.specialists, name: swapped}
        )

    def _on_base_wanted(self, name: str) -> None:
        card = self.specialists[name]
        adapter = self.context.project.draft.specialists[name].model
        ask_folder(
            self,
            tr("Choose the base of the adapter"),
            card.picker.start(),
            lambda base: self._change(card, model=f"{base}+{adapter}"),
        )

    def _change(self, card: SpecialistCard, **changes: object) -> None:
        sections, name = dict(self.context.project.draft.specialists), self._name_of(card)
        sections[name] = Specialist.model_validate({**dict(sections[name]), **changes})
        self.context.project.edit(specialists=sections)

    def _name_of(self, card: SpecialistCard) -> str:
        return next(name for name, other in self.specialists.items() if other is card)

    def _look_again(self, which: str) -> None:
        draft, models = self.context.project.draft, self.context.models
        if which == "base":
            models.forget(draft.base or "")
        elif which == "target":
            models.forget(draft.target, draft.base)
        else:
            models.forget(draft.specialists[which].model, draft.base)
        self._on_changed()


def _as_findings(found: tuple[Finding, ...] | ErrorRecord) -> tuple[Finding, ...]:
    if isinstance(found, ErrorRecord):
        return (Finding("blocks", found.title, found.reason, found.remedy),)
    return found


def _distance(found: tuple[Finding, ...] | ErrorRecord | None) -> float | None:
    if found is None or isinstance(found, ErrorRecord):
        return None
    return next((f.distance for f in found if f.distance is not None), None)


def _fit_text(fits: tuple[TaskFit, ...]) -> str:
    """Verdicts with their tasks, such as `fits (profile, transfer), tight (evaluate)`."""
    tasks: dict[str, list[str]] = {}
    for fit in fits:
        tasks.setdefault(verdict_word(fit.verdict), []).append(task_title(fit.task).lower())
    return ", ".join(f"{word} ({', '.join(names)})" for word, names in tasks.items())
