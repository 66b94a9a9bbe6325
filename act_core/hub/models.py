"""Models by name wherever a model is meant: local paths first, else repositories of the Hub.

A reference is a path, `owner/name[@revision][:subfolder]`, or `BASE+ADAPTER` of either kind. An
adapter that is named alone stands on what its config says, on the Hub too.
"""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from act_core.cancel import CancelToken
from act_core.errors import (
    HubNotFoundError,
    HubOfflineError,
    HubUnreachableError,
    ReferenceNotFoundError,
)
from act_core.events import EventSink, Note, discard
from act_core.hub.adapter_base import named_base
from act_core.hub.connection import is_offline
from act_core.hub.download import download
from act_core.hub.layout import cached_name, commit_folder, name_of, read_listing
from act_core.hub.names import HubName, is_local, name_unless_local
from act_core.hub.needed import is_whole, missing_files
from act_core.models.adapter import is_adapter
from act_core.models.headers import holds_weights
from act_core.models.reference import Model, resolve, split_reference
from act_core.settings import HubSettings


def find_model(reference: str | Path, *, base: str | None = None) -> Model:
    """A model that is on this computer, in a folder or in the Hub's cache; nothing is fetched.

    Args:
        reference: See the module's docstring.
        base: What an adapter named alone stands on, in place of what its config says.

    Raises:
        ReferenceNotFoundError: Nothing of that name is here, or not all of it.
        ActError: Everything that `models.reference.resolve` raises.
    """
    text = str(reference)
    local = local_reference(text)
    if base is not None:
        base = local_reference(base)
    elif (below := base_named(local)) is not None:
        base = local_reference(str(below))
    model = resolve(local, base=base)
    return model if local == text else dataclasses.replace(model, reference=text)


def local_reference(reference: str) -> str:
    """The same with the folders of the cache in place of the Hub's names.

    Raises:
        ReferenceNotFoundError: A repository is not in the cache, or not all that a model needs.
    """
    return "+".join(_local(part) for part in split_reference(reference))


def hub_names_of(reference: str) -> tuple[HubName, ...]:
    """The repositories that a reference names; none where all of it is local."""
    named = (name_unless_local(part) for part in split_reference(reference))
    return tuple(name for name in named if name is not None)


def public_reference(reference: str) -> str:
    """A reference for others: Hub names as they are, of a path only its last part.

    A folder in the Hub's cache is the repository that it holds.
    """
    return "+".join(_public(part) for part in split_reference(reference))


def fetch_model(
    settings: HubSettings,
    reference: str,
    *,
    base: str | None = None,
    pins: dict[HubName, HubName] | None = None,
    emit: EventSink = discard,
    token: CancelToken | None = None,
) -> str:
    """Have all of a model on this computer; a reference in which every Hub name is a commit.

    Where the Hub is out of reach, what the cache holds of a branch is taken, and told.

    Args:
        settings: The way to the Hub.
        reference: See the module's docstring.
        base: What an adapter named alone stands on. Where nothing is given and its config names a
            repository, that one comes first in what is returned.
        pins: Commits that branches stand for; asked once and kept here.
        emit: Progress and notes of downloads.
        token: Polled.

    Raises:
        HubOfflineError: The program is offline, and the cache has not all of it.
        ActError: Everything that `download` raises.
    """
    fetch = _Fetch(settings, {} if pins is None else pins, emit, token or CancelToken())
    parts = [fetch.part(part) for part in split_reference(reference)]
    if len(parts) == 1 and base is None:
        below = base_named(_local(parts[0]))
        if below is not None:
            parts = [fetch.part(str(below)), *parts]
    return "+".join(parts)


def base_named(local: str) -> HubName | None:
    """The repository that an adapter's config names as its base; None where all else holds."""
    folder = Path(local).expanduser()
    if not is_adapter(folder) or holds_weights(folder):
        return None
    text, name = named_base(folder)
    return None if is_local(text) else name


@dataclasses.dataclass(frozen=True, slots=True)
class _Fetch:
    """How parts of a reference are fetched."""

    settings: HubSettings
    pins: dict[HubName, HubName]
    emit: EventSink
    token: CancelToken

    def part(self, text: str) -> str:
        """A path as it is; a Hub name pinned, with its files in the cache."""
        name = name_unless_local(text)
        if name is None:
            return text
        if name not in self.pins:
            self.pins[name] = self._pinned(name)
        return str(self.pins[name])

    def _pinned(self, name: HubName) -> HubName:
        if is_offline(self.settings):
            return _here(name)
        listing = read_listing(name) if name.is_pinned else None
        if listing is not None and is_whole(listing):
            return name
        try:
            return download(self.settings, name, emit=self.emit, token=self.token).name
        except HubNotFoundError as error:
            error.reason += f" There is no path {name} on this computer either."
            raise
        except HubUnreachableError as error:
            here = cached_name(name)
            if here is None or _missing(here):
                raise
            told = f"{error.reason} {name} is taken from the cache, at commit {here.revision}."
            self.emit(Note(told, "warning"))
            return here


def _here(name: HubName) -> HubName:
    """What the cache holds of a repository, while the program is offline."""
    here = cached_name(name)
    missing = ("everything",) if here is None else _missing(here)
    if here is None or missing:
        raise HubOfflineError(
            f"{name} is not whole in the Hub's cache (missing: {_some(missing)}), and the network "
            "is switched off by the settings or by HF_HUB_OFFLINE.",
            remedy="Switch it on in the settings of the Hub and unset HF_HUB_OFFLINE, or choose a "
            "model that is on this computer.",
        )
    return here


def _local(text: str) -> str:
    name = name_unless_local(text)
    if name is None:
        return text
    here = cached_name(name)
    if here is None:
        raise ReferenceNotFoundError(
            f"{name} is neither a path on this computer nor in the Hub's cache.",
            remedy=f"Fetch it on the page Hub or with act download {name}, or check the path.",
        )
    if missing := _missing(here):
        raise ReferenceNotFoundError(
            f"Not all of {name} is in the Hub's cache: {_some(missing)} is missing.",
            remedy=f"Fetch the rest on the page Hub or with act download {name}.",
        )
    return str(commit_folder(here) / here.subfolder)


def _public(text: str) -> str:
    if name_unless_local(text) is not None:
        return text
    path = Path(os.path.abspath(Path(text).expanduser()))
    return str(name_of(path) or path.name)


def _missing(here: HubName) -> tuple[str, ...]:
    """What lacks of a commit in the cache; where nobody has listed it, reading it will tell."""
    listing = read_listing(here)
    return () if listing is None else missing_files(listing)


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
