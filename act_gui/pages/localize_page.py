"""Localize: by which score, how much, and which channels that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_core.localize.hand import is_edited
from act_core.pipeline.from_profiles import store_masks
from act_core.recipe import Draft
from act_gui.context import Context
from act_gui.pages.localize_parts.budget_card import BudgetCard
from act_gui.pages.localize_parts.charts import Charts
from act_gui.pages.localize_parts.edits import Edits
from act_gui.pages.localize_parts.library import Library
from act_gui.pages.localize_parts.library_card import LibraryCard
from act_gui.pages.localize_parts.map_area import MapArea
from act_gui.pages.localize_parts.mask_actions import MaskActions
from act_gui.pages.localize_parts.score_card import ScoreCard
from act_gui.pages.localize_parts.selection import Selection
from act_gui.pages.page import Page
from act_gui.stage_parts import parts_of
from act_gui.stages import StageState
from act_gui.text import tr
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.fault import Fault, replace_fault
from act_gui.widgets.labels import label
from act_gui.widgets.scrolling import Pictures, SideColumn, add_side_by_side

_RESTS_AFTER_MS = 300
_GREY_AFTER_MS = 150
_LOW_EM = 48


class LocalizePage(Page):
    """The choice of channels: cards at the left, map and charts at the right."""

    stage = "localize"
    scrolls = False

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.selection = Selection(context, self)
        self.edits = Edits(context, self)
        self.library = Library(context, self)
        self._fault: Fault | None = None
        self._rest = QTimer(self, singleShot=True, interval=_RESTS_AFTER_MS)
        self._grey = QTimer(self, singleShot=True, interval=_GREY_AFTER_MS)
        self._build()
        self._connect()
        self._mask_actions = MaskActions(
            context, self.selection, self.edits, self.library, self.library_card, self
        )
        self.map_area.region_edited.connect(self._mask_actions.edit_region)

    def undo_stack(self) -> QUndoStack:
        """Changes of budget, score, masks and hand edits."""
        return self.edits.stack

    def refresh(self) -> None:
        """Show the selection that the recipe asks for now."""
        draft = self.context.project.draft
        self.selection.follow()
        layout = self.context.profiles.layout
        if layout is not None:
            self.library.show_layout(layout)
            self.map_area.set_layout(layout)
        self.score_card.set_specialists(tuple(draft.specialists), self.selection.specialist)
        self.score_card.set_settings(draft.localize)
        self._show_profiles()
        self._show_mask_words()
        self._show_library()
        self._rest.start()

    def end(self) -> None:
        """A late change of the selection must not meet a map that is gone."""
        super().end()
        self.selection.blockSignals(True)

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        """From the outside in: what gets another parent is styled anew with all that it holds."""
        self.stale = label(
            tr("The profile is out of date: profile again before anything is transferred."),
            "warn",
            wrap=True,
        )
        self.faults = QVBoxLayout()
        self.body.addWidget(self.stale)
        self.body.addLayout(self.faults)
        self.stack = QStackedWidget()
        self.body.addWidget(self.stack, 1)
        self.empty = EmptyState("localize", "")
        self.stack.addWidget(self.empty)
        side, area = SideColumn(), Pictures(_LOW_EM)
        add_side_by_side(self.stack, side, area)
        pictures = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        area.setWidget(pictures)
        self.budget_card, self.score_card = BudgetCard(side.ground), ScoreCard(side.ground)
        self.library_card = LibraryCard(side.ground)
        for card in (self.budget_card, self.score_card, self.library_card):
            side.add_card(card)
        self.map_area, self.charts = MapArea(pictures), Charts(pictures)
        pictures.setStretchFactor(0, 3)
        pictures.setStretchFactor(1, 2)
        area.lowered.connect(self.map_area.map.pane.bar.set_compact)
        self.add_next_button()

    def _connect(self) -> None:
        self._connect_selection()
        self.library.read.connect(self._show_library)
        self.library.compared.connect(self.library_card.set_overlaps)
        self.library.kept.connect(self.library_card.choose_soon)
        self.context.profiles.read.connect(self._show_profiles)
        self._rest.timeout.connect(self._on_rest)
        self._grey.timeout.connect(self._show_grey)

    def _connect_selection(self) -> None:
        chosen, budget, curve = self.selection, self.budget_card, self.charts.curve
        chosen.target_read.connect(self._show_profiles)
        chosen.rating_changed.connect(self._on_rating)
        chosen.moved.connect(self._on_moved)
        chosen.mask_failed.connect(self._show_fault)
        self.score_card.edited.connect(self._on_score_edited)
        self.score_card.specialist_chosen.connect(self._on_specialist)
        budget.share_moved.connect(chosen.move_to)
        budget.share_rested.connect(self._on_share_rested)
        budget.parameters_wanted.connect(self._on_parameters)
        budget.size_wanted.connect(self._on_size)
        budget.budget_wanted.connect(self._on_budget_wanted)
        curve.share_changed.connect(chosen.move_to)
        curve.share_chosen.connect(self._on_share_rested)
        self.map_area.comparison_wanted.connect(self._on_comparison)
        self.map_area.failed.connect(self.context.notices.error)

    # ------------------------------------------------------------------------- showing

    def _show_profiles(self) -> None:
        """The cards and the map, or what has to be done first."""
        bring, _ = self.context.profiles.of(self.selection.specialist)
        known = self.context.profiles.stored is not None
        self.stack.setCurrentIndex(1 if bring else 0)
        stale = self.context.states()["profile"] is StageState.STALE
        self.stale.setVisible(bool(bring) and stale)
        if not bring:
            looks = not known and not self.context.project.draft.missing()
            words = tr("The score of every channel is drawn here, and the budget cuts it.")
            self.empty.set_text(tr("Looking for profiles…") if looks else words)
            return
        faults = self.selection.faults()
        self.score_card.set_faults(faults)
        self.score_card.set_ties(self.selection.ties)
        self._offer_comparisons(faults)

    def _offer_comparisons(self, faults: Mapping[str, str]) -> None:
        """The other scores that can be computed."""
        own = self.context.project.draft.localize.scorer
        names = [name for name, fault in faults.items() if not fault and name != own]
        self.map_area.set_scorers(names)

    def _on_comparison(self, scorer: str) -> None:
        self.selection.ask_scores(scorer, self.map_area.set_compared, self._show_fault)

    def _on_rating(self) -> None:
        self._show_fault(self.selection.error)
        if self.selection.rating:
            self._grey.start()
            return
        self._grey.stop()
        self._show_grey()
        rated = self.selection.rated
        if rated is not None and self.selection.error is None:
            self.map_area.set_rated(rated)
            self.charts.set_rated(rated)

    def _show_grey(self) -> None:
        """The old score stays while another one is being ranked, but nothing can be moved."""
        ready = not self.selection.rating
        for part in (self.budget_card, self.charts, self.library_card):
            part.setEnabled(ready)
        self.map_area.set_busy(not ready)

    def _on_moved(self) -> None:
        """Everything that follows the slider; it has one frame for it."""
        chosen = self.selection
        rated, selected = chosen.rated, chosen.selected
        self.library_card.set_selects(selected is not None)
        if selected is None:
            return
        if self._fault is not None and chosen.error is None:
            self._show_fault(None)
        self.map_area.set_mask(selected)
        if rated is not None:
            by_share = chosen.follows_share
            figures = rated.figures(chosen.share) if by_share else rated.figures_of(selected)
            share = chosen.share if by_share else figures.spread.share
            self.charts.set_selection(share, figures.spread)
            self.budget_card.set_share(share)
            self.budget_card.set_figures(
                figures.channels, len(selected), figures.parameters, figures.size_bytes
            )
        self._rest.start()

    def _show_mask_words(self) -> None:
        path = self.selection.mask_path
        words = ""
        if path is not None:
            edited = is_edited(path)
            words = tr("Edited by hand.") if edited else tr("Mask {name}.", name=path.stem)
        self.budget_card.set_mask_words(words)
        self.charts.curve.setEnabled(path is None)

    def _show_library(self) -> None:
        used = self.selection.mask_path
        self.library_card.set_entries(self.library.shown(used), used)
        self._rest.start()

    def _show_fault(self, error: ErrorRecord | None) -> None:
        fault = None
        if error is not None:
            fault = Fault(error)
        self._fault = replace_fault(self.faults, self._fault, fault)

    # -------------------------------------------------------------------------- budget

    def _on_score_edited(self, changes: Mapping[str, Any]) -> None:
        self.edits.set_localize(tr("Score"), **changes)

    def _on_specialist(self, name: str) -> None:
        self.selection.show_specialist(name)
        self.refresh()

    def _on_share_rested(self, share: float) -> None:
        self.selection.settle()
        self.edits.set_budget(share)

    def _on_parameters(self, parameters: int) -> None:
        if self.selection.rated is not None:
            self._choose(self.selection.rated.ladder.share_for_parameters(parameters))

    def _on_size(self, size_bytes: int) -> None:
        if self.selection.rated is not None:
            self._choose(self.selection.rated.share_for_size(size_bytes))

    def _choose(self, share: float) -> None:
        self.selection.move_to(share)
        self._on_share_rested(share)

    def _on_budget_wanted(self) -> None:
        self.edits.use_mask(self.selection.specialist, None, tr("Select by budget"))

    def _on_rest(self) -> None:
        """Compare with the library, and leave the masks where a run finds them."""
        chosen = self.selection
        if chosen.rating or chosen.error or not self.isVisible() or chosen.selected is None:
            return
        self.library.compare(chosen.make_mask(), chosen.rated, float(chosen.selected.mean()))
        self._store(self.context.project.draft)

    def _store(self, draft: Draft) -> None:
        states, target = self.context.states(), self.context.profiles.target
        profiled = states["profile"] is StageState.DONE
        recorded = self.context.project.records.get(self.stage) == parts_of(draft, self.stage)
        stored = self.context.profiles.stored
        if not profiled or recorded or target is None or stored is None or draft.missing():
            return
        recipe, model, profiles = draft.complete(), target.model, stored.profiles
        self.context.lookups.ask(
            "masks of the recipe",
            lambda: store_masks(recipe, model, profiles),
            lambda _masks: self.context.project.record("localize", draft),
            self._show_fault,
        )
