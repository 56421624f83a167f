"""Starts the window. Only what the first picture needs is imported before it is painted."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QDate, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication, QWidget

from thimble import __version__, paths
from thimble.conversations import Store
from thimble.dictation.models import is_called_so
from thimble.errors import ThimbleError
from thimble.settings import Settings
from thimble.ui import diagnostics, garbage, i18n, problem_texts
from thimble.ui.allocator import share_arenas
from thimble.ui.app_context import AppContext
from thimble.ui.chat.dictation import KEY as SPEECH_MODEL
from thimble.ui.download_center import DownloadCenter
from thimble.ui.engine_link import EngineLink
from thimble.ui.engine_ports import MakeSupervisor
from thimble.ui.enter_presses import EnterPresses
from thimble.ui.interrupts import Interrupts
from thimble.ui.jobs import JobRunner
from thimble.ui.main_window import MainWindow, PageSpec
from thimble.ui.navigation import Navigation
from thimble.ui.programs.keeper import DoorKeeper
from thimble.ui.rail import RailItem
from thimble.ui.remote_models import NEW_CHATS_KEY, RemoteModels
from thimble.ui.theme import Theme
from thimble.ui.toasts import ToastHost
from thimble.ui.toolbox import Toolbox
from thimble.ui.undo import UndoStack
from thimble.ui.window_state import FILE_NAME, WindowState

if TYPE_CHECKING:
    from thimble.ui.handed_files import HandedFiles

log = logging.getLogger(__name__)

DESKTOP_FILE: Final = "app.thimble.Thimble"
"""Name of the desktop entry, by which desktops find the window's icon and title."""
MEASURE_VARIABLE: Final = "THIMBLE_MEASURE_START"
"""Set to the monotonic time at which the process was started (seconds): the window prints how long its first paint
took and closes (tests/benchmarks)."""


def machine_memory() -> int:
    """Bytes of memory of this computer, or of the container it is."""
    from thimble.probe import probe_machine

    return probe_machine().memory_usable


def page_specs(context: AppContext, memory: int, keeper: DoorKeeper) -> list[PageSpec]:
    """The pages, in the order of Ctrl+1…6. Each is imported and built when it is first shown."""
    translate = QCoreApplication.translate

    def chat() -> QWidget:
        from thimble.ui.chat import ChatPage

        return ChatPage(context)

    def models() -> QWidget:
        from thimble.ui.models.page import ModelsPage

        return ModelsPage(context, memory)

    def performance() -> QWidget:
        from thimble.ui.performance.page import PerformancePage

        return PerformancePage(context, memory)

    def connections() -> QWidget:
        from thimble.ui.connections.page import ConnectionsPage

        return ConnectionsPage(context)

    def settings() -> QWidget:
        from thimble.ui.settings.page import SettingsPage

        return SettingsPage(context, memory)

    def programs() -> QWidget:
        from thimble.ui.programs.page import ProgramsPage

        return ProgramsPage(context, keeper)

    return [
        PageSpec(RailItem("chat", translate("Pages", "Chat"), "ph.chat-circle"), chat),
        PageSpec(RailItem("models", translate("Pages", "Models"), "ph.cube"), models),
        PageSpec(RailItem("performance", translate("Pages", "Performance"), "ph.chart-line-up"), performance),
        PageSpec(RailItem("settings", translate("Pages", "Settings"), "ph.gear", bottom=True), settings),
        PageSpec(RailItem("connections", translate("Pages", "Connections"), "ph.share-network"), connections),
        PageSpec(RailItem("programs", translate("Pages", "Programs"), "ph.terminal-window"), programs),
    ]


