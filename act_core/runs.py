"""The run folder: where a recipe's results lie, and what is known already."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from act_core.errors import OutputError, output_error
from act_core.files import read_object, write_whole
from act_core.recipe import Recipe, save_recipe

LOG_NAME = "events.jsonl"


class RunFolder:
    """Paths and small files of one run. Looking makes nothing; writing makes the place.

    Args:
        path: The folder, there or not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder where it is absent.

        Raises:
            OutputError: It cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(error, self.path) from error

    def refuse_strangers(self) -> None:
        """Refuse a folder with a recipe in it that no run has left, for a run would replace it.

        Raises:
            OutputError: It is such a folder.
        """
        if self.recipe.is_file() and not (self.path / LOG_NAME).exists():
            raise OutputError(
                f"The run folder {self.path} holds a {self.recipe.name} that no run has left "
                "there, and a run would replace it.",
                remedy="Choose another run folder, such as run: runs/first.",
            )

    @property
    def profiles(self) -> Path:
        """Folder of profiles."""
        return self.path / "profiles"

    @property
    def masks(self) -> Path:
        """Folder of masks."""
        return self.path / "masks"

    @property
    def model(self) -> Path:
        """Where the checkpoint is exported by default."""
        return self.path / "model"

    @property
    def metrics(self) -> Path:
        """Every figure, with controls and sample sizes."""
        return self.path / "metrics.json"

    def profile_path(self, specialist: str, ability: str) -> Path:
        """File of one profile."""
        return self.profiles / f"{specialist}--{ability}.safetensors"

    def samples_path(self, ability: str) -> Path:
        """File of what every candidate answered to the held-out items of one ability."""
        return self.path / "samples" / f"{ability}.jsonl"

    def mask_path(self, name: str) -> Path:
        """File of one mask."""
        return self.masks / f"{name}.safetensors"

    def settled_path(self, name: str) -> Path:
        """File of one mask after contested channels were settled."""
        return self.masks / "settled" / f"{name}.safetensors"

    @property
    def gates_path(self) -> Path:
        """File of the learned gates."""
        return self.path / "gates" / "gates.safetensors"

    @property
    def probes_path(self) -> Path:
        """File of the answers to probes."""
        return self.path / "probes.json"

    @property
    def tuning_path(self) -> Path:
        """Folder of the adapter that the control trains."""
        return self.path / "tuning" / "adapter"

    def tuned_path(self, which: Literal["result", "only"]) -> Path:
        """Folder of what was tuned after the transfer, or on the plain target, as its control."""
        return self.path / "tune" / which

    @property
    def baselines(self) -> Path:
        """Folder of what baselines have shown, and of merges that are kept."""
        return self.path / "baselines"

    @property
    def sweep(self) -> RunFolder:
        """What sweeps have of their own, laid out as a run's."""
        return RunFolder(self.path / "sweep")

    @property
    def analyses(self) -> RunFolder:
        """What analyses have of their own: the recipe that they looked at."""
        return RunFolder(self.path / "analyses")

    @property
    def recipe(self) -> Path:
        """The recipe as carried out."""
        return self.path / "recipe.yaml"

    def swept(self, kind: str, key: str) -> RunFolder:
        """Where a sweep leaves one of many things that a run has only one of.

        Args:
            kind: What it is.
            key: Hash of all its inputs.
        """
        return RunFolder(self.sweep.path / f"{kind}-{key[:12]}")

    def save_recipe(self, recipe: Recipe) -> None:
        """Keep the recipe as carried out; it can be carried out from where it lies."""
        save_recipe(recipe, self.recipe, relative=True)

    def write_json(self, path: Path, value: Mapping[str, Any]) -> None:
        """Write a JSON file whole or not at all; numbers that are not finite become null.

        Raises:
            OutputError: It cannot be written.
        """
        text = json.dumps(_finite(value), indent=1, ensure_ascii=False, allow_nan=False)
        write_whole(path, text + "\n")

    def read_metrics(self) -> Mapping[str, Any]:
        """All figures and facts of the run; empty where nothing is known or the file is damaged."""
        return read_object(self.metrics)

    def known_metrics(self, key: str) -> Mapping[str, Any]:
        """What is known from inputs with this hash; empty where nothing is."""
        known = self.read_metrics()
        return known if known.get("key") == key else {}


def _finite(value: Any) -> Any:
    """JSON knows no NaN and no Inf."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
