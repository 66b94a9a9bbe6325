"""A project: a folder with the recipe, its runs and masks, notes, and how the window stood.

    PROJECT/
      act-project.json    format, what each stage's last result was made from, page and layout
      recipe.yaml         runs unchanged with `act run` once it is complete; paths are relative
      notes.md            the person's notes
      jobs.json           unfinished jobs
      masks/              the mask library
      runs/main/          the run folder

Everything is saved as it changes, each file whole or not at all, so that a crash loses less than a
second of work.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from act_core.errors import ActError
from act_core.files import write_whole
from act_core.recipe import Draft, Localize, ProfileSettings, Statistic, load_draft, save_recipe
from act_core.runs import RunFolder
from act_gui.stage_parts import Parts, parts_of
from act_gui.stages import StageName

MANIFEST_NAME = "act-project.json"
_SAVE_AFTER_MS = 300


class ProjectError(ActError):
    """A project cannot be made or opened."""

    title = "Project cannot be opened"


class Manifest(BaseModel):
    """What act-project.json holds.

    Attributes:
        act_project: Version of the format.
        records: By stage, the parts that its last result was made from.
        page: The page that was open.
        window: Place of the docks, as Qt saves it, in base 64.
        demo: The project was begun by the demo door.
    """

    model_config = ConfigDict(extra="forbid")

    act_project: Literal[1] = 1
    records: dict[str, dict[str, str]] = {}
    page: str = "models"
    window: str = ""
    demo: bool = False


class Project(QObject):
    """An open project. Made by `create` and `open`.

    Signals:
        draft_changed: The recipe was changed: the `Draft` before, the `Draft` now.
        records_changed: A stage has a new result.
        save_failed: A file could not be written: an `ActError`.
    """

    draft_changed = Signal(object, object)
    records_changed = Signal()
    save_failed = Signal(object)

    def __init__(self, folder: Path, draft: Draft, manifest: Manifest, lock: QLockFile) -> None:
        super().__init__()
        self.folder = folder
        self.manifest = manifest
        self._draft = draft
        self._written: Draft | None = None
        self._lock = lock
        self._timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._timer.timeout.connect(self._on_save_due)

    @classmethod
    def create(cls, folder: Path, draft: Draft | None = None, *, demo: bool = False) -> Project:
        """Make a project in a folder that is new or empty.

        Args:
            folder: Where; its name is the project's.
            draft: What to begin with; its run folder becomes the project's.
            demo: It is the demo's.

        Raises:
            ProjectError: The folder holds something already.
            OutputError: It cannot be written.
        """
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ProjectError(
                f"{folder} is not empty.",
                remedy="Choose a new or an empty folder.",
                title="Project cannot be made",
            )
        start = draft or _first_draft(folder)
        start = start.model_copy(update={"run": folder / "runs" / "main"})
        RunFolder(start.run).make()
        project = cls(folder, start, Manifest(demo=demo), _locked(folder))
        write_whole(folder / "notes.md", "")
        project.save()
        return project

    @classmethod
    def open(cls, folder: Path) -> Project:
        """Open a project; a damaged or newer one is refused and left as it is.

        Raises:
            ProjectError: It is none, damaged, newer than this program, or open elsewhere.
            RecipeError: Its recipe is damaged.
        """
        manifest = _read_manifest(folder / MANIFEST_NAME)
        draft = load_draft(folder / "recipe.yaml")
        return cls(folder, draft, manifest, _locked(folder))

    @property
    def draft(self) -> Draft:
        """The recipe as it is now."""
        return self._draft

    @property
    def run(self) -> RunFolder:
        """The run folder."""
        return RunFolder(self._draft.run)

    @property
    def masks(self) -> Path:
        """Folder of the mask library."""
        return self.folder / "masks"

    @property
    def jobs_path(self) -> Path:
        """File of unfinished jobs."""
        return self.folder / "jobs.json"

    @property
    def notes_path(self) -> Path:
        """File of the person's notes."""
        return self.folder / "notes.md"

    def edit(self, **changes: Any) -> None:
        """Change fields of the recipe, e.g. `edit(target="...")`; it is saved soon after.

        Raises:
            pydantic.ValidationError: A value is not allowed; nothing is changed.
        """
        before = self._draft
        now = Draft.model_validate({**dict(before), **changes})
        if now == before:
            return
        self._draft = now
        self._timer.start()
        self.draft_changed.emit(before, now)

    def edit_section(self, section: str, **changes: Any) -> None:
        """Change fields of one section, e.g. `edit_section("localize", scorer="matched")`.

        Raises:
            pydantic.ValidationError: A value is not allowed; nothing is changed.
        """
        before = getattr(self._draft, section)
        self.edit(**{section: type(before).model_validate({**dict(before), **changes})})

    def edit_specialist(self, name: str, **changes: Any) -> None:
        """Change fields of one specialist, e.g. `edit_specialist("german", mask=None)`."""
        specialists = dict(self._draft.specialists)
        section = specialists[name].model_copy(update=changes)
        self.edit(specialists={**specialists, name: section})

    def record(self, stage: StageName, made_from: Draft) -> None:
        """Remember that a stage has a result, made from a recipe that may be older than now."""
        parts = parts_of(made_from, stage)
        if self.manifest.records.get(stage) != parts:
            self.manifest.records[stage] = parts
            self._timer.start()
            self.records_changed.emit()

    def forget(self, stage: StageName) -> None:
        """Remember that a stage has no result any more."""
        if self.manifest.records.pop(stage, None) is not None:
            self._timer.start()
            self.records_changed.emit()

    @property
    def records(self) -> Mapping[str, Parts]:
        """By stage, the parts that its last result was made from."""
        return self.manifest.records

    def keep_view(self, page: str, window: str) -> None:
        """Remember the open page and the place of the docks."""
        self.manifest.page, self.manifest.window = page, window
        self._timer.start()

    def save(self) -> None:
        """Write everything now.

        Raises:
            ProjectError: Its folder is gone; it is not made again with half of what was in it.
            OutputError: It cannot be written.
        """
        self._timer.stop()
        if self._lock.isLocked() and not Path(self._lock.fileName()).exists():
            raise ProjectError(
                f"The folder {self.folder} is gone: it was deleted, renamed, or lies on a disk "
                "that is not there any more.",
                remedy="Put it back where it was and choose Save now, or close the project.",
                title="Project cannot be saved",
            )
        recipe = self.folder / "recipe.yaml"
        # Most often only another page is shown.
        if self._draft is not self._written or not recipe.is_file():
            save_recipe(self._draft, recipe, relative=True)
            self._written = self._draft
        text = self.manifest.model_dump_json(indent=1)
        write_whole(self.folder / MANIFEST_NAME, text + "\n")

    def close(self) -> None:
        """Save, and let others open it.

        Raises:
            ProjectError, OutputError: As `save`.
        """
        try:
            self.save()
        finally:
            self._lock.unlock()

    def _on_save_due(self) -> None:
        try:
            self.save()
        except ActError as error:
            self.save_failed.emit(error)


