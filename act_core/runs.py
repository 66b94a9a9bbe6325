"""The run folder: where a recipe's results lie, and what is known already."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TextIO

from act_core.errors import OutputError, output_error, record_of
from act_core.events import Event, EventSink, Failed, MapRows
from act_core.files import read_object, write_whole
from act_core.recipe import Recipe, save_recipe

LOG_NAME = "events.jsonl"
_claims: dict[Path, tuple[int, TextIO]] = {}  # how often this process works in a folder
_claiming = threading.Lock()


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


class EventLog:
    """Writes events to events.jsonl and hands them on. Map rows are too large for a log.

    Args:
        path: The log; it is appended to.
        emit: Who else listens.
    """

    def __init__(self, path: Path, emit: EventSink) -> None:
        self._path, self._emit = path, emit
        try:
            self._stream: TextIO = path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise output_error(error, path) from error

    def __call__(self, event: Event) -> None:
        """Take one event.

        Raises:
            OutputError: It cannot be written.
        """
        self._emit(event)
        if isinstance(event, MapRows):
            return
        try:
            self._stream.write(event_line(event, time.time()) + "\n")
            self._stream.flush()
        except OSError as error:
            raise output_error(error, self._path) from error

    def close(self) -> None:
        """Close the log; what could not be written has been told."""
        with suppress(OSError):
            self._stream.close()


@contextmanager
def logged(folder: RunFolder, stage: str, emit: EventSink) -> Iterator[EventSink]:
    """A sink that also writes to the run's events.jsonl; an error that passes is logged too.

    The run's folder is made here. One process at a time works in it; what lies there under the
    names of a run's files is a run's.

    Raises:
        OutputError: The folder cannot be made or belongs to something else, another process works
            in it, or the log cannot be written.
    """
    folder.refuse_strangers()
    folder.make()
    with _claimed(folder.path.resolve()):
        yield from _logged(folder, stage, emit)


def _logged(folder: RunFolder, stage: str, emit: EventSink) -> Iterator[EventSink]:
    log = EventLog(folder.path / LOG_NAME, emit)
    try:
        yield log
    except BaseException as error:
        with suppress(OSError, OutputError):  # a full disk must not hide what came before
            log(Failed(stage, record_of(error)))
        raise
    finally:
        log.close()


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run folder; jobs of this one share it.

    Raises:
        OutputError: Another process works in it, or its log cannot be opened.
    """
    with _claiming:
        number, stream = _claims.get(folder) or (0, _locked(folder / LOG_NAME))
        _claims[folder] = (number + 1, stream)
    try:
        yield
    finally:
        with _claiming:
            number, stream = _claims.pop(folder)
            if number > 1:
                _claims[folder] = (number - 1, stream)
            else:
                stream.close()


def _locked(path: Path) -> TextIO:
    """An open file that no other process has locked; Windows has no such locks."""
    try:
        stream = path.open("a", encoding="utf-8")
    except OSError as error:
        raise output_error(error, path) from error
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.close()
            raise OutputError(
                f"Another process works in the run folder {path.parent}.",
                remedy="Wait for it, or choose another run folder.",
            ) from error
        except OSError:  # not every file system can lock
            pass
    return stream


def event_line(event: Event, time_s: float | None = None) -> str:
    """An event as one line of JSON; map rows keep their place and size, not their values."""
    if isinstance(event, MapRows):
        fields: dict[str, Any] = {
            "rows": [
                {
                    "specialist": row.specialist,
                    "ability": row.ability,
                    "statistic": row.statistic,
                    "layer": row.layer,
                    "kind": row.kind,
                    "channels": len(row.values),
                    "max": float(row.values.max()),
                    "mean": float(row.values.mean()),
                }
                for row in event.rows
            ]
        }
    else:
        fields = dataclasses.asdict(event)
    stamp = {} if time_s is None else {"time_s": round(time_s, 3)}
    return json.dumps({"event": type(event).__name__, **stamp, **fields}, ensure_ascii=False)
