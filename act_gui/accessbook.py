"""Whether the open project's repositories of the Hub can be read, asked before a job needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, Signal

from act_core.abilities.hub_source import local_files
from act_core.cancel import CancelToken
from act_core.errors import AbilityDataError, ActError, ErrorRecord, ReferenceNotFoundError
from act_core.hub.access import Access, AccessState, access_of
from act_core.hub.models import find_model, hub_names_of
from act_core.hub.names import HubName, hub_name
from act_core.recipe import Draft, Source
from act_core.settings import HubSettings
from act_gui.jobs.network import HubQuestions, Tell
from act_gui.project import Project
from act_gui.text import tr

_KEY = "access"
State = AccessState | Literal["here"]


@dataclass(frozen=True, slots=True)
class Need:
    """A repository that the project names.

    Attributes:
        name: The repository.
        uses: What the project uses it as, in words.
        state: `here`: all that is needed lies on this computer; else as `Access.state`.
        page: Address to open; empty where the Hub was not asked.
        reason, remedy: For people; empty where it can be read.
    """

    name: HubName
    uses: tuple[str, ...]
    state: State
    page: str = ""
    reason: str = ""
    remedy: str = ""

    @property
    def stands_open(self) -> bool:
        """Whether a job can have it."""
        return self.state in ("here", "open")


@dataclass(frozen=True, slots=True)
class _Named:
    """What a recipe names: models with their part, and sources with their ability."""

    base: str | None
    models: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, Source], ...]


class AccessBook(QObject):
    """Asks when the project names other repositories, and when the way to the Hub is another.

    Attributes:
        needs: What is known; None while it is being asked for the first time.
        error: Why the Hub could not be asked.

    Signals:
        looked: One of these is another.
    """

    looked = Signal()

    def __init__(self, project: Project, hub: HubQuestions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project, self._hub = project, hub
        self._named: _Named | None = None
        self.needs: tuple[Need, ...] | None = None
        self.error: ErrorRecord | None = None

    def follow(self) -> None:
        """Ask about what the recipe names now, where that was not done."""
        named = _named(self._project.draft)
        if named != self._named:
            self._named = named
            self.needs = self.error = None
            self.look_again()

    def look_again(self) -> None:
        """Ask once more: somebody may have logged in, or been let in."""
        if self._named is not None:
            self._hub.ask(_KEY, partial(_needs, self._named), self._on_needs, self._on_failed)

    def refusal(self) -> ErrorRecord | None:
        """Why a job that needs all of the recipe would fail, as far as is known."""
        closed = [need for need in self.needs or () if not need.stands_open]
        if not closed:
            return None
        remedies = dict.fromkeys(need.remedy for need in closed)
        return ErrorRecord(
            kind="HubAccessError",
            title=tr("Not started: files on the Hub cannot be read"),
            reason="\n".join(f"{_names(need)}: {need.reason}" for need in closed),
            remedy="\n".join((*remedies, tr("The page Models shows each of them."))),
        )

    def _on_needs(self, needs: tuple[Need, ...]) -> None:
        self.needs, self.error = needs, None
        self.looked.emit()

    def _on_failed(self, error: ErrorRecord) -> None:
        self.error = error
        self.looked.emit()


def _named(draft: Draft) -> _Named:
    models = [(tr("target"), draft.target), (tr("base"), draft.base or "")]
    models += [(name, section.model) for name, section in draft.specialists.items()]
    sources = [
        (name, source)
        for name, ability in draft.abilities.items()
        for source in (*ability.calibration, *ability.heldout, *filter(None, [ability.shots]))
        if source.hub is not None
    ]
    return _Named(draft.base, tuple(one for one in models if one[1]), tuple(sources))


def _needs(
    named: _Named, settings: HubSettings, _tell: Tell, token: CancelToken
) -> tuple[Need, ...]:
    """What is here, and of the rest what the Hub says."""
    uses: dict[HubName, list[str]] = {}
    absent: list[HubName] = []
    for name, use, is_here in (*_models(named), *_data(named)):
        uses.setdefault(name, [])
        if use not in uses[name]:
            uses[name].append(use)
        if not is_here and name not in absent:
            absent.append(name)
    found = {one.name: one for one in access_of(settings, absent, token)} if absent else {}
    return tuple(_need(name, tuple(said), found.get(name)) for name, said in uses.items())


def _models(named: _Named) -> Iterator[tuple[HubName, str, bool]]:
    for use, reference in named.models:
        names = hub_names_of(reference)
        if names:
            is_here = _reads(partial(find_model, reference, base=named.base))
            yield from ((_repository(name), use, is_here) for name in names)


def _data(named: _Named) -> Iterator[tuple[HubName, str, bool]]:
    for ability, source in named.sources:
        name = hub_name(str(source.hub), "dataset")
        if name is not None:
            is_here = _reads(partial(_read_all, source))
            yield _repository(name), tr("data of {ability}", ability=ability), is_here


def _repository(name: HubName) -> HubName:
    """The repository alone: who may read it does not depend on the revision."""
    return HubName(name.repo, kind=name.kind)


def _reads(look: Callable[[], object]) -> bool:
    """Whether something is on this computer: it can be read, or is there and damaged."""
    try:
        look()
    except (ReferenceNotFoundError, AbilityDataError):
        return False
    except ActError:
        return True
    return True


def _read_all(source: Source) -> None:
    for _ in local_files(source):
        pass


def _need(name: HubName, uses: tuple[str, ...], access: Access | None) -> Need:
    if access is None:
        return Need(name, uses, "here")
    return Need(name, uses, access.state, access.page, access.reason, access.remedy)


def _names(need: Need) -> str:
    return f"{need.name.repo} ({', '.join(need.uses)})"
