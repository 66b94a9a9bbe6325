"""The status bar's parts: device, free memory, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.labels import label, set_role

if TYPE_CHECKING:
    from act_core.profile.machine import Machine
    from act_gui.context import Context

_LOOK_EVERY_MS = 3000
_SCARCE_SHARE = 0.1
_STEPS = 1000
_KEY = "machine"


class MachineStatus(QWidget):
    """The device that the recipe names and the memory that is free, looked at now and then."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context: Context | None = None
        self.device = label("", "muted")
        self.memory = label("", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.device)
        row.addWidget(self.memory)
        self._timer = QTimer(self, interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._on_due)

    def set_context(self, context: Context | None) -> None:
        """Look for this project's device; None: stop looking."""
        self._context = context
        if context is None:
            self._timer.stop()
            self.device.clear()
            self.memory.clear()
            return
        self._timer.start()
        self._on_due()

    def _on_due(self) -> None:
        if self._context is None:
            return
        device = self._context.project.draft.profile.device

        def look() -> Machine:
            from act_core.profile.machine import read_machine

            return read_machine(device)

        self._context.lookups.ask(_KEY, look, self._show, lambda _error: None)

    def _show(self, machine: Machine) -> None:
        from act_core.report.numbers import size  # the window opens without the report

        self.device.setText(tr("Device: {name}", name=machine.device))
        text = tr(
            "Memory: {free} of {total} free",
            free=size(machine.free_bytes),
            total=size(machine.total_bytes),
        )
        if machine.device_free_bytes is not None:
            text += tr(", {free} on the GPU", free=size(machine.device_free_bytes))
        self.memory.setText(text)
        scarce = machine.free_bytes < _SCARCE_SHARE * machine.total_bytes
        set_role(self.memory, "warn" if scarce else "muted")


class JobSummary(QWidget):
    """The running job in a line with its progress; a click shows all jobs.

    Signals:
        jobs_wanted: The person wants to see the jobs.
    """

    jobs_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context: Context | None = None
        self.button = push_button("", self.jobs_wanted.emit, "jobs")
        self.button.setFlat(True)
        self.button.setToolTip(tr("Show all jobs"))
        self.bar = QProgressBar(textVisible=False, maximum=_STEPS)
        self.bar.setAccessibleName(tr("Progress of the running job"))
        self.bar.setFixedWidth(120)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addWidget(self.bar)
        self.hide()

    def set_context(self, context: Context | None) -> None:
        """Speak of this project's jobs."""
        self._context = context
        if context is None:
            self.hide()
            return
        for signal in (context.jobs.added, context.jobs.changed, context.jobs.removed):
            signal.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self, *_ignored: object) -> None:
        if self._context is None:
            return
        views = self._context.jobs.jobs()
        running = [v for v in views if v.state in ("running", "pausing", "cancelling")]
        waiting = sum(v.state in ("queued", "paused") for v in views)
        self.setVisible(bool(running or waiting))
        self.bar.setVisible(bool(running))
        text = running[0].spec.title if running else tr("No job runs")
        if waiting:
            text += tr(" ({count} waiting)", count=waiting)
        self.button.setText(text)
        self.button.setAccessibleName(text)
        if running:
            first = running[0]
            self.bar.setMaximum(_STEPS if first.total else 0)
            self.bar.setValue(round(_STEPS * first.done / first.total) if first.total else 0)
