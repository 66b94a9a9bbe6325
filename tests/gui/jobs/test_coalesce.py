"""A burst costs few items, the latest arrives, and nothing else is lost or reordered."""

from __future__ import annotations

import threading

import numpy as np

from act_core.events import (
    AnswerEnded,
    AnswerText,
    Finished,
    MapRow,
    MapRows,
    Note,
    Progress,
    Started,
)
from act_gui.jobs.coalesce import EventBuffer


def row(layer: int, value: float) -> MapRow:
    return MapRow("base", "english", "matched", layer, "ffn_in", np.full(4, value, np.float32))


def taken(buffer: EventBuffer) -> list[tuple[int, object]]:
    found = []
    while (item := buffer.take()) is not None:
        found.append(item)
    return found


def test_the_latest_progress_and_rows_count() -> None:
    buffer = EventBuffer()

    for number in range(10_000):
        buffer.put(1, Progress("profile", number, 10_000))
        buffer.put(1, MapRows((row(number % 3, number),)))

    found = [item for _, item in taken(buffer)]
    progress = [item for item in found if isinstance(item, Progress)]
    rows = [row for item in found if isinstance(item, tuple) for row in item]
    assert [event.done for event in progress] == [9_999]
    assert sorted((row.layer, float(row.values[0])) for row in rows) == [
        (0, 9_999.0),
        (1, 9_997.0),
        (2, 9_998.0),
    ]


def test_everything_else_is_kept_in_order() -> None:
    buffer = EventBuffer()
    said = [Started("a"), Note("one"), Progress("a", 1, 2), Note("two"), Progress("a", 2, 2)]

    for event in (*said, Finished("a")):
        buffer.put(1, event)

    assert [event for _, event in taken(buffer)] == [
        Started("a"),
        Note("one"),
        Note("two"),
        Progress("a", 2, 2),
        Finished("a"),
    ]


def test_pieces_of_an_answer_are_joined_and_none_is_lost() -> None:
    buffer = EventBuffer()
    ended = AnswerEnded("target", "abc", 3, "end", 0.1, 0.2)

    for number, letter in enumerate("abc", start=1):
        buffer.put(1, AnswerText("target", letter, number))
    buffer.put(1, ended)
    buffer.put(1, AnswerText("target", "d", 1))
    buffer.put(1, AnswerText("result", "e", 1))
    buffer.put(2, AnswerText("result", "f", 1))

    assert taken(buffer) == [
        (1, AnswerText("target", "abc", 3)),
        (1, ended),
        (1, AnswerText("target", "d", 1)),
        (1, AnswerText("result", "e", 1)),
        (2, AnswerText("result", "f", 1)),
    ]


def test_jobs_do_not_swallow_each_others_events() -> None:
    buffer = EventBuffer()

    for job in (1, 2):
        buffer.put(job, Progress("profile", job, 10))
        buffer.put(job, MapRows((row(0, job),)))

    found = taken(buffer)
    assert [job for job, _ in found] == [1, 1, 2, 2]


def test_no_event_is_lost_between_threads() -> None:
    buffer = EventBuffer()
    told: list[tuple[int, object]] = []
    ended = threading.Event()

    def speak() -> None:
        for number in range(2_000):
            buffer.put(1, Note(str(number)))
            buffer.put(1, Progress("a", number, 2_000))
        ended.set()

    thread = threading.Thread(target=speak)
    thread.start()
    while not ended.is_set():
        told += taken(buffer)
    thread.join()
    told += taken(buffer)

    assert [n.text for _, n in told if isinstance(n, Note)] == [str(n) for n in range(2_000)]
    progress = [event for _, event in told if isinstance(event, Progress)]
    assert progress[-1].done == 1_999
