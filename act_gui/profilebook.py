"""Profiles that the open project's run folder holds, read once in the background."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.models.channels import ChannelLayout
from act_core.profile.store import Profile
from act_core.profile.stored import StoredProfiles, stored_profiles
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.manager import JobManager
from act_gui.modelbook import KnownModel, ModelBook
from act_gui.project import Project


class ProfileBook(QObject):
    """What is stored for the target, the specialists and the abilities of the recipe.

    Attributes:
        stored: What was found; None until it was looked for.

    Signals:
        read: `stored` is another.
        failed: It could not be looked for: an `ErrorRecord`.
    """

    read = Signal()
    failed = Signal(object)

    def __init__(
        self,
        project: Project,
        models: ModelBook,
        lookups: Lookups,
        jobs: JobManager,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._project, self._models = project, models
        self._lookups, self._jobs = lookups, jobs
        self._asked_for: object = None
        self.stored: StoredProfiles | None = None
        jobs.finished.connect(self._on_job_finished)

    @property
    def target(self) -> KnownModel | None:
        """The target, once it was read."""
        draft = self._project.draft
        return self._models.get(draft.target, draft.base) if draft.target else None

    @property
    def layout(self) -> ChannelLayout | None:
        """The target's channels."""
        return self.target.layout if self.target else None

    def follow(self) -> None:
        """Read what belongs to the recipe as it is now, where that was not done."""
        draft, target = self._project.draft, self.target
        if target is None:
            return
        layout, run = target.layout, self._project.run
        pairs = tuple((s, a) for s in draft.specialists for a in draft.abilities)
        wanted = (layout, pairs)
        if wanted == self._asked_for:
            return
        self._asked_for = wanted
        self._lookups.ask(
            "stored profiles",
            lambda: stored_profiles(run, pairs, layout),
            self._on_read,
            self._on_failed,
        )

    def of(self, specialist: str) -> tuple[list[Profile], list[Profile]]:
        """Stored profiles on what a specialist brings over, and on what is to be kept."""
        draft = self._project.draft
        if self.stored is None or specialist not in draft.specialists:
            return [], []
        found = self.stored.profiles
        bring = [(specialist, name) for name in draft.brought_by(specialist)]
        keep = [(specialist, name) for name in draft.with_role("keep")]
        return (
            [found[pair] for pair in bring if pair in found],
            [found[pair] for pair in keep if pair in found],
        )

    def _on_read(self, found: StoredProfiles) -> None:
        """Whatever was made from profiles stays where the files are what they were."""
        if self.stored is None or _made_of(self.stored) != _made_of(found):
            self.stored = found
            self.read.emit()

    def _on_failed(self, error: ErrorRecord) -> None:
        self.stored = StoredProfiles()
        self.failed.emit(error)
        self.read.emit()

    def _on_job_finished(self, job: int, _result: object) -> None:
        """Any job that carries a recipe out may have profiled."""
        if self._jobs.view(job).spec.recipe is not None:
            self._asked_for = None
            self.follow()


def _made_of(stored: StoredProfiles) -> tuple[object, ...]:
    return stored.measured_at, tuple(stored.profiles), tuple(stored.faults)
