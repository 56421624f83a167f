"""Window after window in one process: `python -m tests.benchmarks.soak.short_windows`.

For each line of standard input one is opened, looked at and closed; then it prints one line of JSON.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.benchmarks.soak.speaking import Orders, counts, tell
from thimble import paths
from thimble.settings import Settings
from thimble.ui.app import Session, make_app

LOOKED_MS: Final = 120
PATIENCE_MS: Final = 30_000


class ShortWindows:
    """Opens and closes them."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self._session: Session | None = None
        self._pages: Iterator[str] = iter(())
        self._opened = self._alive = 0
        self._patience = QTimer()
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._close)
        self._orders = Orders(lambda _line: self._open(), app.quit)

    def _open(self) -> None:
        self._opened += 1
        session = self._session = Session(self._app, Settings.load(paths.settings_file()))
        self._pages = iter(("models", "performance", "settings", "chat"))
        session.link.started.connect(self._on_started)
        session.window.show()
        self._patience.start()

    def _on_started(self) -> None:
        self._alive += 1
        self._patience.stop()
        self._show_next()

    def _show_next(self) -> None:
        page = next(self._pages, "")
        if page and self._session is not None:
            self._session.window.show_page(page)
            QTimer.singleShot(LOOKED_MS, self._show_next)
        else:
            self._close()

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        session.window.close()
        session.end()
        session.window.deleteLater()
        session.deleteLater()
        QTimer.singleShot(0, self._tell)

    def _tell(self) -> None:
        # A program has one window: what its first picture froze would never be looked at again.
        gc.unfreeze()
        tell(counts=counts(), windows=self._opened, alive=self._alive)


def main() -> None:
    """Runs until standard input is closed."""
    app = make_app()
    app.setQuitOnLastWindowClosed(False)
    windows = ShortWindows(app)
    tell(started=True)
    app.exec()
    del windows


if __name__ == "__main__":
    main()
