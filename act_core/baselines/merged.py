"""Merged checkpoints of mergekit's: made, checked, and gone again after use."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from act_core.baselines.mergekit_config import ANCESTOR, config_of
from act_core.baselines.mergekit_run import Cost, run_mergekit
from act_core.baselines.method import Point
from act_core.baselines.plain import copy_side_files, plain_folder, size_bytes
from act_core.baselines.setting import Setting
from act_core.cancel import CancelToken
from act_core.errors import ActError, BaselineError
from act_core.models.reference import Model, resolve
from act_core.transfer.edits import whole_edits
from act_core.transfer.moves import Move
from act_core.transfer.place import check_room


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """A merge as moves on the target.

    Attributes:
        moves: What turns the target into it.
        cost: What it took; of one that was computed here, without memory.
    """

    moves: tuple[Move, ...]
    cost: Cost


class Workshop:
    """A folder in which mergekit works: models made plain once, and one merge at a time.

    Args:
        folder: Made when it is needed, and gone with the workshop.
        setting: What is merged.
        seed: Of methods that draw at random.
        cancel: Polled throughout.
    """

    def __init__(self, folder: Path, setting: Setting, seed: int, cancel: CancelToken) -> None:
        self._folder = folder
        self._setting = setting
        self._seed = seed
        self._cancel = cancel
        self._places: dict[str, Path] = {}

    @contextmanager
    def merged(self, point: Point, kept: Path | None = None) -> Iterator[Merged]:
        """A merge that lies on disk within the block.

        Args:
            point: A baseline of mergekit's with its parameters.
            kept: Where it is moved afterwards; None removes it.

        Raises:
            BaselineError: mergekit is missing or failed, or its result is not usable.
            OutputError: There is too little room, or a file cannot be written.
            CancelledByPersonError: After a cancel.
        """
        out = self._folder / "merged"
        config = config_of(point, self._setting, self._plain())
        check_room(out, size_bytes(self._setting.target))
        try:
            cost = run_mergekit(config, out, seed=self._seed, cancel=self._cancel)
            copy_side_files(self._setting.target, out, self._cancel)
            model = checked(out, self._setting.target, point, self._cancel)
            edits = whole_edits(self._setting.target, 1.0)
            yield Merged((Move(point.name, model, edits),), cost)
            if kept is not None:
                shutil.rmtree(kept, ignore_errors=True)
                kept.parent.mkdir(parents=True, exist_ok=True)
                out.rename(kept)
        finally:
            shutil.rmtree(out, ignore_errors=True)

    def _plain(self) -> Mapping[str, Path]:
        """Where every model lies as a plain folder."""
        if not self._places:
            shutil.rmtree(self._folder, ignore_errors=True)  # the rest of a crash
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        for name, model in ({ANCESTOR: self._setting.ancestor} | dict(self._setting.ends)).items():
            if name not in self._places:
                goal = self._folder / f"model-{name}"
                self._places[name] = plain_folder(model, goal, self._cancel)
        return self._places


def checked(out: Path, target: Model, point: Point, cancel: CancelToken) -> Model:
    """A merged checkpoint as a model that can stand in the target's place.

    Raises:
        BaselineError: A tensor of the target is missing in it, shaped otherwise or not finite.
        CancelledByPersonError: After a cancel.
    """
    try:
        model = resolve(out)
    except ActError as error:
        raise BaselineError(
            f"mergekit's result for {point.name} cannot be read: {error.reason}",
            remedy="Leave this baseline out.",
            detail=error.detail,
        ) from error
    for name, facts in target.facts.items():
        cancel.raise_if_cancelled()
        found = model.facts.get(name)
        if found is None or found.shape != facts.shape:
            what = "lacks" if found is None else f"has {list(found.shape)} for"
            raise BaselineError(
                f"mergekit's result for {point.name} {what} {name} {list(facts.shape)}.",
                remedy="Leave this baseline out: mergekit does not know this architecture well.",
            )
        if not bool(model.weights.read(name).isfinite().all()):
            raise BaselineError(
                f"mergekit's result for {point.name} holds NaN or Inf in {name}.",
                remedy="Leave this baseline out, or change its parameters.",
            )
    return model
