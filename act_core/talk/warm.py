"""A loaded target kept between questions, until somebody else needs the memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from act_core.errors import PromptError
from act_core.hashing import content_hash
from act_core.models.reference import Model
from act_core.talk.talker import Talker


class WarmTalker:
    """Holds the talker of the last question. Any thread may call any method.

    `let_go` never waits: while an answer is being given, memory goes back when it ends.
    """

    def __init__(self) -> None:
        self._using = threading.Lock()
        self._changing = threading.Lock()
        self._talker: Talker | None = None
        self._key = ""
        self._busy = self._leaving = False

    @property
    def is_warm(self) -> bool:
        """Whether a model is in memory."""
        return self._talker is not None

    @contextmanager
    def talker(self, target: Model, *, device: str, dtype: str) -> Iterator[Talker]:
        """The loaded target for one question; another one is let go before it is loaded.

        Args:
            target: The target.
            device: As `Talker`.
            dtype: As `Talker`.

        Raises:
            ActError: As `Talker`.
        """
        key = content_hash([target.fingerprint(), device, dtype])
        with self._using:
            with self._changing:
                self._busy, self._leaving = True, False
            whole = False
            try:
                yield self._ready(target, key, device, dtype)
                whole = True
            except PromptError:
                whole = True  # nothing was put on the model yet
                raise
            finally:
                with self._changing:
                    self._busy = False
                    # What an error left of the weights nobody knows.
                    if self._leaving or not whole:
                        self._drop()

    def let_go(self) -> None:
        """Give the memory back: now, or when the question that is being answered ends."""
        with self._changing:
            self._leaving = True
            if not self._busy:
                self._drop()

    def _ready(self, target: Model, key: str, device: str, dtype: str) -> Talker:
        if self._talker is None or self._key != key:
            self._drop()
            self._talker, self._key = Talker(target, device=device, dtype=dtype), key
        return self._talker

    def _drop(self) -> None:
        if self._talker is not None:
            self._talker.close()
            self._talker = None
