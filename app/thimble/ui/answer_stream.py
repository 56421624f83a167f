"""One answer on its way into the window: events of a thread, coalesced to what a reader can see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Qt, QTimer, Signal, Slot

from thimble.errors import Code, Problem, ThimbleError
from thimble.ui.jobs import problem_of

if TYPE_CHECKING:
    from thimble.client import ChatRequest, ToolCall

TEXT_INTERVAL_MS: Final = 34
"""At most about 30 text signals a second: one per painted frame of a calm stream."""


class AnswerStream(QObject):
    """One answer.

    Signals:
        queued: others are ahead in the queue (their number).
        progress: the prompt is being read: (tokens read, tokens in all).
        called: tuple of `ToolCall`: the model waits for their results; `finished` follows.
        text: more text; at most about 30 a second, however fast the tokens come.
        finished: `Timings`; the answer is whole (or was stopped, see its stop reason).
        failed: `Problem`; what had come so far was signalled before.
        over: finished or failed.
    """

    queued = Signal(int)
    progress = Signal(int, int)
    text = Signal(str)
    called = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    over = Signal()
    _woken = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._texts: list[str] = []
        self._state: tuple[str, tuple[int, ...]] | None = None
        self._calls: tuple[ToolCall, ...] = ()
        self._end: tuple[str, Any] | None = None
        self._waking = False
        self._abandoned = False
        self._stop = threading.Event()
        self._cancel: Callable[[], None] | None = None
        self._last = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._deliver)
        self._woken.connect(self._on_woken, Qt.ConnectionType.QueuedConnection)
        self.is_over = False

    def stop(self) -> None:
        """Ends the answer; `finished` follows with what had come so far."""
        self._stop.set()
        with self._lock:
            cancel = self._cancel
        if cancel is not None:
            cancel()

    def abandon(self) -> None:
        """Ends the answer and signals nothing more."""
        with self._lock:
            self._abandoned = True
        self._timer.stop()
        self.stop()

    # --- in the answer's thread ---------------------------------------------------------------------------------

    def work(self, connect: Callable[[], Any], request: ChatRequest) -> None:
        """Reads the answer to its end.

        Args:
            connect: gives the client (`engine_ports.Client`); may block.
            request: what to ask.
        """
        from thimble.client import CancelToken, Finished, PromptProgress, Queued, TextDelta, ToolCalls
        from thimble.protocol import StopReason, Timings

        token = CancelToken()
        with self._lock:
            self._cancel = token.cancel
        if self._stop.is_set():
            self._finish("finished", Timings(stop_reason=StopReason.CANCELLED))
            return
        try:
            for event in connect().chat(request, token):
                match event:
                    case TextDelta(text):
                        self._put(text=text)
                    case Queued(ahead):
                        self._put(state=("queued", (ahead,)))
                    case PromptProgress(processed, total):
                        self._put(state=("progress", (processed, total)))
                    case ToolCalls(calls):
                        self._calls = calls  # told with the end, which follows
                    case Finished(timings):
                        self._finish("finished", timings)
                        return
        except ThimbleError as error:
            if token.cancelled and error.problem.code == Code.CANCELLED:
                self._finish("finished", Timings(stop_reason=StopReason.CANCELLED))
            else:
                self._finish("failed", error.problem)
        except Exception as error:
            self._finish("failed", problem_of(error))
            raise
        else:
            sentence = QCoreApplication.translate("Problems", "The answer ended early; what had come so far is kept.")
            self.fail(Problem(Code.ENGINE_DIED, sentence))

    def fail(self, problem: Problem) -> None:
        """Ends the answer with a problem, unless it is over already; from any thread."""
        self._finish("failed", problem)

    def _put(self, *, text: str = "", state: tuple[str, tuple[int, ...]] | None = None) -> None:
        with self._lock:
            if text:
                self._texts.append(text)
            if state is not None:
                self._state = state
            wake, self._waking = not self._waking, True
            if wake and not self._abandoned:
                self._woken.emit()

    def _finish(self, kind: str, value: object) -> None:
        with self._lock:
            if self._end is not None:
                return
            self._end = (kind, value)
            # Within the lock: once the GUI thread has seen the end, this object is deleted.
            if not self._abandoned:
                self._woken.emit()

    # --- in the GUI thread --------------------------------------------------------------------------------------

    @Slot()
    def _on_woken(self) -> None:
        if self._abandoned or self.is_over:
            return
        waited_ms = self._last.elapsed() if self._last.isValid() else TEXT_INTERVAL_MS
        with self._lock:
            ended = self._end is not None
        if ended or waited_ms >= TEXT_INTERVAL_MS:
            self._deliver()
        elif not self._timer.isActive():
            self._timer.start(TEXT_INTERVAL_MS - waited_ms)

    @Slot()
    def _deliver(self) -> None:
        self._timer.stop()
        self._last.start()
        with self._lock:
            texts, self._texts = self._texts, []
            state, self._state = self._state, None
            end = self._end
            self._waking = False
        if state is not None:
            (self.queued if state[0] == "queued" else self.progress).emit(*state[1])
        if texts:
            self.text.emit("".join(texts))
        if end is not None and not self.is_over:
            self.is_over = True
            if self._calls and end[0] == "finished":
                self.called.emit(self._calls)
            (self.finished if end[0] == "finished" else self.failed).emit(end[1])
            self.over.emit()
