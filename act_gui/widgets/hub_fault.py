"""An error of the Hub where it happened, with the buttons that lead to its remedy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton

from act_core.errors import ErrorRecord
from act_gui.context import Context
from act_gui.text import tr
from act_gui.widgets.buttons import push_button
from act_gui.widgets.fault import Fault

_LOG_IN = ("LogInNeededError", "TokenRefusedError")
_SETTINGS = ("HubError", "HubOfflineError", "HubUnreachableError")
_PAGE = ("LogInNeededError", "TermsNotAcceptedError", "AccessRefusedError", "AccessAwaitedError")


def hub_fault(
    error: ErrorRecord, context: Context, retry: Callable[[], object], page: str = ""
) -> Fault:
    """The error with buttons for settings, the page of the repository, and another try.

    Args:
        error: What happened.
        context: Opens the settings.
        retry: Tries again.
        page: Address of the repository's page, where one is known.
    """
    buttons = []
    settings = partial(context.command_wanted.emit, "hub-settings")
    if error.kind in _LOG_IN:
        buttons.append(push_button(tr("Log in…"), settings, "key"))
    elif error.kind in _SETTINGS:
        buttons.append(push_button(tr("Settings…"), settings, "settings"))
    if page and error.kind in _PAGE:
        buttons.append(page_button(page))
    buttons.append(push_button(tr("Try again"), retry, "retry"))
    return Fault(error, *buttons)


def page_button(page: str) -> QPushButton:
    """A button that opens a page of the Hub in the browser."""
    button = push_button(
        tr("Open its page"), lambda: QDesktopServices.openUrl(QUrl(page)), "external"
    )
    button.setToolTip(page)
    return button
