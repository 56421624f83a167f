"""Reads aloud with the system's own speech: a program that is there already, one piece of text at a time."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLocale, QObject, QProcess, Signal

from thimble.errors import Code, Problem
from thimble.ui.chat.speech_text import language_of, speakable

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext

log = logging.getLogger(__name__)

END_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Program:
    """A program that speaks what it reads from its standard input.

    Attributes:
        name: of the file.
        arguments: "{0}" is the language.
        silence: arguments that end what another program speaks for it; () where ending it is enough.
    """

    name: str
    arguments: tuple[str, ...]
    silence: tuple[str, ...] = ()


PROGRAMS: Final = (
    Program("espeak-ng", ("-v", "{0}", "--stdin")),
    Program("spd-say", ("--wait", "--language", "{0}", "--pipe-mode"), ("--cancel",)),
    Program("espeak", ("-v", "{0}", "--stdin")),
    Program("say", ("-f", "-")),
)
"""In the order in which they are looked for; "say" is macOS's and has one voice for all."""


class Speaker(QObject):
    """Reads one message at a time.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        changed: another message is read now, or none; see `reading`.
    """

    changed = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._pieces: list[str] = []
        self._program: Program | None = None
        self._language = ""
        self._process: QProcess | None = None
        self.reading = 0
        """The message that is read; 0 for none."""

    def toggle(self, message_id: int, text: str) -> None:
        """Reads a message, or stops if it is being read; a toast says what is missing."""
        same = self.reading == message_id
        self.stop()
        if same:
            return
        program = next((known for known in PROGRAMS if shutil.which(known.name)), None)
        if program is None:
            sentence = self.tr("This computer has no program that reads aloud.")
            action = self.tr("Install “espeak-ng” or “speech-dispatcher” from your system's packages.")
            self._context.toasts.show(str(Problem(Code.NOT_FOUND, sentence, action)), kind="problem")
            return
        self._pieces = speakable(text)
        if not self._pieces:
            self._context.toasts.show(self.tr("There are no words to read aloud."))
            return
        self._program = program
        self._language = language_of(" ".join(self._pieces[:8]), QLocale().name()[:2])
        self.reading = message_id
        self.changed.emit()
        self._next()

    def stop(self) -> None:
        """Silence, at once."""
        process, self._process = self._process, None
        self._pieces = []
        if process is not None:
            process.disconnect(self)
            process.kill()
            process.waitForFinished(END_MS)
            process.deleteLater()
            if self._program is not None and self._program.silence:
                QProcess.startDetached(self._program.name, list(self._program.silence))
        if self.reading:
            self.reading = 0
            self.changed.emit()

    def _next(self) -> None:
        if not self._pieces or self._program is None:
            self.stop()
            return
        process = self._process = QProcess(self)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start(self._program.name, [argument.format(self._language) for argument in self._program.arguments])
        process.write(self._pieces.pop(0).encode() + b"\n")
        process.closeWriteChannel()

    def _on_finished(self, code: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        detail = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        if code == 0:
            self._next()
            return
        self._tell(detail)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            detail = self._process.errorString()
            self._process.deleteLater()
            self._process = None
            self._tell(detail)

    def _tell(self, detail: str) -> None:
        name = self._program.name if self._program is not None else ""
        log.warning("%s failed: %s", name, detail)
        self.stop()
        self._context.toasts.show(self.tr("Reading aloud did not work: {0} failed.").format(name), kind="problem")
