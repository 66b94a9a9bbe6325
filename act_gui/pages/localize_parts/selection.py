"""The selection of one specialist: what stands behind it, and how it moves.

Whatever takes longer than a frame is asked for in the background. While a new score is being
ranked the old one stays, so that the page never goes blank.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.localize.choices import applicable_ties, scorer_faults
from act_core.localize.localize import score_channels
from act_core.localize.masks import Mask, load_mask
from act_core.localize.rated import Rated, rate
from act_core.localize.tying import Tie
from act_core.recipe import Budget, Localize
from act_gui.context import Context
from act_gui.modelbook import KnownModel


class Selection(QObject):
    """What is selected of the specialist that is shown.

    Signals:
        target_read: The ties that apply to the target are known.
        rating_changed: A score is being ranked, or is ranked, or could not be.
        moved: Other channels are selected than before.
        mask_failed: The mask file that the recipe names cannot be used: its `ErrorRecord`.
    """

    target_read = Signal()
    rating_changed = Signal()
    moved = Signal()
    mask_failed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._specialist = ""
        self._target: KnownModel | None = None
        self._unwritten = 0
        self._rated: Rated | None = None
        self._rated_for: object = None
        self._wanted_for: object = None
        self._mask: Mask | None = None
        self._mask_for: Path | None = None
        self._selected: NDArray[np.bool_] | None = None
        self._moving = False
        self._share = 0.0
        self._budget: Budget | None = None
        self.ties: tuple[Tie, ...] = ()
        self.error: ErrorRecord | None = None
        context.profiles.read.connect(self._on_profiles_read)

    # ------------------------------------------------------------------------- what is

    @property
    def specialist(self) -> str:
        """Whose selection it is."""
        return self._specialist

    @property
    def rated(self) -> Rated | None:
        """The score that is shown, ranked."""
        return self._rated

    @property
    def rating(self) -> bool:
        """Whether another score is being ranked."""
        return self._wanted_for is not None and self._wanted_for != self._rated_for

    @property
    def share(self) -> float:
        """The budget that is shown, as a share of all channels."""
        return self._share

    @property
    def selected(self) -> NDArray[np.bool_] | None:
        """The selected channels, bool `[channels]`."""
        return self._selected

    @property
    def mask_path(self) -> Path | None:
        """The mask file that the recipe names in place of a budget."""
        section = self._context.project.draft.specialists.get(self._specialist)
        return section.mask if section else None

    def mask(self) -> Mask | None:
        """The selection as a mask."""
        return self.make_mask()()

    def make_mask(self) -> Callable[[], Mask | None]:
        """What makes `mask` on another thread, of what is selected now."""
        mask, rated, budget = self._mask, self._rated, self._budget
        return lambda: mask or (rated.mask(budget) if rated and budget else None)

    @property
    def follows_share(self) -> bool:
        """Whether the selection is what the ladder gives for `share`."""
        return self._mask is None and self._budget is not None and self._budget.share is not None

    def faults(self) -> Mapping[str, str]:
        """Why scorers cannot be used; empty texts where they can."""
        keep = self._context.project.draft.with_role("keep")
        return scorer_faults(*self._context.profiles.of(self._specialist), len(keep))

    def ask_scores(
        self,
        scorer: str,
        then: Callable[[str, NDArray[np.float32]], object],
        failed: Callable[[ErrorRecord], object],
    ) -> None:
        """Ask for the scores of another scorer, to be shown beside these."""
        bring, keep = self._context.profiles.of(self._specialist)
        target, draft = self._context.profiles.target, self._context.project.draft
        if target is None or not bring:
            return
        settings = Localize.model_validate({**dict(draft.localize), "scorer": scorer})
        self._context.lookups.ask(
            "compared score",
            lambda: score_channels(target.model, bring, keep, settings, seed=draft.seed),
            lambda scores: then(scorer, scores),
            failed,
        )

    # ------------------------------------------------------------------------ changing

    def show_specialist(self, name: str) -> None:
        """Show the selection of another specialist."""
        if name != self._specialist:
            self._specialist = name
            self._forget_rating()
            self._mask, self._mask_for = None, None
            self.follow()

    def follow(self) -> None:
        """Go after the recipe: read, rank and load what it asks for now and is not there yet."""
        draft = self._context.project.draft
        if self._specialist not in draft.specialists:
            self._specialist = next(iter(draft.specialists), "")
            self._forget_rating()
        self._follow_mask()
        self._follow_target()
        self._context.profiles.follow()
        self._follow_rating()

    def move_to(self, share: float) -> None:
        """Select what a budget buys; for every step of a drag."""
        if self._rated is None or self._mask is not None:
            return
        self._moving = True
        self._budget, self._share = Budget(share=share), share
        self._selected = self._rated.ladder.selected(share)
        self.moved.emit()

    def show_rated(self, rated: Rated, budget: Budget) -> None:
        """Show what a budget buys by a score."""
        self._rated, self._mask = rated, None
        self._budget, self._share = budget, rated.share_of(budget)
        self._selected = rated.bought_by(budget)
        self.moved.emit()

    def settle(self) -> None:
        """The budget rests: from now on the recipe's counts again."""
        self._moving = False

    def show_edited(self, mask: Mask) -> None:
        """Show an edited selection at once; its file and the recipe follow."""
        self._unwritten += 1
        self._show_mask(mask)

    def edit_written(self) -> None:
        """The recipe names the edited selection's file now, or it could not be written."""
        self._unwritten -= 1
        self._follow_mask()

    def _show_mask(self, mask: Mask) -> None:
        self._mask = mask
        self._selected = mask.selected
        self.moved.emit()

    # -------------------------------------------------------------------------- rating

    def _follow_rating(self) -> None:
        draft, target = self._context.project.draft, self._context.profiles.target
        bring, keep = self._context.profiles.of(self._specialist)
        if target is None or not bring:
            return
        settings = draft.localize
        wanted = (
            self._specialist,
            settings.model_dump_json(exclude={"budget"}),
            # Other budgets than shares are spent once, while ranking.
            None if settings.budget.share is not None else settings.budget,
            tuple(profile.ability for profile in (*bring, *keep)),
            draft.seed,
        )
        if wanted == self._wanted_for:
            self._follow_budget()
            return
        self._wanted_for = wanted
        self.error = None
        self.rating_changed.emit()
        model, seed = target.model, draft.seed
        self._context.lookups.ask(
            "ranked score",
            lambda: rate(model, bring, keep, settings, seed=seed),
            lambda rated: self._on_rated(wanted, rated),
            lambda error: self._on_not_rated(wanted, error),
        )

    def _on_profiles_read(self) -> None:
        self._forget_rating()
        self._follow_rating()

    def _follow_target(self) -> None:
        target = self._context.profiles.target
        if target is not None and target is not self._target:
            self._target = target
            self._context.lookups.ask(
                "ties", lambda: applicable_ties(target.model), self._on_ties, self._on_no_ties
            )

    def _on_ties(self, ties: tuple[Tie, ...]) -> None:
        self.ties = ties
        self.target_read.emit()

    def _on_no_ties(self, error: ErrorRecord) -> None:
        self.error = error
        self.rating_changed.emit()

    def _on_rated(self, wanted: object, rated: Rated) -> None:
        if wanted != self._wanted_for:
            return
        self._rated, self._rated_for = rated, wanted
        self.rating_changed.emit()
        self._follow_budget(anew=True)

    def _on_not_rated(self, wanted: object, error: ErrorRecord) -> None:
        if wanted == self._wanted_for:
            self._rated_for = wanted
            self.error = error
            self.rating_changed.emit()

    def _forget_rating(self) -> None:
        self._wanted_for = self._rated_for = None

    def _follow_budget(self, *, anew: bool = False) -> None:
        """Select what the recipe's budget buys, unless that is what is shown."""
        if self._rated is None or self.rating or self.error or self.mask_path is not None:
            return
        if self._moving and not anew:
            return
        budget = self._context.project.draft.localize.budget
        share = self._rated.share_of(budget)
        if anew or share != self._share or self._mask is not None or self._selected is None:
            self.show_rated(self._rated, budget)

    # ---------------------------------------------------------------------------- mask

    def _follow_mask(self) -> None:
        if self._unwritten:
            return
        path, layout = self.mask_path, self._context.profiles.layout
        if path is None:
            self._mask_for = None
            if self._mask is not None:
                self._mask = None
                self._follow_budget(anew=True)
            return
        if path == self._mask_for or layout is None:
            return
        self._mask_for = path
        self._context.lookups.ask(
            "mask in use",
            lambda: load_mask(path, layout),
            lambda mask: self._on_mask(path, mask),
            lambda error: self._on_no_mask(path, error),
        )

    def _on_mask(self, path: Path, mask: Mask) -> None:
        if path == self.mask_path:
            self._show_mask(mask)

    def _on_no_mask(self, path: Path, error: ErrorRecord) -> None:
        if path == self.mask_path:
            self._mask = None
            self.mask_failed.emit(error)
