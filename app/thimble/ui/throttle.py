"""Coalesces many calls into few: the view boundary of every stream."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QElapsedTimer, QObject, QTimer


class Throttle(QObject):
    """Runs a callback at most once per interval, however often it is asked for.

    The first request runs at once; those during the interval are one run at its end. Belongs to the GUI thread.

    Args:
        interval_ms: shortest time between two runs.
        callback: what to run; takes no argument: it reads the state of the moment.
        parent: owner.
    """

    def __init__(self, interval_ms: int, callback: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._interval_ms = interval_ms
        self._callback = callback
        self._last = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.flush)

    def __call__(self) -> None:
        """Asks for a run."""
        if self._timer.isActive():
            return
        waited_ms = self._last.elapsed() if self._last.isValid() else self._interval_ms
        if waited_ms >= self._interval_ms:
            self.flush()
        else:
            self._timer.start(self._interval_ms - waited_ms)

    @property
    def pending(self) -> bool:
        """Whether a run is due."""
        return self._timer.isActive()

    def flush(self) -> None:
        """Runs now."""
        self._timer.stop()
        self._last.start()
        self._callback()

    def cancel(self) -> None:
        """Forgets a run that is due."""
        self._timer.stop()


class Debounce(QObject):
    """Runs a callback once things have been quiet for a while (saving, filtering)."""

    def __init__(self, quiet_ms: int, callback: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._callback = callback
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(quiet_ms)
        self._timer.timeout.connect(self._callback)

    def __call__(self) -> None:
        """Starts the wait anew."""
        self._timer.start()

    @property
    def pending(self) -> bool:
        """Whether a run is due."""
        return self._timer.isActive()

    def flush(self) -> None:
        """Runs now what is due; nothing otherwise."""
        if self._timer.isActive():
            self._timer.stop()
            self._callback()

    def cancel(self) -> None:
        """Forgets a run that is due."""
        self._timer.stop()
