"""Baselines of a run: every point a candidate, merged when it is measured, and only once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

from act_core.baselines.activations import InputSizes, input_sizes, load_sizes, save_sizes
from act_core.baselines.aim import aim_moves
from act_core.baselines.layer_swap import swap_moves
from act_core.baselines.merged import Workshop
from act_core.baselines.mergekit_run import HOW_TO_INSTALL, Cost, mergekit_version
from act_core.baselines.method import Baseline, Point
from act_core.baselines.registry import BASELINES
from act_core.baselines.setting import setting_of
from act_core.errors import BaselineError, NotFiniteError
from act_core.evaluate.candidates import Candidate
from act_core.evaluate.evaluator import Results
from act_core.events import Note
from act_core.hashing import content_hash
from act_core.models.channels import layout_of
from act_core.pipeline.baseline_file import BaselineFile
from act_core.pipeline.costs import Costing
from act_core.pipeline.inputs import Inputs
from act_core.pipeline.stages import Context
from act_core.recipe import Recipe
from act_core.transfer.moves import Move

State = Literal["ready", "measured", "missing", "unfit", "failed"]
# Raised when a formula here changes, so that its figures are computed anew.
_OWN_VERSION = 1


class BaselineEntry:
    """One point of a baseline.

    Args:
        bench: What all entries of a run share.
        baseline: The way to merge.
        point: Its parameters.

    Attributes:
        name: Of the candidate, unique.
        key: Hash of everything that decides the merged model.
        state: `ready` until it is asked for; `missing` where mergekit is not installed, `unfit`
            where the method does not suit these models, `failed` where the merge could not be made,
            or answers with NaN.
        reason: Why, for people; empty where it is ready or measured.
        remedy: What to do about it; may be empty.
        cost: What merging took, once that is known.
    """

    def __init__(self, bench: _Bench, baseline: Baseline, point: Point) -> None:
        self.name = point.name
        self.key = bench.key(baseline, point)
        self.cost: Cost | None = None
        self.remedy = ""
        self.reason = baseline.unfit(bench.setting)
        self.state: State = "unfit" if self.reason else "ready"
        if not self.reason and baseline.mergekit and bench.version is None:
            self.state, self.remedy = "missing", HOW_TO_INSTALL
            self.reason = "mergekit is not installed."
        self._bench = bench
        self._baseline = baseline
        self._point = point

    @contextmanager
    def candidate(self) -> Iterator[Candidate]:
        """The merge as a candidate; what lies on disk for it is gone after the block.

        Raises:
            BaselineError: It cannot be made, for the reason that `reason` tells.
            CancelledByPersonError: After a cancel.
        """
        if self.state in ("missing", "unfit"):
            raise BaselineError(self.reason, remedy=self.remedy or "Leave this baseline out.")
        with self._bench.made(self._baseline, self._point) as (candidate, cost):
            self.cost = cost
            yield candidate

    def measured(self, measure: Callable[[Candidate], Results]) -> Results | None:
        """Figures on the run's held-out items: known ones, or else merged, measured and kept.

        Args:
            measure: Measures a candidate.

        Returns:
            The figures; None where `state` says why there are none.

        Raises:
            CancelledByPersonError: After a cancel.
            ActError: Whatever `measure` raises, or the disk is full.
        """
        if self.state in ("missing", "unfit"):
            return None
        known = self._bench.figures.known(self.key)
        if known is not None:
            found, self.cost = known
        else:
            with ExitStack() as stack:
                try:
                    candidate = stack.enter_context(self.candidate())
                    found = measure(candidate)
                except (BaselineError, NotFiniteError) as error:
                    self.state, self.reason, self.remedy = "failed", error.reason, error.remedy
                    self._bench.context.emit(Note(f"{self.name}: {error.reason}", "warning"))
                    return None
            if self.cost is not None:
                self._bench.figures.keep(self.key, found, self.cost)
        self.state = "measured"
        return found

    def facts(self) -> dict[str, Any]:
        """For metrics.json."""
        return {
            "candidate": self.name,
            "baseline": self._baseline.name,
            "title": self._baseline.title,
            "source": self._baseline.source,
            "by": f"mergekit {self._bench.version}" if self._baseline.mergekit else "ACT Studio",
            "parameters": dict(self._point.parameters),
            "outer": self._point.outer or None,
            "state": self.state,
            "reason": self.reason,
            "remedy": self.remedy,
            "seconds": round(self.cost.seconds, 3) if self.cost else None,
            "peak_bytes": self.cost.peak_bytes if self.cost else None,
        }


def check_baselines(recipe: Recipe) -> None:
    """Refuse parameters that no baseline has before anything long begins.

    Raises:
        RecipeError: One is unknown, has no value or is out of bounds.
    """
    for name, chosen in recipe.evaluate.baselines.items():
        BASELINES[name].check(chosen)


def baseline_entries(inputs: Inputs, context: Context) -> tuple[BaselineEntry, ...]:
    """Every point of every baseline that the recipe names; nothing is merged yet.

    Raises:
        RecipeError: As `check_baselines`.
    """
    chosen = inputs.recipe.evaluate.baselines
    if not chosen:
        return ()
    bench = _Bench(inputs, context)
    return tuple(
        BaselineEntry(bench, BASELINES[name], point)
        for name, values in chosen.items()
        for point in BASELINES[name].points(bench.setting, values)
    )


def key_with(key: str, entries: Sequence[BaselineEntry]) -> str:
    """Hash of everything that decides a run's figures, its baselines included."""
    if not entries:
        return key
    return content_hash([key, [[entry.name, entry.key, entry.state] for entry in entries]])


