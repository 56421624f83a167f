"""Chat templates come with models, from anybody: a process of its own fills each in, with bounded time and memory.

Jinja's sandbox keeps a template away from files and programs, not from endless loops or endless text. Neither can be
stopped from within Python, so a small process does the work (`python -m thimble.engine.template_process`) and may be
killed over it. It reads one JSON object a line and answers each with one: `{"template": …}`, then `{"values": …}` as
often as needed; `{"prompt": …}`, or `{"kind", "reason", "line", "detail"}`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Any, Final

from thimble import own_process

SECONDS: Final = 10.0
"""Of one prompt. Long conversations take some milliseconds."""
MEMORY: Final = 2**30
LONGEST: Final = 16 * 2**20
"""Characters of a prompt: more than any context holds."""
_END_SECONDS: Final = 5.0
_FILE: Final = "<template>"
"""What jinja calls a template's text in tracebacks."""


class Fault(StrEnum):
    """What became of a template."""

    SYNTAX = "syntax"
    FAILED = "failed"
    """It refused the messages, or went wrong over them."""
    ENDLESS = "endless"
    TOO_BIG = "too_big"
    BROKEN = "broken"
    """It took its process with it."""


class TemplateFault(Exception):  # noqa: N818 - it is the template's
    """A template did not do its work.

    Attributes:
        kind: in which way.
        reason: in words, for `SYNTAX` and `FAILED`; the template's own, if it refused.
        line: of the template at fault; 0 where it is not known.
        detail: for the log.
    """

    def __init__(self, kind: Fault, reason: str = "", line: int = 0, detail: str = "") -> None:
        super().__init__(reason or kind)
        self.kind = kind
        self.reason = reason
        self.line = line
        self.detail = detail or reason


class TemplateProcess:
    """One template and the process that fills it in; any thread may use it. The process ends with this object.

    Args:
        source: the template's text.
        seconds: a prompt may take.

    Raises:
        TemplateFault: it cannot be read.
        OSError: no process could be started.
    """

    def __init__(self, source: str, *, seconds: float = SECONDS) -> None:
        self._source = source
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[..., TemplateProcess] | None = None
        try:
            self._started()
        except TemplateFault:
            self._lost()
            raise

    def render(self, values: Mapping[str, Any]) -> str:
        """The prompt.

        Args:
            values: what the template is filled with; has to fit into JSON.

        Raises:
            TemplateFault: see `Fault`. The next call begins with a new process where this one was lost.
            OSError: no process could be started.
        """
        with self._lock:
            return str(self._asked(self._started(), {"values": values})["prompt"])

    def close(self) -> None:
        """Ends the process; a later `render` would start another."""
        with self._lock:
            self._lost()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        process = subprocess.Popen(
            own_process.command("thimble.engine.template_process"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._process, self._end = process, weakref.finalize(self, _end, process)
        self._asked(process, {"template": self._source})
        return process

    def _asked(self, process: subprocess.Popen[bytes], request: Mapping[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None  # noqa: S101 - both were opened with pipes
        assert process.stdout is not None  # noqa: S101
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        watchdog = threading.Timer(self._seconds, stop)
        watchdog.start()
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
        except (OSError, ValueError) as error:
            self._lost()
            raise TemplateFault(Fault.ENDLESS if late.is_set() else Fault.BROKEN, detail=repr(error)) from error
        finally:
            watchdog.cancel()
        if "kind" in answer:
            raise TemplateFault(Fault(answer["kind"]), answer["reason"], answer["line"], answer["detail"])
        return dict(answer)

    def _lost(self) -> None:
        if self._end is not None:
            self._end()
        self._process = self._end = None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait(_END_SECONDS)


# --- in the process ---------------------------------------------------------------------------------------------------


def main() -> None:
    """Answers until nobody asks any more."""
    _bound_memory()
    from jinja2 import TemplateSyntaxError

    from thimble.engine.jinja import Jinja

    template: Jinja | None = None
    for line in sys.stdin.buffer:
        _bound_time()
        try:
            request = json.loads(line)
            if template is None:
                template = Jinja(request["template"])
                answer = {"prompt": ""}
            else:
                answer = _checked(template.render(request["values"]))
        except MemoryError:
            answer = _fault(Fault.TOO_BIG)
        except TemplateSyntaxError as error:
            answer = _fault(Fault.SYNTAX, error.message or "wrong syntax", error.lineno, error)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's template comes to
            answer = _fault(Fault.FAILED, str(error) or type(error).__name__, _line(error), error)
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _checked(prompt: str) -> dict[str, Any]:
    return {"prompt": prompt} if len(prompt) <= LONGEST else _fault(Fault.TOO_BIG)


def _fault(kind: Fault, reason: str = "", line: int = 0, error: Exception | None = None) -> dict[str, Any]:
    return {"kind": kind, "reason": reason[:2000], "line": line, "detail": repr(error)[:2000] if error else ""}


def _line(error: BaseException) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == _FILE), 0)


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _bound_time() -> None:
    """Should whoever asks be killed in the middle, nobody else would stop an endless loop."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        end = int(used.ru_utime + used.ru_stime + SECONDS) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
