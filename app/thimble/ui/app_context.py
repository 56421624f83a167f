"""What every page is given; there are no globals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thimble.conversations import Store
    from thimble.settings import Settings
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


@dataclass(frozen=True, slots=True)
class AppContext:
    """The shared parts of one window.

    Attributes:
        settings: typed settings; tells its listeners of changes.
        store: the conversations.
        link: the engine.
        jobs: background work.
        toasts: short messages.
        undo: what can be taken back.
        theme: colours, fonts, icons.
        window_state: what is remembered between two runs (`get(key, default)`, `set(key, value)`).
        downloads: models on their way from the hub.
        remotes: models on other machines.
        tools: what models may call.
        navigation: goes to a page, opens the log (`navigation.go("models")`, `navigation.show_log()`).
    """

    settings: Settings
    store: Store
    link: EngineLink
    jobs: JobRunner
    toasts: ToastHost
    undo: UndoStack
    theme: Theme
    window_state: WindowState
    navigation: Navigation
    downloads: DownloadCenter
    remotes: RemoteModels
    tools: Toolbox
