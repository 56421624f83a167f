"""Writes down what a person says: a program records, a child process listens to it with a Whisper model."""

from __future__ import annotations

import json
import logging
from array import array
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QProcess, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from thimble import own_process
from thimble.dictation.models import PATTERN, REPOSITORY, USUAL, check_model, found
from thimble.dictation.recorders import RATE, SAMPLE_BYTES, recorder
from thimble.errors import Code, Problem
from thimble.ui import problem_texts
from thimble.ui.models.hub_work import HubWork

if TYPE_CHECKING:
    from thimble.library.choices import HubFile
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

log = logging.getLogger(__name__)

KEY: Final = "files.speech_model"
MOST_SECONDS: Final = 600
"""Then it stops by itself: somebody forgot it."""
SILENCE: Final = 200
"""A louder sample than this is a sound, of 32767."""
END_MS: Final = 1000


class Doing(StrEnum):
    """What is going on."""

    NOTHING = "nothing"
    STARTING = "starting"
    LISTENING = "listening"
    WRITING = "writing"


class Dictation(QObject):
    """One recording at a time; what was said is kept until it is written down.

    Args:
        context: the window's shared parts.
        parent: owner; a widget, for its dialog.

    Signals:
        changed: see `doing` and `seconds`.
        heard: the words.
    """

    changed = Signal()
    heard = Signal(str)

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._parent = parent
        self._hub = HubWork(context)
        self._job: JobHandle | None = None
        self._process: QProcess | None = None
        self._program = ""
        self._model = Path()
        self._sound = bytearray()
        self._loudest = 0
        self.doing = Doing.NOTHING
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(END_MS)
        self._deadline.timeout.connect(self._kill)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self.changed)

    @property
    def bytes(self) -> int:
        """Recorded so far."""
        return len(self._sound)

    @property
    def seconds(self) -> int:
        """Recorded so far."""
        return len(self._sound) // (RATE * SAMPLE_BYTES)

    def toggle(self) -> None:
        """Begins to listen, then to write, then gives up."""
        match self.doing:
            case Doing.NOTHING:
                self._start()
            case Doing.LISTENING:
                self._end_recording()
            case _:
                self.stop()

    def stop(self) -> None:
        """Gives up; nothing is written."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
        self._hub.close()
        self._drop_process()
        self._sound.clear()
        self._set(Doing.NOTHING)

    def choose_model(self) -> None:
        """Asks for the file of a speech model, and begins."""
        place = str(Path(self._context.settings.text(KEY) or self._context.settings.models_folder()))
        words = self.tr("Speech models ({0})").format(PATTERN)
        chosen = QFileDialog.getOpenFileName(self._parent, self.tr("Choose a speech model"), place, words)[0]
        if chosen:
            self._context.settings.set(KEY, chosen)
            self.stop()
            self._start()

    def get_model(self) -> None:
        """Downloads the usual model; a toast tells when it is there."""

        def add(file: HubFile, commit: str) -> None:
            self._context.downloads.add(REPOSITORY, commit, Choice(USUAL, (file,)))
            self._context.toasts.show(self.tr("The model for dictation is on its way; the Models page shows how far."))

        from thimble.library.choices import Choice

        toasts, report = self._context.toasts, self._context.navigation.report
        self._hub.find(REPOSITORY, USUAL, add, lambda problem: report(toasts, problem))

    def _start(self) -> None:
        if recorder() is None:
            sentence = self.tr("This computer has no program that records.")
            action = self.tr("Install “pulseaudio-utils”, “alsa-utils” or “sox” from your system's packages.")
            self._context.toasts.show(f"{sentence} {action}", kind="problem")
            return
        chosen, folder = self._context.settings.text(KEY), self._context.settings.models_folder()

        def look(_handle: JobHandle) -> Path | None:
            known = [Path(chosen)] if chosen else found([folder])
            if known:
                check_model(known[0])
            return known[0] if known else None

        self._set(Doing.STARTING)
        self._job = self._context.jobs.run(
            look, done=self._on_model, failed=self._on_bad_model, name="look for a speech model"
        )

    def _on_model(self, model: Path | None) -> None:
        self._job = None
        if model is None:
            self._set(Doing.NOTHING)
            words = self.tr(
                "Dictation needs a Whisper model: {0} from the hub (about 150 MB), "
                "or one that you choose in the settings."
            )
            self._context.toasts.show(words.format(USUAL), self.tr("Download"), self.get_model, kind="problem")
            return
        self._model = model
        self._record()

    def _on_bad_model(self, problem: Problem) -> None:
        self._job = None
        self._set(Doing.NOTHING)
        log.warning("%s (%s)", problem, problem.detail)
        self._context.toasts.show(
            problem_texts.words(problem), self.tr("Choose a file…"), self.choose_model, kind="problem"
        )

    # -- recording

    def _record(self) -> None:
        program = recorder()
        if program is None:  # gone since the button was pressed
            self._set(Doing.NOTHING)
            return
        self._sound.clear()
        self._loudest = 0
        self._program = program.name
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._on_sound)
        process.finished.connect(self._on_recorded)
        process.errorOccurred.connect(self._on_recorder_error)
        process.start(program.name, list(program.arguments))
        self._clock.start()
        self._set(Doing.LISTENING)

    def _on_sound(self) -> None:
        if self._process is None:
            return
        new = len(self._sound) // SAMPLE_BYTES * SAMPLE_BYTES
        self._sound += self._process.readAllStandardOutput().data()
        samples = array("h", bytes(self._sound[new : len(self._sound) // SAMPLE_BYTES * SAMPLE_BYTES]))
        if samples:
            highest, lowest = max(samples), min(samples)
            self._loudest = max(self._loudest, highest, -lowest)
        if self.seconds >= MOST_SECONDS:
            self._end_recording()

    def _end_recording(self) -> None:
        """The program writes what it still has before it ends."""
        if self._process is not None and self.doing is Doing.LISTENING:
            self._set(Doing.WRITING)
            self._process.terminate()
            self._deadline.start()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _on_recorded(self) -> None:
        self._on_sound()
        enough = self.doing is Doing.WRITING or self.seconds > 0  # a microphone that was pulled out has heard something
        detail = self._drop_process()
        if enough:
            self._write_down()
        else:
            self._tell_recorder(detail)

    def _on_recorder_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            detail = self._process.errorString()
            self._drop_process()
            self._tell_recorder(detail)

    def _tell_recorder(self, detail: str) -> None:
        log.warning("%s failed: %s", self._program, detail)
        self._sound.clear()
        self._set(Doing.NOTHING)
        words = self.tr("Recording did not work: {0} failed. Check that there is a microphone.").format(self._program)
        self._context.toasts.show(words, kind="problem")

    # -- writing down

    def _write_down(self) -> None:
        if self._loudest < SILENCE:
            self.stop()
            self._context.toasts.show(self.tr("Nothing was heard. Check the microphone."))
            return
        process = self._process = QProcess(self)
        process.finished.connect(self._on_written)
        process.errorOccurred.connect(self._on_writer_error)
        program, *arguments = own_process.command("thimble.dictation", str(self._model))
        process.start(program, arguments)
        process.write(bytes(self._sound))
        process.closeWriteChannel()
        self._set(Doing.WRITING)

    def _on_writer_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            detail = self._process.errorString()
            self._drop_process()
            self._tell_writer(None, detail)

    def _on_written(self) -> None:
        if self._process is None:
            return
        said = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
        detail = self._drop_process()
        try:
            told = json.loads(said.strip().rpartition("\n")[2])
            text, problem = told.get("text"), told.get("problem")
        except (ValueError, AttributeError):
            text = problem = None
        if text is None:
            self._tell_writer(Problem.from_json(problem) if problem else None, detail)
            return
        self._sound.clear()
        self._set(Doing.NOTHING)
        if text:
            self.heard.emit(text)
        else:
            self._context.toasts.show(self.tr("No words were heard."))

    def _tell_writer(self, problem: Problem | None, detail: str) -> None:
        if problem is None:
            sentence = self.tr("The speech model ended the program that ran it; what you said is kept.")
            problem = Problem(Code.MODEL_DAMAGED, sentence, "", detail)
        log.warning("%s (%s)", problem, problem.detail)
        self._set(Doing.NOTHING)
        self._context.toasts.show(problem_texts.words(problem), self.tr("Try again"), self._write_again, kind="problem")

    def _write_again(self) -> None:
        if self.doing is Doing.NOTHING and self._sound:
            self._write_down()

    def _drop_process(self) -> str:
        """Ends what runs; returns what it complained of."""
        process, self._process = self._process, None
        self._deadline.stop()
        if process is None:
            return ""
        process.disconnect(self)
        if process.state() != QProcess.ProcessState.NotRunning:
            process.kill()
            process.waitForFinished(END_MS)
        detail = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        process.deleteLater()
        return detail[-500:]

    def _set(self, doing: Doing) -> None:
        self.doing = doing
        if doing is not Doing.LISTENING:
            self._clock.stop()
        self.changed.emit()
