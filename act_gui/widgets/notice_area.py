"""The one place of the window where errors and notes stand."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from act_core.errors import ErrorRecord
from act_gui.notify import Notices
from act_gui.widgets.banner import Banner, ErrorBanner

_MOST = 3
_NOTE_MS = 8000
_LOOKS = {"info": "info", "good": "good", "warning": "warn"}


class NoticeArea(QWidget):
    """At most three banners, the newest on top. Notes go away by themselves, errors stay.

    Signals:
        log_wanted: The person wants to see the log.
    """

    log_wanted = Signal()

    def __init__(self, notices: Notices, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._banners: list[Banner] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 12, 20, 0)
        self._column.setSpacing(6)
        self.hide()
        notices.error_raised.connect(self._on_error)
        notices.note_given.connect(self._on_note)
        notices.cleared.connect(self.clear)

    @property
    def banners(self) -> tuple[Banner, ...]:
        """What is shown, the newest first."""
        return tuple(self._banners)

    def clear(self) -> None:
        """Take everything away."""
        for banner in self.banners:
            self._remove(banner)

    def _on_error(self, error: ErrorRecord) -> None:
        same = [b for b in self._banners if isinstance(b, ErrorBanner) and b.error == error]
        for banner in same:
            self._remove(banner)
        shown = ErrorBanner(error)
        shown.log_wanted.connect(self.log_wanted)
        self._add(shown)

    def _on_note(self, text: str, level: str) -> None:
        banner = Banner("", text, _LOOKS[level])
        self._add(banner)
        # Owned by the banner, so that it ends with it.
        timer = QTimer(banner, singleShot=True, interval=_NOTE_MS)
        timer.timeout.connect(banner.closed)
        timer.start()

    def _add(self, banner: Banner) -> None:
        banner.closed.connect(lambda: self._remove(banner))
        self._banners.insert(0, banner)
        self._column.insertWidget(0, banner)
        for old in self.banners[_MOST:]:
            self._remove(old)
        self.show()

    def _remove(self, banner: Banner) -> None:
        if banner not in self._banners:
            return
        self._banners.remove(banner)
        self._column.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(bool(self._banners))
