"""Models that the open project speaks of, described once in the background.

What is not on this computer is looked at on the Hub, by its headers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from act_core.cancel import CancelToken
from act_core.errors import ErrorRecord, HubNotFoundError, ReferenceNotFoundError
from act_core.hub.inspect import Inspection
from act_core.hub.models import base_named, find_model, hub_names_of
from act_core.hub.pair import Looked, look, model_of
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.describe import ModelCard, describe
from act_core.models.reference import Model
from act_core.settings import HubSettings
from act_gui.jobs.lookup import Lookups
from act_gui.jobs.network import HubQuestions, Tell

_Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True, eq=False)
class KnownModel:
    """A model that was found.

    Attributes:
        looked: How it was found: on this computer, or on the Hub by its headers.
        card: What people are shown of it.
        layout: Its channels.
    """

    looked: Looked
    card: ModelCard
    layout: ChannelLayout

    @property
    def model(self) -> Model:
        """The reader of its tensors, or of its headers alone."""
        return model_of(self.looked)

    @property
    def download_bytes(self) -> int:
        """What a download fetches at most; 0 where the model is on this computer."""
        looked: Looked | None = self.looked
        total_bytes = 0
        while isinstance(looked, Inspection):
            total_bytes += looked.choice.size_bytes
            looked = looked.base
        return total_bytes


class ModelBook(QObject):
    """Asks for models in the background and remembers the answers.

    Args:
        lookups: For what is on this computer.
        hub: For what is not.
        parent: Owner.

    Signals:
        described: A reference is known now.
        failed: A reference could not be read: the reference, its `ErrorRecord`.
    """

    described = Signal(str)
    failed = Signal(str, object)

    def __init__(self, lookups: Lookups, hub: HubQuestions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups, self._hub = lookups, hub
        self._known: dict[_Key, KnownModel] = {}
        self._errors: dict[_Key, ErrorRecord] = {}
        self._asked: set[_Key] = set()

    def get(self, reference: str, base: str | None = None) -> KnownModel | None:
        """A model that is known already; else it is asked for, and `described` follows."""
        key = (reference, base)
        if reference and key not in self._known and key not in self._errors:
            self._ask(key)
        return self._known.get(key)

    def error(self, reference: str, base: str | None = None) -> ErrorRecord | None:
        """Why a model could not be read."""
        return self._errors.get((reference, base))

    def forget(self, reference: str, base: str | None = None) -> None:
        """Look again at the next `get`: the files may have changed."""
        self._known.pop((reference, base), None)
        self._errors.pop((reference, base), None)

    def forget_all(self, references: Collection[str]) -> None:
        """Look again for whatever names one of these, also as its base."""
        for key in (*self._known, *self._errors):
            if key[0] in references or key[1] in references:
                self.forget(*key)

    def forget_hub(self) -> None:
        """Look again for whatever names the Hub, or was not found: its cache has changed."""
        named = [key for key in self._known if any(hub_names_of(one) for one in key if one)]
        for key in (*named, *self._errors):
            self.forget(*key)

    def _ask(self, key: _Key) -> None:
        if key in self._asked:
            return
        self._asked.add(key)
        self._lookups.ask(
            f"model {key[0]} {key[1] or ''}",
            lambda: _here(*key),
            lambda found: self._on_looked(key, found),
            lambda error: self._on_failed(key, error),
        )

    def _on_looked(self, key: _Key, found: KnownModel | ErrorRecord) -> None:
        """It is here, or an error says that it is not, and the Hub may have it."""
        if isinstance(found, KnownModel):
            self._on_known(key, found)
            return

        def failed(error: ErrorRecord) -> None:
            named = any(hub_names_of(one) for one in key if one)
            self._on_failed(key, error if named else found)

        self._hub.ask(
            f"model {key[0]} {key[1] or ''}",
            partial(_on_hub, *key),
            lambda known: self._on_known(key, known),
            failed,
        )

    def _on_known(self, key: _Key, known: KnownModel) -> None:
        self._asked.discard(key)
        self._known[key] = known
        self.described.emit(key[0])

    def _on_failed(self, key: _Key, error: ErrorRecord) -> None:
        self._asked.discard(key)
        self._errors[key] = error
        self.failed.emit(key[0], error)


def known_of(looked: Looked) -> KnownModel:
    """What people and charts need of a model.

    Raises:
        ActError: As `describe` and `layout_of`.
    """
    model = model_of(looked)
    return KnownModel(looked, describe(model), layout_of(model))


def _here(reference: str, base: str | None) -> KnownModel | ErrorRecord:
    try:
        return known_of(find_model(reference, base=base))
    except ReferenceNotFoundError as error:
        named = any(hub_names_of(one) for one in (reference, base) if one)
        if not named and (base or base_named(reference) is None):
            raise
        return error.record()


def _on_hub(
    reference: str, base: str | None, settings: HubSettings, _tell: Tell, token: CancelToken
) -> KnownModel:
    try:
        return known_of(look(settings, reference, base=base, token=token))
    except HubNotFoundError as error:
        error.reason += f" There is no path {reference} on this computer either."
        raise
