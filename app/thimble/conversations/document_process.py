"""Reads a PDF or DOCX file in a process of its own: some are made so that reading them never ends or takes all memory.

`python -m thimble.conversations.document_process FILE` prints `{"text", "pages"}`, or `{"problem", "kind"}`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

from thimble import own_process
from thimble.errors import Problem, ThimbleError

SECONDS: Final = 300.0
"""Of processor time. A book of a thousand pages takes one or two minutes."""
MEMORY: Final = 2 * 2**30
_LOOK_SECONDS: Final = 0.02


class Unreadable(Exception):  # noqa: N818 - it becomes a problem with a sentence
    """The process did not come to an end, or ended without a word.

    Attributes:
        slow: it took too long.
    """

    def __init__(self, *, slow: bool, detail: str) -> None:
        super().__init__(detail)
        self.slow = slow


def read_apart(path: Path, cancelled: Callable[[], bool], seconds: float = SECONDS) -> dict[str, Any]:
    """What the process says of a file; None was cancelled.

    Args:
        path: the file.
        cancelled: asked all the time; the process is killed at once.
        seconds: it may take.

    Raises:
        Unreadable: it took too long, or too much memory.
        OSError: no process could be started.
    """
    with tempfile.TemporaryFile() as out:
        command = own_process.command("thimble.conversations.document_process", str(path.absolute()))
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL) as process:
            ended = _wait(process, cancelled, seconds)
        if not ended and cancelled():
            return {}
        if not ended:
            raise Unreadable(slow=True, detail=f"after {seconds} s")
        return _told(out, process.returncode)


def _wait(process: subprocess.Popen[bytes], cancelled: Callable[[], bool], seconds: float) -> bool:
    """Whether it ended by itself."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if not cancelled() and time.monotonic() < deadline:
                continue
            process.kill()
            return False
        return True


def _told(out: IO[bytes], code: int) -> dict[str, Any]:
    out.seek(0)
    try:
        told = json.loads(out.read())
    except ValueError as error:
        raise Unreadable(slow=code == -24, detail=f"exit code {code}") from error
    return dict(told)


def main(file: str) -> None:
    """In the process."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS) + 5))
    from thimble.conversations.documents import NoTextError, parsed

    told: dict[str, Any]
    try:
        document = parsed(Path(file))
        told = {"text": document.text, "pages": document.pages}
    except ThimbleError as error:
        told = {"problem": error.problem.to_json(), "no_text": isinstance(error, NoTextError)}
    sys.stdout.write(json.dumps(told))


def problem_in(told: dict[str, Any]) -> Problem | None:
    """Why there is no text, if there is none."""
    return Problem.from_json(told["problem"]) if "problem" in told else None


if __name__ == "__main__":
    main(sys.argv[1])
