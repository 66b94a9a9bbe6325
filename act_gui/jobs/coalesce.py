"""The one place where worker threads and the window's thread meet: a locked buffer.

A burst costs few signals: of progress and of map rows only the latest counts, and pieces of an
answer are joined. Everything else is kept, in the order in which it came.
"""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Hashable

from act_core.events import AnswerText, MapRow, MapRows, Progress

_MOST_ROWS_AT_ONCE = 64


class EventBuffer:
    """What jobs have said since the window last listened. Any thread may call any method."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waiting: OrderedDict[Hashable, tuple[int, object]] = OrderedDict()

    def put(self, job: int, item: object) -> None:
        """Take an event, or word of a job's end.

        A newer progress or row takes the place of the waiting one and goes to the end, so that it
        never comes before what was said earlier.
        """
        with self._lock:
            if isinstance(item, MapRows):
                for row in item.rows:
                    place = (row.specialist, row.ability, row.statistic, row.layer, row.kind)
                    self._replace((job, place), (job, row))
            elif isinstance(item, Progress):
                self._replace((job, Progress), (job, item))
            elif isinstance(item, AnswerText):
                self._join(job, item)
            else:
                self._waiting[next(self._numbers)] = (job, item)

    def take(self) -> tuple[int, object] | None:
        """The oldest item with its job; rows that follow each other come as a tuple of rows."""
        with self._lock:
            if not self._waiting:
                return None
            _, (job, item) = self._waiting.popitem(last=False)
            if not isinstance(item, MapRow):
                return job, item
            rows = [item]
            while self._waiting and len(rows) < _MOST_ROWS_AT_ONCE:
                other, following = next(iter(self._waiting.values()))
                if other != job or not isinstance(following, MapRow):
                    break
                rows.append(following)
                self._waiting.popitem(last=False)
            return job, tuple(rows)

    def _replace(self, key: Hashable, entry: tuple[int, object]) -> None:
        self._waiting.pop(key, None)
        self._waiting[key] = entry

    def _join(self, job: int, piece: AnswerText) -> None:
        """Put a piece behind the one before it, if nothing else was said since."""
        key = next(reversed(self._waiting), None)
        owner, before = self._waiting.get(key, (None, None))
        if owner == job and isinstance(before, AnswerText) and before.candidate == piece.candidate:
            text = before.text + piece.text
            self._waiting[key] = (job, AnswerText(piece.candidate, text, piece.tokens))
        else:
            self._waiting[next(self._numbers)] = (job, piece)
