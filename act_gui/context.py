"""What pages are given: the open project and everything that works for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QStringListModel, Signal

from act_core.errors import ActError
from act_core.events import Analysed
from act_core.hub.models import hub_names_of
from act_core.pipeline.tuned import STAGE as TUNE_STAGE
from act_core.profile.devices import device_name
from act_core.recipe import Recipe
from act_gui.accessbook import AccessBook
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.manager import JobManager
from act_gui.jobs.network import HubQuestions
from act_gui.jobs.spec import JobSpec
from act_gui.jobs.state import OPEN
from act_gui.jobs.worker import NETWORK_LANE
from act_gui.live import LiveRows
from act_gui.live_gates import LiveGates
from act_gui.live_losses import LiveLosses
from act_gui.modelbook import ModelBook
from act_gui.notify import Notices
from act_gui.presence import Presence
from act_gui.profilebook import ProfileBook
from act_gui.project import Project
from act_gui.stage_parts import parts_of
from act_gui.stages import StageName, StageState, stage_states
from act_gui.text import tr

# Which stage a kind of job works on.
STAGE_OF_KIND: Mapping[str, StageName] = {
    "profile": "profile",
    "localize": "localize",
    "learn": "gates",
    "transfer": "transfer",
    "fit": "tune",
    "evaluate": "evaluate",
    "sweep": "evaluate",
    "analyse": "analysis",
    "try": "try",
    "probes": "try",
    "publish": "export",
}
# Kinds whose end is a stage's result.
_RECORDED = ("profile", "localize", "learn", "transfer", "fit", "evaluate", "publish")
# What such a job has learned on its way, where the recipe wants it.
_ON_THE_WAY: Mapping[str, tuple[StageName, ...]] = {
    "fit": ("gates",),
    "transfer": ("gates", "tune"),
    "evaluate": ("gates", "tune"),
}
_BUSY = ("queued", "running", "pausing", "cancelling")


class Context(QObject):
    """The open project with its jobs, lookups, notices and models.

    Pages never know each other: they meet in the project's signals and in these.

    Signals:
        states_changed: A stage may stand otherwise than before.
        page_wanted: Name of a page that the person should see.
        hub_changed: Somebody has logged in to the Hub or out, or it is reached otherwise.
        command_wanted: Id of a command of the window that should be carried out.
        model_used: A model of the Hub was read: its name, to be remembered.

    Attributes:
        recent_models: Names of models of the Hub that were used lately, the last one first.
    """

    states_changed = Signal()
    page_wanted = Signal(str)
    command_wanted = Signal(str)
    hub_changed = Signal()
    model_used = Signal(str)

    def __init__(
        self,
        project: Project,
        jobs: JobManager,
        lookups: Lookups,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.project = project
        self.jobs = jobs
        self.lookups = lookups
        self.notices = notices
        self.hub = HubQuestions(self)
        self.recent_models = QStringListModel(self)
        self.models = ModelBook(lookups, self.hub, self)
        self.presence = Presence(project, lookups, self)
        self.access = AccessBook(project, self.hub, self)
        self.live = LiveRows(jobs, self)
        self.live_gates = LiveGates(jobs, self)
        self.live_tuning = LiveLosses(jobs, TUNE_STAGE, self)
        self.profiles = ProfileBook(project, self.models, lookups, jobs, self)
        self._connect()

    def states(self) -> dict[StageName, StageState]:
        """How every stage stands."""
        draft, records = self.project.draft, self.project.records
        return stage_states(draft, records, self.running(), models_here=self._models_here())

    def running(self) -> set[StageName]:
        """Stages that a job works on."""
        return {
            STAGE_OF_KIND[view.spec.kind]
            for view in self.jobs.jobs()
            if view.state in _BUSY and view.spec.kind in STAGE_OF_KIND
        }

    def start(
        self,
        kind: str,
        title: str,
        *,
        files: bool = False,
        recipe: Recipe | None = None,
        **arguments: Any,
    ) -> int | None:
        """Put a job on its lane.

        Args:
            kind: A key of `jobs.works.WORKS`.
            title: What the person sees of it.
            files: It moves files and computes nothing, so it runs beside what computes.
            recipe: What it carries out; by default the project's recipe as it is now.
            **arguments: Plain values for the job.

        Returns:
            The job's number, or None where the recipe is not complete, or names what cannot be
            had from the Hub; then the person was told.
        """
        try:
            work = recipe or self.project.draft.complete()
        except ActError as error:
            self.notices.error(error)
            return None
        self.notices.clear()
        refused = None if files else self.access.refusal()
        if refused is not None:
            self.notices.error(refused)
            self.access.look_again()  # somebody may have been let in meanwhile
            return None
        lane = "files" if files else self._lane_of(work.profile.device)
        return self.jobs.submit(JobSpec(kind, title, lane, work, arguments))

    def start_network(self, kind: str, title: str, **arguments: Any) -> int:
        """Put a job that talks to the Hub on the network's lane; it needs no recipe.

        Args:
            kind: A key of `jobs.works.WORKS`.
            title: What the person sees of it.
            **arguments: Plain values for the job.

        Returns:
            The job's number.
        """
        self.notices.clear()
        return self.jobs.submit(JobSpec(kind, title, NETWORK_LANE, None, arguments))

    def download(self, reference: str, base: str | None = None) -> int:
        """Fetch what lacks of a model, unless a job does that already.

        Args:
            reference: The model.
            base: What an adapter named alone stands on.

        Returns:
            The job's number.
        """
        under_way = self.download_of(reference)
        if under_way is not None:
            self.jobs.resume(under_way)
            return under_way
        title = tr("Download {model}", model=reference)
        return self.start_network("download", title, reference=reference, base=base)

    def hub_cache_changed(self) -> None:
        """Have everything look again for models that name the Hub."""
        self.models.forget_hub()
        self.states_changed.emit()

    def download_of(self, reference: str) -> int | None:
        """The unfinished job that fetches a model; None where there is none."""
        return next(
            (
                view.id
                for view in self.jobs.jobs()
                if view.spec.kind == "download"
                and view.spec.arguments.get("reference") == reference
                and view.state in OPEN
            ),
            None,
        )

    def is_downloading(self, reference: str) -> bool:
        """Whether a job fetches a model or will; one that is paused has to be resumed first."""
        number = self.download_of(reference)
        return number is not None and self.jobs.view(number).state != "paused"

    def _connect(self) -> None:
        self.project.draft_changed.connect(self._on_changed)
        self.project.draft_changed.connect(self.access.follow)
        self.hub_changed.connect(self._on_hub_changed)
        self.access.follow()
        self.models.described.connect(self._on_described)
        self.models.failed.connect(self._on_models)
        self.presence.changed.connect(self._on_presence)
        self.presence.failed.connect(self.notices.error)
        self.project.records_changed.connect(self._on_changed)
        self.project.save_failed.connect(self.notices.error)
        self.jobs.added.connect(self._on_changed)
        self.jobs.removed.connect(self._on_changed)
        self.jobs.changed.connect(self._on_job_changed)
        self.jobs.event.connect(self._on_event)
        self.jobs.finished.connect(self._on_finished)
        self.jobs.failed.connect(self._on_failed)
        self.jobs.store_failed.connect(self.notices.error)
        self._were_here = True
        self._seen: dict[int, str] = {}
        self._auto_lane = "cpu"  # until it is known: PyTorch is being imported
        self.lookups.ask(
            "device of auto", lambda: device_name("auto"), self._on_lane, self.notices.error
        )

    def _on_changed(self, *_ignored: object) -> None:
        self.states_changed.emit()

    def _models_here(self) -> bool:
        """Whether nothing is known against the models that the recipe names."""
        draft = self.project.draft
        keys = [(draft.target, draft.base), (draft.base or "", None)]
        keys += [(section.model, draft.base) for section in draft.specialists.values()]
        return not self.presence.gone and not any(self.models.error(*key) for key in keys)

    def _on_models(self, *_ignored: object) -> None:
        """A model was read, or could not be; pages hear of it themselves."""
        here = self._models_here()
        if here is not self._were_here:
            self._were_here = here
            self.states_changed.emit()

    def _on_presence(self, moved: tuple[str, ...]) -> None:
        self.models.forget_all(moved)
        self._were_here = self._models_here()
        self.states_changed.emit()

    def _on_described(self, reference: str) -> None:
        self._on_models()
        for name in hub_names_of(reference):
            self.model_used.emit(str(name))

    def _on_hub_changed(self) -> None:
        """What was refused before may be open now."""
        self.models.forget_hub()
        self.access.look_again()
        self.states_changed.emit()

    def _on_job_changed(self, job: int) -> None:
        """Progress comes many times a second; the stages only care for another state."""
        state = str(self.jobs.view(job).state)
        if self._seen.get(job) != state:
            self._seen[job] = state
            self.states_changed.emit()

    def _on_event(self, job: int, event: object) -> None:
        """With the first finding those of other settings are gone, and it stays if the job ends."""
        recipe = self.jobs.view(job).spec.recipe
        if isinstance(event, Analysed) and recipe is not None:
            self.project.record("analysis", recipe)

    def _on_finished(self, job: int, _result: object) -> None:
        spec = self.jobs.view(job).spec
        if spec.kind == "download":
            self.hub_cache_changed()
        if spec.kind in _RECORDED and spec.recipe is not None:
            for stage in (*_ON_THE_WAY.get(spec.kind, ()), STAGE_OF_KIND[spec.kind]):
                if parts_of(spec.recipe, stage):
                    self.project.record(stage, spec.recipe)
        self.states_changed.emit()

    def _lane_of(self, device: str) -> str:
        """The lane of a device; `auto` shares the lane of the device that it finds."""
        return self._auto_lane if device == "auto" else device

    def _on_lane(self, lane: str) -> None:
        self._auto_lane = lane

    def _on_failed(self, _job: int, error: object) -> None:
        self.notices.error(error)  # type: ignore[arg-type] # Qt carries the record as an object
        self.states_changed.emit()