def recipe_name(text: str) -> str:
    """A name that a recipe allows, close to what a person wrote."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in text)
    return kept.strip("._-")[:64] or "project"


def _first_draft(folder: Path) -> Draft:
    """A new project's recipe.

    All statistics are gathered, so that scorers can be compared, in rounds, so that one sees them
    settle; *attributed* found most at small budgets wherever it was measured (README).
    """
    statistics: tuple[Statistic, ...] = ("difference", "matched", "attributed")
    return Draft(
        name=recipe_name(folder.name),
        run=folder,
        profile=ProfileSettings(statistics=statistics, rounds=3),
        localize=Localize(scorer="attributed"),
    )


def _locked(folder: Path) -> QLockFile:
    lock = QLockFile(str(folder / ".lock"))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        raise ProjectError(
            f"{folder} is open in another window.", remedy="Close it there, or choose another."
        )
    return lock


def _read_manifest(path: Path) -> Manifest:
    try:
        data = json.loads(path.read_text("utf-8"))
        version = data.get("act_project") if isinstance(data, dict) else None
        if isinstance(version, int) and version > 1:
            raise ProjectError(
                f"{path.parent} was saved by a newer version of ACT Studio.",
                remedy="Update ACT Studio; the project is left as it is.",
            )
        return Manifest.model_validate(data)
    except FileNotFoundError as error:
        raise ProjectError(
            f"{path.parent} is no project of ACT Studio: it holds no {path.name}.",
            remedy="Choose a folder that was made with New project.",
        ) from error
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        raise ProjectError(
            f"{path} is damaged.",
            remedy="The recipe beside it may still be whole: run it with act run, or make a new "
            "project from it. Nothing was changed.",
            detail=str(error),
        ) from error
