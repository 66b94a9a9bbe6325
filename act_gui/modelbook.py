"""Models that the open project speaks of, described once in the background."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from act_core.errors import ErrorRecord
from act_core.hub.models import find_model
from act_core.models.channels import ChannelLayout, layout_of
from act_core.models.describe import ModelCard, describe
from act_core.models.reference import Model
from act_gui.jobs.lookup import Lookups


@dataclass(frozen=True, slots=True, eq=False)
class KnownModel:
    """A model that was found.

    Attributes:
        model: The reader of its tensors.
        card: What people are shown of it.
        layout: Its channels.
    """

    model: Model
    card: ModelCard
    layout: ChannelLayout


class ModelBook(QObject):
    """Asks for models in the background and remembers the answers.

    Signals:
        described: A reference is known now.
        failed: A reference could not be read: the reference, its `ErrorRecord`.
    """

    described = Signal(str)
    failed = Signal(str, object)

    def __init__(self, lookups: Lookups, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookups = lookups
        self._known: dict[tuple[str, str | None], KnownModel] = {}
        self._errors: dict[tuple[str, str | None], ErrorRecord] = {}
        self._asked: set[tuple[str, str | None]] = set()

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

    def _ask(self, key: tuple[str, str | None]) -> None:
        if key in self._asked:
            return
        self._asked.add(key)
        reference, base = key
        self._lookups.ask(
            f"model {reference} {base or ''}",
            lambda: _read(reference, base),
            lambda known: self._on_known(key, known),
            lambda error: self._on_failed(key, error),
        )

    def _on_known(self, key: tuple[str, str | None], known: KnownModel) -> None:
        self._asked.discard(key)
        self._known[key] = known
        self.described.emit(key[0])

    def _on_failed(self, key: tuple[str, str | None], error: ErrorRecord) -> None:
        self._asked.discard(key)
        self._errors[key] = error
        self.failed.emit(key[0], error)


def _read(reference: str, base: str | None) -> KnownModel:
    model = find_model(reference, base=base)
    return KnownModel(model, describe(model), layout_of(model))
