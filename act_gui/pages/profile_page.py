"""Profile: every channel of both models measured on the examples, drawn as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from act_core.events import MapRow
from act_core.localize.scorers import SCORERS
from act_core.models.channels import ChannelLayout
from act_core.profile.convergence import convergence_of
from act_core.profile.devices import Device, available_devices, used_bytes
from act_core.profile.stored import StoredProfiles
from act_core.profile.tables import TableKey, Tables
from act_core.recipe import Draft
from act_core.report.numbers import count, duration
from act_gui.context import Context
from act_gui.jobs.manager import JobView
from act_gui.maps.map_view import ChannelMap
from act_gui.pages.page import Page
from act_gui.pages.profile_parts.map_chooser import MapChooser
from act_gui.pages.profile_parts.settings_card import SettingsCard
from act_gui.pages.profile_parts.stability import Stability
from act_gui.stage_parts import changed_parts
from act_gui.text import tr
from act_gui.widgets.empty import EmptyState
from act_gui.widgets.job_line import open_job
from act_gui.widgets.run_card import RunCard, RunWords, memory_text
from act_gui.widgets.scrolling import Pictures

_SIGNED = "attributed"
_LOW_EM = 30


class ProfilePage(Page):
    """Settings, the job, the map that it fills, and how far it has settled."""

    stage = "profile"
    scrolls = False

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._layout_shown: ChannelLayout | None = None
        self._tables: Tables | None = None
        self._build()
        self._connect()
        context.lookups.ask("devices", available_devices, self._on_devices, context.notices.error)

    def refresh(self) -> None:
        """Show settings, job and map of the project as it is now."""
        draft = self.context.project.draft
        job = self._job()
        self.settings.set_settings(draft.profile, _needed(draft))
        self.settings.set_busy(job is not None)
        self._show_job(job)
        self.context.profiles.follow()
        if self.context.profiles.layout is not None:
            self._show_layout(self.context.profiles.layout)
        self._show_map_or_next_step()
        self._show_stability()

    # --------------------------------------------------------------------------- build

    def _build(self) -> None:
        """From the outside in: what gets another parent is styled anew with all that it holds."""
        self.settings = SettingsCard(self)
        self.run_card = RunCard(_words(), self.context.jobs, self)
        self.stack = QStackedWidget()
        self.body.addWidget(self.settings)
        self.body.addWidget(self.run_card)
        self.body.addWidget(self.stack, 1)
        self.empty = EmptyState("profile", "")
        split = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        area = Pictures(_LOW_EM)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(area)
        area.setWidget(split)
        column = QWidget(split)
        left = QVBoxLayout(column)
        left.setContentsMargins(0, 0, 0, 0)
        self.chooser, self.map = MapChooser(column), ChannelMap(column)
        left.addWidget(self.chooser)
        left.addWidget(self.map, 1)
        self.stability = Stability(split)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        area.lowered.connect(self.map.pane.bar.set_compact)
        self.add_next_button()

    def _connect(self) -> None:
        jobs, live = self.context.jobs, self.context.live
        self.settings.edited.connect(self._on_edited)
        self.run_card.start_wanted.connect(self._on_start)
        self.chooser.chosen.connect(self._on_chosen)
        self.map.failed.connect(self.context.notices.error)
        jobs.changed.connect(self._on_job_changed)
        self.context.profiles.read.connect(self._on_stored)
        live.restarted.connect(self._on_restarted)
        live.rows_came.connect(self._on_rows)
        live.converged.connect(self._show_stability)

    # ----------------------------------------------------------------------------- job

    @property
    def _stored(self) -> StoredProfiles | None:
        return self.context.profiles.stored

    def _job(self) -> JobView | None:
        """The profile job that has not ended."""
        return open_job(self.context.jobs, ("profile",))

    def _on_start(self) -> None:
        self.context.start("profile", tr("Profile"))

    def _on_edited(self, changes: Mapping[str, Any]) -> None:
        self.context.project.edit_section("profile", **changes)

    def _on_job_changed(self, job: int) -> None:
        if self.isVisible() and self.context.jobs.view(job).spec.kind == "profile":
            self._show_job(self._job())
            self._show_map_or_next_step()

    def _show_job(self, job: JobView | None) -> None:
        draft = self.context.project.draft
        self.chooser.set_running(job is not None and job.state == "running")
        self.run_card.setVisible(job is not None or not draft.missing())
        if job is not None:
            self.run_card.show_job(job, memory_text(used_bytes(draft.profile.device)))
            self.stability.set_notes(job.notes)
            return
        again, valid = changed_parts(draft, self.context.project.records, self.stage)
        stored = self._stored
        lost = stored is not None and bool(stored.faults or not stored.profiles)
        may_start = not draft.missing() and (bool(again) or lost)
        self.run_card.show_idle(_plan(again, valid), self._facts(), may_start=may_start)
        self.stability.set_notes(self._last_notes())

    def _facts(self) -> str:
        """What is known of the stored profiles."""
        if self._stored is None or not self._stored.profiles:
            return ""
        tokens = {a: p.counted_tokens for (_, a), p in self._stored.profiles.items()}
        facts = [
            tr("{count} counted tokens", count=count(sum(tokens.values()))),
            tr("measured {when}", when=_when(self._stored.measured_at)),
        ]
        done = [v for v in self.context.jobs.jobs() if _is_done(v)]
        if done:
            facts.append(tr("in {time}", time=duration(done[-1].seconds)))
        return " · ".join(facts)

    def _last_notes(self) -> tuple[Any, ...]:
        done = [v for v in self.context.jobs.jobs() if v.spec.kind == "profile"]
        return done[-1].notes if done else ()

    def _on_devices(self, devices: tuple[Device, ...]) -> None:
        self.settings.set_devices(devices)

    # ----------------------------------------------------------------------------- map

    def _show_layout(self, layout: ChannelLayout) -> None:
        if layout is self._layout_shown:
            return
        self._layout_shown = layout
        self.map.set_layout(layout)
        self._fill_tables()

    def _on_stored(self) -> None:
        if self._job() is None:
            self.context.live.forget_rows()
        self._fill_tables()
        if self.isVisible():
            self._show_job(self._job())
            self._show_map_or_next_step()

    def _fill_tables(self) -> None:
        """Stored profiles, and over them what a running job has measured."""
        if self._layout_shown is None:
            return
        self._tables = Tables(self._layout_shown)
        for profile in self._stored.profiles.values() if self._stored else ():
            if profile.layout.fingerprint() == self._layout_shown.fingerprint():
                self._tables.take_profile(profile)
        self._tables.take(self.context.live.rows())
        self.chooser.set_keys(self._tables.keys)
        self._on_chosen(self.chooser.key)

    def _on_restarted(self) -> None:
        self._fill_tables()

    def _on_rows(self, rows: tuple[MapRow, ...]) -> None:
        """Values are kept for all maps; the one that is shown is drawn."""
        if self._tables is None:
            return
        changed = self._tables.take(rows)
        if not changed:
            return
        before = self.chooser.key
        self.chooser.set_keys(self._tables.keys)
        if self.chooser.follow.isChecked() and self.chooser.key not in changed:
            self.chooser.set_key(next(iter(changed)))
        key = self.chooser.key
        if self.stack.currentIndex() == 0:
            self._show_map_or_next_step()
        if key != before:
            self._on_chosen(key)
        elif key in changed:
            self.map.update_rows([row for row in rows if _key_of(row) == key])

    def _on_chosen(self, key: TableKey | None) -> None:
        values = self._tables.values(key) if self._tables and key else None
        if values is not None and key is not None:
            known = self._tables.known(key) if self._tables else None
            self.map.set_values(values, filled=known, signed=key.statistic == _SIGNED)
        self._show_stability()

    def _show_map_or_next_step(self) -> None:
        has_map = self._tables is not None and bool(self._tables.keys)
        self.stack.setCurrentIndex(1 if has_map else 0)
        if not has_map:
            self.empty.set_text(self._hint())

    def _hint(self) -> str:
        """What will be seen in place of the map, and when."""
        job = self._job()
        if job is not None and job.state == "running":
            return tr("The map is drawn here row by row, once the first layer is measured.")
        if job is not None:
            return tr("The map is drawn here row by row, once the profile goes on.")
        if self.context.project.draft.missing():
            return tr("The map of all channels is drawn here, row by row, as they are measured.")
        return tr("Start profiling: the map fills row by row as layers are measured.")

    def _show_stability(self) -> None:
        key = self.chooser.key
        settings = self.context.project.draft.profile
        told = self.context.live.convergence()
        if not told and self._stored is not None:
            told = tuple(c for p in self._stored.profiles.values() for c in convergence_of(p))
        self.stability.set_measurements(told, key.statistic if key else "", settings)


def _words() -> RunWords:
    return RunWords(
        job=tr("Profile job"),
        progress=tr("Progress of the profile"),
        start=tr("Start profiling"),
        running=tr("Profiling…"),
        kept=tr("Paused. Finished layers are kept, also over a restart."),
    )


def _needed(draft: Draft) -> set[str]:
    """Statistics that the recipe's scorers read."""
    scorers = (draft.localize.scorer, *draft.evaluate.scorers)
    return {name for scorer in scorers for name in SCORERS[scorer].needs} - {"weight"}


def _plan(again: tuple[str, ...], valid: tuple[str, ...]) -> str:
    """What a start would compute, and what it would reuse."""
    if not again:
        return tr("Everything is measured: {parts}.", parts=", ".join(valid))
    text = tr("Will be measured: {parts}.", parts=", ".join(again))
    if valid:
        text += " " + tr("Reused: {parts}.", parts=", ".join(valid))
    return text


def _key_of(row: MapRow) -> TableKey:
    return TableKey(row.specialist, row.ability, row.statistic)


def _is_done(view: JobView) -> bool:
    return view.spec.kind == "profile" and view.state == "done"


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%d %b %Y, %H:%M")
