"""Background work comes back into the GUI thread, can be cancelled, and ends with the window."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from thimble.errors import Code, Problem, ThimbleError
from thimble.ui.jobs import THREADS, JobHandle, JobRunner, problem_of

pause = threading.Event()
HANGING = """
import threading
from PySide6.QtCore import QCoreApplication
from thimble.ui import jobs
jobs.SHUTDOWN_SECONDS = 0.0
app = QCoreApplication([])
runner, begun = jobs.JobRunner(), threading.Event()
runner.run(lambda _handle: (begun.set(), threading.Event().wait()))
begun.wait()
assert not runner.shutdown()
print("over")
"""


def test_the_result_is_delivered_in_the_gui_thread(qtbot: QtBot, jobs: JobRunner) -> None:
    found: list[tuple[int, int, int]] = []
    here = threading.get_ident()
    handle = jobs.run(
        lambda _h: threading.get_ident(), done=lambda there: found.append((there, threading.get_ident(), here))
    )
    qtbot.waitSignal(handle.finished).wait()
    (worked, delivered, gui) = found[0]
    assert worked != gui
    assert delivered == gui


def test_a_problem_reaches_failed_as_it_is(qtbot: QtBot, jobs: JobRunner) -> None:
    def work(_handle: JobHandle) -> None:
        raise ThimbleError(Code.DISK_FULL, "The disk is full.", "Free some space.")

    problems: list[Problem] = []
    handle = jobs.run(work, failed=problems.append)
    qtbot.waitSignal(handle.finished).wait()
    assert problems == [Problem(Code.DISK_FULL, "The disk is full.", "Free some space.")]


def test_an_unexpected_exception_becomes_a_sentence(qtbot: QtBot, jobs: JobRunner) -> None:
    problems: list[Problem] = []
    handle = jobs.run(lambda _h: 1 // 0, failed=problems.append)
    qtbot.waitSignal(handle.finished).wait()
    assert problems[0].code == Code.INTERNAL
    assert "ZeroDivisionError" not in problems[0].sentence
    assert "ZeroDivisionError" in problems[0].detail


def test_progress_beyond_a_c_integer_arrives_whole(qtbot: QtBot, jobs: JobRunner) -> None:
    seen: list[tuple[int, int, int]] = []
    handle = jobs.run(
        lambda h: h.report(3 * 2**40, 4 * 2**40),
        progress=lambda done, total: seen.append((done, total, threading.get_ident())),
    )
    qtbot.waitSignal(handle.finished).wait()
    assert seen == [(3 * 2**40, 4 * 2**40, threading.get_ident())]


def test_a_cancelled_job_delivers_nothing(qtbot: QtBot, jobs: JobRunner) -> None:
    started = threading.Event()
    called: list[object] = []

    def work(handle: JobHandle) -> int:
        started.set()
        while not handle.cancelled:
            pause.wait(0.005)
        handle.check()
        return 1

    handle = jobs.run(work, done=called.append, failed=called.append)
    started.wait()
    with qtbot.waitSignal(handle.finished):
        handle.cancel()
    assert called == []


def test_shutdown_cancels_and_joins(qtbot: QtBot) -> None:
    runner = JobRunner()
    started, ended = threading.Event(), threading.Event()

    def work(handle: JobHandle) -> None:
        started.set()
        while not handle.cancelled:
            pause.wait(0.005)
        ended.set()

    runner.run(work)
    started.wait()
    assert runner.shutdown()
    assert ended.is_set()


def test_what_has_not_begun_at_the_end_never_does(qtbot: QtBot) -> None:
    runner = JobRunner()
    begun, ran = threading.Semaphore(0), list[int]()

    def work(handle: JobHandle) -> None:
        begun.release()
        while not handle.cancelled:
            pause.wait(0.005)

    for _ in range(THREADS):
        runner.run(work)
    for _ in range(3):
        runner.run(lambda _h: ran.append(1))
    for _ in range(THREADS):
        begun.acquire()
    assert runner.shutdown()
    assert ran == []


def test_a_job_that_hangs_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"over\n"), done.stderr.decode()


def test_a_view_that_outlives_the_deleted_runner_starts_nothing(qtbot: QtBot) -> None:
    runner = JobRunner()
    runner.shutdown()
    shiboken6.delete(runner)
    assert not runner.run(lambda _handle: None).running


def test_after_shutdown_nothing_starts(qtbot: QtBot) -> None:
    runner = JobRunner()
    runner.shutdown()
    ran: list[int] = []
    handle = runner.run(lambda _h: ran.append(1))
    assert handle.cancelled
    assert ran == []


def test_nothing_runs_when_all_is_over(qtbot: QtBot, jobs: JobRunner) -> None:
    handle = jobs.run(lambda _h: None)
    qtbot.waitSignal(handle.finished).wait()
    assert jobs.running == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), Code.DISK_FULL),
        (PermissionError(errno.EACCES, "Permission denied"), Code.FILE_NOT_WRITABLE),
        (ValueError("x"), Code.INTERNAL),
    ],
)
def test_system_errors_have_their_code(error: Exception, code: Code) -> None:
    assert problem_of(error).code == code