class Session(QObject):
    """Everything one window consists of, from the settings file to the engine link.

    Args:
        app: the application.
        settings: read already, because language and theme come first.
        make_supervisor: how the engine is reached; None for the real one.
        files: to open after the first paint.
    """

    def __init__(
        self,
        app: QApplication,
        settings: Settings,
        make_supervisor: MakeSupervisor | None = None,
        *,
        files: Sequence[Path] = (),
    ) -> None:
        super().__init__()
        self._ended = False
        self._files = files
        self._handed: HandedFiles | None = None
        self.theme = Theme(settings, app)
        EnterPresses(app, self)
        self.jobs = JobRunner()
        self.toasts = ToastHost(self.theme)
        self.link = EngineLink(settings, make_supervisor)
        self.store = Store(paths.database_file())
        undo = UndoStack(self.toasts)
        self.downloads = DownloadCenter(settings, self.jobs, undo)
        self.context = AppContext(
            settings=settings,
            store=self.store,
            link=self.link,
            jobs=self.jobs,
            toasts=self.toasts,
            undo=undo,
            theme=self.theme,
            window_state=WindowState(paths.config_dir() / FILE_NAME),
            navigation=Navigation(),
            downloads=self.downloads,
            remotes=RemoteModels(settings, paths.connections_file(), self),
            tools=Toolbox(settings, paths.tool_servers_file(), self),
        )
        memory = machine_memory()
        self.keeper = DoorKeeper(settings, self.link, self.jobs)
        self.window = MainWindow(self.context, page_specs(self.context, memory, self.keeper), memory)
        self.window.closing.connect(self.end)
        self.window.first_paint.connect(self._after_first_paint)
        self.context.navigation.chat_requested.connect(self._chat_with)
        self.link.status_changed.connect(lambda _status: self._remember_model())
        self.downloads.failed.connect(lambda problem: self.context.navigation.report(self.toasts, problem))
        self.downloads.arrived.connect(self._on_arrived)
        self._restore_hooks = diagnostics.on_uncaught(self._tell_of_error)

    def end(self) -> None:
        """Saves and stops everything; may be called twice."""
        if self._ended:
            return
        self._ended = True
        self._restore_hooks()
        if self._handed is not None:
            self._handed.close()
        self.context.window_state.flush()
        self.downloads.close()
        self.context.tools.close()
        self.keeper.close()
        self.context.remotes.close()
        self.link.shutdown()
        self.jobs.shutdown()
        self.store.close()
        self.theme.close()
        # What is connected to their signals holds this session, and Python's collector does not see that circle.
        context = self.context
        for part in (self.link, self.jobs, self.downloads, self.keeper, context.undo, context.navigation):
            part.deleteLater()

    def _after_first_paint(self) -> None:
        import thimble.modelfile  # noqa: F401 - here first: threads that meet in a package's import see half of it

        # What was imported and built stays for good: the collector need not look at it again in mid-answer (30 ms).
        garbage.keep()
        self.link.started.connect(garbage.keep)
        for warning in filter(None, (self.context.settings.warning, self.store.warning)):
            self.toasts.show(problem_texts.translated(warning), kind="problem")
        self.downloads.start()
        self._listen_for_files()
        if self._files:
            self.link.start()
            self.open_files(self._files)
            return
        path = self.context.window_state.get("last_model", "")
        if path and Path(path).is_file():
            self.link.start(path)
            return
        self.link.start()
        self._load_only_model()

    def _listen_for_files(self) -> None:
        from thimble.ui.handed_files import HandedFiles

        self._handed = HandedFiles(self)
        self._handed.arrived.connect(self._on_handed)

    def _on_handed(self, files: list[Path], token: str) -> None:
        if token:
            from thimble.client.open_window import TOKEN_VARIABLE

            os.environ[TOKEN_VARIABLE] = token  # Qt takes it from there when the window asks to come to the front
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()
        self.open_files(files)

    def open_files(self, files: Sequence[Path]) -> None:
        """What a file manager asks for: a model is added and begins a chat, other files are attached to the chat."""
        for path in files:
            if paths.is_model(path):
                self._open_model(path)
        others = [path for path in files if not paths.is_model(path)]
        if others:
            self.window.attach(others)

    def _open_model(self, path: Path) -> None:
        from thimble.ui.models.tasks import adding

        def opened(added: Path) -> None:
            self.context.navigation.models_changed.emit()
            self.context.navigation.chat_with(str(added))

        self.jobs.run(
            adding(self.context, path),
            done=opened,
            failed=lambda problem: self.context.navigation.report(self.toasts, problem),
            name=f"open {path.name}",
        )

    def _load_only_model(self) -> None:
        """Loads the one installed model, when there is exactly one (the guide does not count beside another) and
        nothing else is wanted."""
        folders = self.context.settings.model_folders()

        def work(_handle: object) -> list[str]:
            from thimble.library import installed_models
            from thimble.modelfile.places import preferred

            return [model.path for model in preferred(each for each in installed_models(*folders) if each.writes)]

        def load(found: list[str]) -> None:
            if len(found) == 1 and not self.link.model_path:
                self.link.load(found[0])

        self.jobs.run(work, done=load, name="find the only model")

    def _chat_with(self, path: str) -> None:
        if self.link.loaded_path != path or self.link.loading_path:
            self.link.load(path)
        self.context.window_state.set(NEW_CHATS_KEY, "")  # with this model, whatever the last chat used
        self.context.navigation.new_chat()

    def _on_arrived(self, path: str, title: str) -> None:
        if is_called_so(path):
            self.context.settings.set(SPEECH_MODEL, path)
            self.toasts.show(self.tr("Dictation is ready: press the microphone under the field."))
            return
        self.context.navigation.models_changed.emit()
        self.toasts.show(
            self.tr("{0} is ready.").format(title), self.tr("Chat"), lambda: self.context.navigation.chat_with(path)
        )

    def _remember_model(self) -> None:
        if self.link.loaded_path:
            state, path = self.context.window_state, self.link.loaded_path
            state.set("last_model", path)
            today = QDate.currentDate().toString(Qt.DateFormat.ISODate)
            used = state.get("models_used", {})
            if used.get(path) != today:
                state.set("models_used", {**used, path: today})

    def _tell_of_error(self) -> None:
        # In the GUI thread and later: the exception may come from the middle of a paint event or another thread.
        QTimer.singleShot(0, self, self._show_error)

    def _show_error(self) -> None:
        self.toasts.show(
            self.tr("Something in Thimble went wrong; nothing was lost. The log says more."),
            self.tr("Show log"),
            self.context.navigation.show_log,
            kind="problem",
        )


