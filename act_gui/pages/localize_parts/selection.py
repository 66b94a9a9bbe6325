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
from act_core.localize.masks import Mask, load_mask
from act_core.localize.rated import Rated, rate
from act_core.localize.tying import Tie
from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile
from act_core.profile.stored import StoredProfiles, stored_profiles
from act_core.recipe import Budget, Draft
from act_gui.context import Context
from act_gui.modelbook import KnownModel


class Selection(QObject):
    """What is selected of the specialist that is shown.

    Signals:
        profiles_read: Stored profiles were looked for.
        rating_changed: A score is being ranked, or is ranked, or could not be.
        moved: Other channels are selected than before.
        mask_failed: The mask file that the recipe names cannot be used: its `ErrorRecord`.
    """

    profiles_read = Signal()
    rating_changed = Signal()
    moved = Signal()
    mask_failed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._specialist = ""
        self._stored: StoredProfiles | None = None
        self._stored_for: object = None
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

    # ------------------------------------------------------------------------- what is

    @property
    def specialist(self) -> str:
        """Whose selection it is."""
        return self._specialist

    @property
    def known(self) -> KnownModel | None:
        """The target, once it was read."""
        draft = self._context.project.draft
        return self._context.models.get(draft.target, draft.base) if draft.target else None

    @property
    def layout(self) -> ChannelLayout | None:
        """The target's channels."""
        return self.known.layout if self.known else None

    @property
    def stored(self) -> StoredProfiles | None:
        """Profiles of all specialists; None until they were looked for."""
        return self._stored

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

    def by_role(self) -> tuple[list[Profile], list[Profile]]:
        """Stored profiles on what the specialist brings over, and on what is to be kept."""
        draft, found = self._context.project.draft, self._stored
        if found is None or self._specialist not in draft.specialists:
            return [], []
        bring = [(self._specialist, name) for name in draft.brought_by(self._specialist)]
        keep = [(self._specialist, name) for name in draft.with_role("keep")]
        return (
            [found.profiles[pair] for pair in bring if pair in found.profiles],
            [found.profiles[pair] for pair in keep if pair in found.profiles],
        )

    def faults(self) -> Mapping[str, str]:
        """Why scorers cannot be used; empty texts where they can."""
        keep = self._context.project.draft.with_role("keep")
        return scorer_faults(*self.by_role(), len(keep))

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
        if self.known is not None:
            self._follow_profiles(draft, self.known)

    def move_to(self, share: float) -> None:
        """Select what a budget buys; for every step of a drag."""
        if self._rated is None or self._mask is not None:
            return
        self._moving = True
        self._budget, self._share = Budget(share=share), share
        self._selected = self._rated.ladder.selected(share)
        self.moved.emit()

    def settle(self) -> None:
        """The budget rests: from now on the recipe's counts again."""
        self._moving = False

    def show_mask(self, mask: Mask) -> None:
        """Show an edited selection at once; its file and the recipe follow."""
        self._mask = mask
        self._selected = mask.selected
        self.moved.emit()

    # ------------------------------------------------------------------------ profiles

    def _follow_profiles(self, draft: Draft, known: KnownModel) -> None:
        pairs = [(s, a) for s in draft.specialists for a in draft.abilities]
        record = self._context.project.records.get("profile", {})
        wanted = (known.layout, tuple(pairs), tuple(sorted(record.items())))
        if wanted == self._stored_for:
            self._follow_rating()
            return
        self._stored_for = wanted
        run = self._context.project.run
        self._context.lookups.ask(
            "stored profiles",
            lambda: (stored_profiles(run, pairs, known.layout), applicable_ties(known.model)),
            self._on_stored,
            self._on_not_stored,
        )

    def _on_stored(self, found: tuple[StoredProfiles, tuple[Tie, ...]]) -> None:
        self._stored, self.ties = found
        self._forget_rating()
        self.profiles_read.emit()
        self._follow_rating()

    def _on_not_stored(self, error: ErrorRecord) -> None:
        self._stored = StoredProfiles()
        self.error = error
        self.profiles_read.emit()

    # -------------------------------------------------------------------------- rating

    def _follow_rating(self) -> None:
        draft, known = self._context.project.draft, self.known
        bring, keep = self.by_role()
        if known is None or not bring:
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
        model, seed = known.model, draft.seed
        self._context.lookups.ask(
            "ranked score",
            lambda: rate(model, bring, keep, settings, seed=seed),
            lambda rated: self._on_rated(wanted, rated),
            lambda error: self._on_not_rated(wanted, error),
        )

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
        if self._rated is None or self.rating or self.mask_path is not None:
            return
        if self._moving and not anew:
            return
        budget = self._context.project.draft.localize.budget
        share = self._rated.share_of(budget)
        if anew or share != self._share or self._mask is not None or self._selected is None:
            self._mask = None
            self._budget, self._share = budget, share
            self._selected = self._rated.bought_by(budget)
            self.moved.emit()

    # ---------------------------------------------------------------------------- mask

    def _follow_mask(self) -> None:
        path, layout = self.mask_path, self.layout
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
            self.show_mask(mask)

    def _on_no_mask(self, path: Path, error: ErrorRecord) -> None:
        if path == self.mask_path:
            self._mask = None
            self.mask_failed.emit(error)
