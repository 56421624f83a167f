"""How a model gets into the models folder without a hub, as work for a job: for the Models page and the first run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle

Work = Callable[[JobHandle], Path]


def choose_files(parent: QWidget) -> list[Path]:
    """Asks for GGUF files in the system's dialog; empty when it was cancelled."""
    translate = QCoreApplication.translate
    names, _ = QFileDialog.getOpenFileNames(
        parent,
        translate("ModelTasks", "Add a GGUF file"),
        str(Path.home()),
        translate("ModelTasks", "GGUF models (*.gguf)"),
    )
    return [Path(name) for name in names]


def adding(context: AppContext, source: Path, *, copy: bool = False) -> Work:
    """Makes a GGUF file a model: by a link to it in the models folder, or by a copy."""
    folder = context.settings.models_folder()

    def work(handle: JobHandle) -> Path:
        from thimble.library.add_file import add_file, link_file

        if not copy:
            return link_file(source, folder)
        return add_file(source, folder, progress=handle.report, cancelled=handle.is_cancelled)

    return work


def adding_guide(context: AppContext) -> Work:
    """Copies the Thimble guide into the models folder."""
    folder = context.settings.models_folder()

    def work(handle: JobHandle) -> Path:
        from thimble.library import guide

        return guide.install(folder, progress=handle.report, cancelled=handle.is_cancelled)

    return work


def getting_starter(context: AppContext) -> Work:
    """Downloads the starter model into the models folder."""
    folder = context.settings.models_folder()
    offline = context.settings.switch("files.offline")

    def work(handle: JobHandle) -> Path:
        from thimble.library import starter

        return starter.install(folder, progress=handle.report, cancelled=handle.is_cancelled, offline=offline)

    return work
