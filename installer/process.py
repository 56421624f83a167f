"""Programs we start: their output goes to a log or to a callback, never past the terminal's phases."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from installer.errors import InstallerError


def which(name: str) -> str | None:
    """The full path of a program, or None."""
    return shutil.which(name)


def output_of(command: Sequence[str]) -> str:
    """What a short command prints; empty when it cannot be started or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def run_logged(
    command: Sequence[str],
    *,
    log: IO[str] | None = None,
    on_line: Callable[[str], None] | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> tuple[int, str]:
    """Runs a command to its end, line by line.

    Args:
        command: program and arguments.
        log: gets the command and every line.
        on_line: called with every line, without its end.
        env: added to this process's environment.
        cwd: the folder to run in.

    Returns:
        The exit code and all output (standard output and error in the order they came).

    Raises:
        InstallerError: the program cannot be started.
    """
    if log is not None:
        log.write("$ " + " ".join(command) + "\n")
        log.flush()
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **env} if env else None,
            cwd=cwd,
            # its own group: a stop reaches the compilers behind pip and ninja too
            start_new_session=os.name == "posix",
        )
    except OSError as error:
        raise InstallerError(f"{command[0]} cannot be started: {error.strerror or error}.") from error
    with process:
        try:
            assert process.stdout is not None  # noqa: S101 (PIPE was asked for above; this tells the type checker)
            for raw in process.stdout:
                line = raw.rstrip("\r\n")
                lines.append(line)
                if log is not None:
                    log.write(line + "\n")
                if on_line is not None:
                    on_line(line)
        except BaseException:
            _stop(process)
            raise
    if log is not None:
        log.flush()
    return process.returncode, "\n".join(lines)


def _stop(process: subprocess.Popen[str]) -> None:
    if os.name == "posix":
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
    else:
        process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
