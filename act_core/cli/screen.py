"""What a person sees on a terminal: progress with ETA, notes, tables, errors; or JSON lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.table import Table as RichTable
from rich.text import Text

from act_core.errors import CancelledByPersonError, ErrorRecord
from act_core.events import (
    Event,
    EventSink,
    Failed,
    Finished,
    Measured,
    Note,
    Started,
    TuningLoss,
    TuningStep,
)
from act_core.events import Progress as ProgressEvent
from act_core.report.escape import printable
from act_core.report.numbers import MISSING, part, size
from act_core.report.table import Table
from act_core.run_log import event_line

# Of a terminal, from which on there is room for more than the bars.
_WIDE = 120

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


@contextmanager
def listening(json_events: bool) -> Iterator[EventSink]:
    """A sink for events: JSON lines on standard output, or bars on a terminal."""
    if json_events:
        yield _print_line
        return
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _Amount(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        console=errors,
    )
    bars = _Bars(progress)
    try:
        yield bars
    finally:
        bars.stop()


def show_table(table: Table, title: str) -> None:
    """Print a table of the report."""
    shown = RichTable(title=title, title_justify="left", header_style="bold")
    for number, name in enumerate(table.header):
        shown.add_column(escape(printable(name)), justify="left" if number == 0 else "right")
    for row in table.rows:
        shown.add_row(*(escape(printable(cell)) for cell in row))
    out.print(shown)


def show_pairs(title: str, pairs: Mapping[str, str]) -> None:
    """Print names and values below a title."""
    shown = RichTable(title=escape(title), title_justify="left", show_header=False)
    for name, value in pairs.items():
        shown.add_row(name, escape(value))
    out.print(shown)


def say(text: str) -> None:
    """Print one line."""
    out.print(escape(text), soft_wrap=True)


def say_aside(text: str) -> None:
    """Print one line beside the output, on standard error."""
    errors.print(escape(text), soft_wrap=True)


def show_error(error: ErrorRecord, json_events: bool) -> None:
    """Say what happened, why, and what to do; never a bare traceback."""
    if json_events:
        _print_line(Failed("act", error))
        return
    errors.print(f"[bold red]{escape(error.title)}[/]", soft_wrap=True)
    errors.print(escape(error.reason), soft_wrap=True)
    errors.print(f"[bold]What to do:[/] {escape(error.remedy)}", soft_wrap=True)
    if error.detail:
        errors.print(f"[dim]{escape(error.detail)}[/]", soft_wrap=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one line of JSON on standard output."""
    _write_line(json.dumps(value, ensure_ascii=False))


def _print_line(event: Event) -> None:
    _write_line(event_line(event))


def _write_line(line: str) -> None:
    """Write one line; where the reader has gone, as `head` does, that is a cancel.

    Raises:
        CancelledByPersonError: Nobody reads any more.
    """
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # whatever is still to be written
        os.close(nowhere)
        raise CancelledByPersonError from None


class _Amount(ProgressColumn):
    """How much of how much is done; of bytes also how fast."""

    def render(self, task: Task) -> Text:
        """The cell of one bar."""
        done, total, unit = int(task.completed), int(task.total or 0), task.fields["unit"]
        if unit != "bytes":
            return Text(f"{done}/{total} {unit}", style="progress.download")
        rate = task.fields["rate_per_s"]
        fast = f", {size(round(rate))}/s" if rate and not task.finished else ""
        return Text(f"{size(done)} of {size(total)}{fast}", style="progress.download")


class _Bars:
    """One bar per stage; without any, nothing is drawn."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def stop(self) -> None:
        """Leave the bars as they are."""
        if self._tasks:
            self._progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started) and event.total:
            if not self._tasks:
                self._progress.start()
            self._tasks[event.stage] = self._progress.add_task(
                event.stage, total=event.total, unit=event.unit, rate_per_s=None
            )
        elif isinstance(event, ProgressEvent) and event.stage in self._tasks:
            self._progress.update(
                self._tasks[event.stage], completed=event.done, rate_per_s=event.rate_per_s
            )
        elif isinstance(event, Finished) and event.reused:
            self._progress.console.print(f"{event.stage}: known already, taken from the run folder")
        elif isinstance(event, Measured):
            recovered, lost = (
                MISSING if share is None else part(share.value)
                for share in (event.recovered, event.lost)
            )
            text = f"{event.candidate}: {recovered} recovered, {lost} lost"
            self._progress.console.print(escape(text), soft_wrap=True)
        elif isinstance(event, TuningStep) and errors.width >= _WIDE:
            text = (
                f"rate {event.learning_rate:.2g}, {event.tokens_per_s:,.0f} tokens/s, "
                f"{size(event.peak_bytes)}"
            )
            for stage in self._tasks.keys() & {event.tuning}:
                self._progress.update(self._tasks[stage], description=f"{stage} ({text})")
        elif isinstance(event, TuningLoss) and event.split == "validation":
            name = "" if event.tuning == "gates" else f"{event.tuning}, "
            text = f"{name}step {event.step}: {event.ability} {event.loss:.4f} nats (validation)"
            self._progress.console.print(f"[dim]{escape(text)}[/]", soft_wrap=True)
        elif isinstance(event, Note):
            style = "yellow" if event.level == "warning" else "dim"
            self._progress.console.print(f"[{style}]{escape(event.text)}[/]", soft_wrap=True)