def make_app() -> QApplication:
    """The application with its name and icon."""
    share_arenas()
    QGuiApplication.setDesktopFileName(DESKTOP_FILE)
    app = QApplication(["thimble"])
    app.setApplicationName("thimble")
    app.setApplicationDisplayName("Thimble")
    app.setApplicationVersion(__version__)
    app.setWindowIcon(QIcon(str(paths.assets_dir() / "icons" / "thimble.svg")))
    return app


def run_window(files: Sequence[Path] = ()) -> int:
    """Opens the window and returns the exit code when it is closed.

    Several windows may be open at once: they share the engine and the conversations.

    Args:
        files: to open in it at once, see `Session.open_files`.
    """
    diagnostics.install()
    app = make_app()
    settings = Settings.load(paths.settings_file())
    translators = i18n.install(app, settings)
    try:
        session = Session(app, settings, files=files)
    except ThimbleError as error:
        log.error("the window cannot open: %s (%s)", error.problem, error.problem.detail)
        sys.stderr.write(f"{problem_texts.words(error.problem)}\n")
        return 1
    interrupts = Interrupts(session.window.close)
    started = os.environ.get(MEASURE_VARIABLE)
    if started:
        session.window.first_paint.connect(lambda: _report_start(float(started), session.window))
    session.window.show()
    code = app.exec()
    interrupts.remove()
    session.end()
    translators.clear()
    return code


def _report_start(started: float, window: MainWindow) -> None:
    sys.stdout.write(f"first paint {1000 * (time.monotonic() - started):.0f} ms\n")
    sys.stdout.flush()
    window.close()