class _Bench:
    """What all baselines of a run share."""

    def __init__(self, inputs: Inputs, context: Context) -> None:
        recipe = inputs.recipe
        self.context = context
        self.version = mergekit_version()
        self.setting = setting_of(
            inputs.target, inputs.base, inputs.specialists, recipe.evaluate.ancestor
        )
        self.figures = BaselineFile(context.folder, inputs.heldout, recipe.profile.dtype)
        self._inputs = inputs
        self._models = {
            "target": inputs.target.fingerprint(),
            "ancestor": self.setting.ancestor.fingerprint(),
            "tuned": [[name, one.fingerprint()] for name, one in self.setting.tuned.items()],
        }
        self._workshop = Workshop(
            context.folder.baselines / "work", self.setting, recipe.seed, context.token
        )

    def key(self, baseline: Baseline, point: Point) -> str:
        """Hash of everything that decides a merge."""
        recipe = self._inputs.recipe
        made_by = (
            ["mergekit", self.version, recipe.seed] if baseline.mergekit else ["act", _OWN_VERSION]
        )
        return content_hash(
            {
                **self._models,
                "baseline": [baseline.name, dict(point.parameters), point.outer],
                "by": made_by,
                "sizes": self._sizes_key if baseline.name == "aim" else None,
            }
        )

    @contextmanager
    def made(self, baseline: Baseline, point: Point) -> Iterator[tuple[Candidate, Cost]]:
        """A merge as a candidate, and what it took; errors as `BaselineEntry.candidate`."""
        if baseline.mergekit:
            self.context.emit(Note(f"{point.name}: merging by mergekit."))
            keep = self._inputs.recipe.evaluate.keep_merged
            kept = self.context.folder.baselines / point.name.replace(" ", "_") if keep else None
            with self._workshop.merged(point, kept) as merged:
                yield Candidate(point.name, merged.moves), merged.cost
            return
        with Costing() as watched:
            moves = self._own_moves(baseline, point)
        cost = watched.cost
        if baseline.name == "aim":
            cost = Cost(max(cost.seconds, self._sizes.seconds), cost.peak_bytes)
        yield Candidate(point.name, moves), cost

    def _own_moves(self, baseline: Baseline, point: Point) -> tuple[Move, ...]:
        if baseline.name == "aim":
            return aim_moves(point, self.setting, self._sizes.by_weight)
        return swap_moves(point, self.setting)

    @functools.cached_property
    def _sizes_key(self) -> str:
        encoded = self._inputs.calibration
        return content_hash(
            {
                "ancestor": self._models["ancestor"],
                "abilities": {name: one.fingerprint for name, one in encoded.items()},
                "dtype": self._inputs.recipe.profile.dtype,
                "version": _OWN_VERSION,
            }
        )

    @functools.cached_property
    def _sizes(self) -> InputSizes:
        """Of the ancestor's inputs, from the run folder where they are known."""
        path = self.context.folder.baselines / "activations.safetensors"
        known = load_sizes(path, self._sizes_key, layout_of(self.setting.ancestor))
        if known is not None:
            return known
        settings = self._inputs.recipe.profile
        sizes = input_sizes(
            self.setting.ancestor,
            self._inputs.calibration,
            device=settings.device,
            dtype=settings.dtype,
            emit=self.context.emit,
            cancel=self.context.token,
        )
        save_sizes(sizes, path, self._sizes_key)
        return sizes
