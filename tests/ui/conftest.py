"""What tests of the window share: a context over a behaving fake engine, and a check that nothing is left behind."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from tests.helpers.fake_engine import FakeEngine
from thimble import paths
from thimble.conversations import Store
from thimble.settings import Settings
from thimble.speeds import Speeds
from thimble.ui.app_context import AppContext
from thimble.ui.download_center import DownloadCenter
from thimble.ui.engine_link import EngineLink
from thimble.ui.jobs import JobRunner
from thimble.ui.navigation import Navigation
from thimble.ui.remote_models import RemoteModels
from thimble.ui.theme import Theme
from thimble.ui.toasts import ToastHost
from thimble.ui.toolbox import Toolbox
from thimble.ui.undo import UndoStack
from thimble.ui.window_state import WindowState


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here opens widgets."""
    for item in items:
        if "/tests/ui/" in item.path.as_posix():
            item.add_marker(pytest.mark.ui)


def _threads() -> set[threading.Thread]:
    # Dummies stand for Qt's pool threads that once ran Python; Python never forgets them.
    return {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}


def _widgets() -> set[QWidget]:
    return {w for w in QApplication.topLevelWidgets() if shiboken6.isValid(w) and not w.inherits("QTipLabel")}


def settle() -> None:
    """Delivers what is queued and deletes what was left for later."""
    for _ in range(3):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """No thread, timer, window or child process outlives a test."""
    threads, widgets = _threads(), _widgets()
    processes = {p.pid for p in psutil.Process().children(recursive=True)}
    yield
    settle()
    gc.collect()
    settle()
    wrappers = [w for w in shiboken6.getAllValidWrappers() if isinstance(w, QThread | QTimer)]
    running = [w for w in wrappers if isinstance(w, QThread) and w.isRunning() and w is not qapp.thread()]
    ticking = [w for w in wrappers if isinstance(w, QTimer) and w.isActive()]
    left_threads = [t.name for t in _threads() - threads]
    left_widgets = [(type(w).__name__, w.objectName(), w.accessibleName()) for w in _widgets() - widgets]
    left_processes = [p for p in psutil.Process().children(recursive=True) if p.pid not in processes]
    for timer in ticking:
        timer.stop()  # one test's leak must not be every later test's
    assert not left_threads, f"threads still alive: {left_threads}"
    assert not running, f"QThreads still running: {running}"
    assert not ticking, f"timers still active: {[(t, t.parent()) for t in ticking]}"
    assert not left_widgets, f"top-level widgets left: {left_widgets}"
    assert not left_processes, f"child processes left: {left_processes}"


@pytest.fixture(autouse=True)
def known_speeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of fixed speeds: what the Models page expects of a model is the same everywhere."""
    monkeypatch.setattr("thimble.speeds.remembered", lambda *_arguments: Speeds(15e9, 1.5e9, disk_measured=True))


@pytest.fixture
def settings(thimble_home: Path) -> Settings:
    """Settings in the test's own folder, without motion: pictures are final at once."""
    made = Settings.load(paths.settings_file())
    made.set("look.theme", "light")
    made.set("look.reduce_motion", True)
    return made


@pytest.fixture
def theme(qapp: QApplication, settings: Settings) -> Iterator[Theme]:
    """The theme, dressing the application."""
    made = Theme(settings, qapp)
    yield made
    made.close()


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[JobRunner]:
    """A job runner, joined at the end."""
    made = JobRunner()
    yield made
    assert made.shutdown(), "jobs did not end in time"


@pytest.fixture
def engine() -> FakeEngine:
    """The engine's other side; scripts and kills it."""
    return FakeEngine()


@pytest.fixture
def link(qapp: QApplication, settings: Settings, engine: FakeEngine) -> Iterator[EngineLink]:
    """A link to the fake engine; not started."""
    made = EngineLink(settings, engine.make_supervisor)
    yield made
    made.shutdown()


@pytest.fixture
def toasts(theme: Theme) -> Iterator[ToastHost]:
    """A toast host without a window."""
    made = ToastHost(theme)
    yield made
    made.clear()


@pytest.fixture
def context(
    settings: Settings, theme: Theme, jobs: JobRunner, link: EngineLink, toasts: ToastHost
) -> Iterator[AppContext]:
    """All shared parts, with a real store and window state in the test's folder."""
    store = Store(paths.database_file())
    undo = UndoStack(toasts)
    made = AppContext(
        settings=settings,
        store=store,
        link=link,
        jobs=jobs,
        toasts=toasts,
        undo=undo,
        theme=theme,
        window_state=WindowState(paths.config_dir() / "window.json"),
        navigation=Navigation(),
        downloads=DownloadCenter(settings, jobs, undo),
        remotes=RemoteModels(settings, paths.connections_file()),
        tools=Toolbox(settings, paths.tool_servers_file()),
    )
    yield made
    made.window_state.flush()
    made.downloads.close()
    made.tools.close()
    made.remotes.close()
    for thread in threading.enumerate():
        if thread.name == "tools-close":
            thread.join()
    store.close()
