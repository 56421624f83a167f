"""One answer while it is being written: its text, and its place in the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from thimble.conversations import Message, MessageState, Store, ToolStep
from thimble.errors import Problem, ThimbleError
from thimble.protocol import StopReason, Timings

if TYPE_CHECKING:
    from thimble.client import ToolCall
    from thimble.tools.calls import Offered
    from thimble.ui.answer_stream import AnswerStream

SAVE_MS: Final = 500
"""The longest that streamed text stays unsaved."""
RATE_FROM_S: Final = 1.5
"""How long the prompt is read before its rate is believed."""
QUIET_MS: Final = 300
"""How long reading the prompt may take before it is worth a line."""


class Answer(QObject):
    """An assistant's message from its request to its end.

    Streamed text is stored at most half a second after it came. What cannot be stored stays here and is tried again.

    Args:
        store: where it is kept.
        message: the stored message, in state WRITING; its text is what is continued.
        parent: owner.

    Signals:
        called: tuple of `ToolCall`: the model waits for their results.
        text: more text.
        queued: others ahead in the engine's queue.
        reading: (tokens read, tokens in all) of a prompt that takes a while.
        unsaved: `Problem`: the text could not be stored; told once until it succeeds again.
        saved: what could not be stored is stored now.
        ending: it is about to be over; whoever works for it stops.
        over: the message is DONE, STOPPED or FAILED.
    """

    called = Signal(object)
    text = Signal(str)
    queued = Signal(int)
    reading = Signal(int, int)
    unsaved = Signal(object)
    saved = Signal()
    over = Signal()
    ending = Signal()

    def __init__(self, store: Store, message: Message, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store
        self._reading_from: tuple[float, int] | None = None
        self._stream: AnswerStream | None = None
        self._saved: tuple[str, tuple[ToolStep, ...]] = (message.text, message.steps)
        self._calls: tuple[ToolCall, ...] = ()
        self.steps = message.steps
        """The calls of tools so far."""
        self.offered: list[Offered] = []
        """What the model may call."""
        self.in_tools = False
        """Whether the model waits for the results of calls."""
        self.problem_of_saving: Problem | None = None
        """Why the text could not be stored the last time; None when it could."""
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_MS)
        self._timer.timeout.connect(self.save)
        self.message = message
        """The message as it was last stored."""
        self.written = message.text
        """All the text so far."""
        self.looked = False
        """Whether passages were looked for, or are being looked for."""
        self.preparing = False
        """Whether they are being looked for."""
        self.state = MessageState.WRITING
        self.timings: Timings | None = None
        self.problem: Problem | None = None

    @property
    def waiting(self) -> bool:
        """Whether it still waits for a model to be loaded."""
        idle = not self.preparing and not self.in_tools
        return self._stream is None and self.state == MessageState.WRITING and idle

    @property
    def is_saved(self) -> bool:
        """Whether it is stored as it is."""
        return (self.written, self.steps) == self._saved and self.state == self.message.state

    def follow(self, stream: AnswerStream) -> None:
        """Takes the text of a stream from here on."""
        self._stream = stream
        self._since.start()
        stream.text.connect(self._on_text)
        stream.called.connect(self._on_called)
        stream.queued.connect(self.queued)
        stream.progress.connect(self._on_progress)
        stream.finished.connect(self._on_finished)
        stream.failed.connect(self.fail)

    def reading_left_s(self, read: int, total: int, now: float) -> float | None:
        """How long the prompt will still be read, by the rate so far; None while that says little.

        Args:
            read, total: tokens.
            now: seconds of any clock.
        """
        if self._reading_from is None or read < self._reading_from[1]:
            self._reading_from = (now, read)
            return None
        since, first = self._reading_from
        if now - since < RATE_FROM_S or read <= first or total <= read:
            return None
        return (total - read) * (now - since) / (read - first)

    def stop(self) -> None:
        """Ends it with what has come so far."""
        if self._stream is not None:
            self._stream.stop()
        else:
            self._end(MessageState.STOPPED)

    def fail(self, problem: Problem) -> None:
        """Ends it with a problem; the text so far is kept."""
        self.problem = problem
        self._end(MessageState.FAILED)

    def close(self) -> None:
        """The window closes: what has come so far is stored as stopped."""
        if self.state == MessageState.WRITING:
            if self._stream is not None:
                self._stream.abandon()
            self._end(MessageState.STOPPED)

    def save(self) -> bool:
        """Stores what has come; whether all of it is stored now."""
        self._timer.stop()
        if self.is_saved:
            return True
        try:
            self.message = self.store.update_message(
                self.message.id,
                text=self.written,
                state=self.state,
                timings=self.timings.to_json() if self.timings else None,
                problem=self.problem.to_json() if self.problem else {},
                steps=self.steps,
            )
        except ThimbleError as error:
            first, self.problem_of_saving = self.problem_of_saving is None, error.problem
            if first:
                self.unsaved.emit(error.problem)
            if self.state == MessageState.WRITING:
                self._timer.start()
            return False
        self._saved = (self.written, self.steps)
        if self.problem_of_saving is not None:
            self.problem_of_saving = None
            self.saved.emit()
        return True

    def _on_text(self, text: str) -> None:
        self.written += text
        if not self._timer.isActive():
            self._timer.start()
        self.text.emit(text)

    def _on_progress(self, read: int, total: int) -> None:
        if self._since.elapsed() >= QUIET_MS and not self.written:
            self.reading.emit(read, total)

    def _on_called(self, calls: tuple[ToolCall, ...]) -> None:
        self._calls = calls

    def _on_finished(self, timings: Timings) -> None:
        self.timings = timings if self.timings is None else _together(self.timings, timings)
        calls, self._calls = self._calls, ()
        if calls and timings.stop_reason != StopReason.CANCELLED:
            self._stream = None
            self.in_tools = True
            self.called.emit(calls)
            return
        self._end(MessageState.STOPPED if timings.stop_reason == StopReason.CANCELLED else MessageState.DONE)

    def _end(self, state: MessageState) -> None:
        if self.state != MessageState.WRITING:
            return
        self.state = state
        self.in_tools = False
        self.ending.emit()
        self.save()
        self.over.emit()


def _together(before: Timings, last: Timings) -> Timings:
    """The figures of an answer in several parts: the last prompt, and all that was written."""
    return replace(
        last,
        generated_tokens=before.generated_tokens + last.generated_tokens,
        decode_ms=before.decode_ms + last.decode_ms,
        first_token_ms=before.first_token_ms,
    )
