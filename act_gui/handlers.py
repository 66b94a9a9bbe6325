"""What the commands of the table do; one method a handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog

from act_core.errors import ActError
from act_core.settings import home_folder
from act_gui.stages import STAGE_NAMES
from act_gui.text import tr

if TYPE_CHECKING:
    from act_gui.palette import Entry
    from act_gui.window import MainWindow

_RUNNING = ("running", "pausing", "paused", "queued")


class Handlers:
    """The window's commands.

    Args:
        window: Whose.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    # Project

    def new_project(self) -> None:
        """Go to the door of a new project."""
        if self._window.desk.close():
            self._window.parts.start_page.begin_new()

    def open_project(self) -> None:
        """Ask for a project's folder."""
        self._window.parts.start_page.ask_open()

    def try_demo(self) -> None:
        """Make a demo project where the start page says."""
        from act_gui.pages.start_page import projects_folder

        self._window.desk.create_demo(
            self._window.parts.start_page.demo_folder.path() or projects_folder()
        )

    def save_now(self) -> None:
        """Write the project at once, though it is saved as it changes."""
        context = self._window.context
        if context is None:
            return
        self._window.keep_view()
        try:
            context.project.save()
            context.notices.note(tr("Saved."), "good")
        except ActError as error:
            context.notices.error(error)

    def open_folder(self) -> None:
        """Show the project's folder in the file manager."""
        if self._window.context is not None:
            _open(self._window.context.project.folder)

    def close_project(self) -> None:
        """Back to the start page."""
        self._window.desk.close()

    def quit(self) -> None:
        """Close the window; with it the program ends."""
        self._window.close()

    # Edit and go

    def undo(self) -> None:
        """Undo on the page that is shown."""
        self._window.undo_group.undo()

    def redo(self) -> None:
        """Redo on the page that is shown."""
        self._window.undo_group.redo()

    def show_page(self, name: str) -> None:
        """Show the page of a stage or place."""
        self._window.show_page(name)

    def next_page(self) -> None:
        """Show the next stage's page."""
        self._step(1)

    def previous_page(self) -> None:
        """Show the page of the stage before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        current = self._window.page_name
        names: list[str] = list(STAGE_NAMES)
        place = names.index(current) + by if current in names else 0
        if 0 <= place < len(names):
            self._window.show_page(names[place])

    def show_palette(self) -> None:
        """Let the person find a command by its name."""
        from act_gui.palette import CommandPalette

        self._show(partial(CommandPalette, self._palette_entries()))

    # Jobs

    def pause_job(self) -> None:
        """Pause the running job, or resume the one that is paused."""
        context = self._window.context
        if context is None:
            return
        views = context.jobs.jobs()
        for view in views:
            if view.state == "running":
                context.jobs.pause(view.id)
                return
        for view in views:
            if view.state == "paused":
                context.jobs.resume(view.id)
                return

    def cancel_job(self) -> None:
        """Cancel the running job, else the first that waits."""
        context = self._window.context
        if context is None:
            return
        views = sorted(context.jobs.jobs(), key=lambda view: view.state != "running")
        for view in views:
            if view.state in _RUNNING:
                context.jobs.cancel(view.id)
                return

    # View

    def toggle_dock(self, name: str) -> None:
        """Show or hide a dock."""
        self._window.toggle_dock(name)

    def set_theme(self, name: str) -> None:
        """Switch the theme."""
        self._window.preferences.change(theme=name)

    def bigger_text(self) -> None:
        """One step up."""
        self._window.preferences.step_font(1)

    def smaller_text(self) -> None:
        """One step down."""
        self._window.preferences.step_font(-1)

    def normal_text(self) -> None:
        """The desktop's size."""
        self._window.preferences.step_font(0)

    # Dialogs and help

    def show_settings(self) -> None:
        """All settings."""
        self._open_settings(on_hub=False)

    def show_hub_settings(self) -> None:
        """The account on the Hub, and the way there."""
        self._open_settings(on_hub=True)

    def toggle_offline(self) -> None:
        """Send nothing from now on, or reach the Hub again."""
        way = self._window.preferences.settings.hub
        self._window.preferences.change(hub=replace(way, offline=not way.offline))
        self._on_hub_changed()

    def _open_settings(self, *, on_hub: bool) -> None:
        from act_gui.dialogs.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._window.preferences, self._window, on_hub=on_hub)
        dialog.hub_changed.connect(self._on_hub_changed)
        dialog.open()

    def _on_hub_changed(self) -> None:
        if self._window.context is not None:
            self._window.context.hub_changed.emit()

    def show_notes(self) -> None:
        """The project's notes."""
        from act_gui.dialogs.notes_dialog import NotesDialog

        context = self._window.context
        if context is None:
            return
        dialog = NotesDialog(context.project.notes_path, self._window)
        dialog.failed.connect(context.notices.error)
        if dialog.load():
            dialog.open()
        else:
            dialog.deleteLater()

    def show_shortcuts(self) -> None:
        """All commands with their keys."""
        from act_gui.dialogs.shortcuts_dialog import ShortcutsDialog

        self._show(ShortcutsDialog)

    def show_about(self) -> None:
        """Versions."""
        from act_gui.dialogs.about_dialog import AboutDialog

        self._show(AboutDialog)

    def open_log_folder(self) -> None:
        """Show the log's folder in the file manager."""
        folder = home_folder() / "log"
        folder.mkdir(parents=True, exist_ok=True)
        _open(folder)

    def _palette_entries(self) -> list[Entry]:
        """What the command palette finds: what can be done now, and the recent projects."""
        from act_gui.actions import keys_text
        from act_gui.palette import Entry

        found = []
        for command in self._window.commands.table.values():
            action = self._window.commands.action(command.id)
            if action.isEnabled() and command.id != "palette":
                title = command.title.rstrip(".")
                if command.menu == "go" and command.argument:
                    title = tr("Go to {page}", page=title)
                found.append(Entry(title, action.trigger, keys_text(command)))
        for name in self._window.preferences.settings.recent:
            title = tr("Open {project}", project=Path(name).name)
            found.append(Entry(title, partial(self._window.desk.open, Path(name)), name))
        return found

    def _show(self, make: Callable[..., QDialog]) -> None:
        make(parent=self._window).open()


def _open(folder: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
