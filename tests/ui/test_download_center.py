"""The window's downloads: progress, a way out with an undo, and nothing left running."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.hub_server import COMMIT, Fault, Hub
from tests.ui.hub_fixtures import REPOSITORY, hub
from thimble import paths
from thimble.errors import Code, Problem
from thimble.library.choices import Choice, HubFile
from thimble.library.downloads import Downloads
from thimble.library.orders import write_orders
from thimble.library.stages import Stage
from thimble.ui.app_context import AppContext
from thimble.ui.download_center import DownloadCenter

__all__ = ["hub"]


@pytest.fixture
def choice(hub: Hub) -> Choice:
    content = hub.repos[REPOSITORY].files["small-Q4_0.gguf"]
    return Choice("Q4_0", (HubFile("small-Q4_0.gguf", content.size, content.sha256),))


def test_a_model_arrives_and_is_told_of_once(
    qtbot: QtBot, context: AppContext, choice: Choice, thimble_home: Path
) -> None:
    arrived: list[tuple[str, str]] = []
    context.downloads.arrived.connect(lambda path, title: arrived.append((path, title)))
    context.downloads.add(REPOSITORY, COMMIT, choice)
    qtbot.waitUntil(lambda: bool(arrived))
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    (path, title), *more = arrived
    assert more == []
    assert title == "small Q4_0"
    assert Path(path).is_relative_to(thimble_home / "huggingface" / "hub")
    assert Path(path).stat().st_size == choice.size


def test_a_cancelled_download_can_be_taken_back(qtbot: QtBot, context: AppContext, hub: Hub, choice: Choice) -> None:
    hub.faults.append(Fault("data", bytes_per_second=100_000, times=9))
    downloads = context.downloads
    downloads.add(REPOSITORY, COMMIT, choice)
    qtbot.waitUntil(lambda: [s.stage for s in downloads.statuses] == [Stage.LOADING], timeout=10_000)
    downloads.pause(downloads.statuses[0].id)
    qtbot.waitUntil(lambda: [s.stage for s in downloads.statuses] == [Stage.PAUSED])
    downloads.cancel(downloads.statuses[0].id, "It")
    qtbot.waitUntil(lambda: downloads.statuses == [])
    qtbot.waitUntil(lambda: context.undo.text == "The download of It was cancelled.")
    hub.faults.clear()
    assert context.undo.undo()
    qtbot.waitUntil(lambda: [s.stage for s in downloads.statuses] == [Stage.PAUSED])
    downloads.resume(downloads.statuses[0].id)
    qtbot.waitUntil(lambda: [s.stage for s in downloads.statuses] == [Stage.DONE], timeout=10_000)


def test_a_cancelled_download_that_is_not_taken_back_leaves_nothing(
    qtbot: QtBot, context: AppContext, hub: Hub, choice: Choice, thimble_home: Path
) -> None:
    hub.faults.append(Fault("data", bytes_per_second=100_000, times=9))
    downloads = context.downloads
    downloads.add(REPOSITORY, COMMIT, choice)
    parts = thimble_home / "huggingface" / "hub"
    qtbot.waitUntil(lambda: bool(downloads.statuses and list(parts.rglob("*.thimble-part"))), timeout=10_000)
    downloads.cancel(downloads.statuses[0].id, "It")
    qtbot.waitUntil(lambda: bool(context.undo.text))
    downloads.close()
    assert list(parts.rglob("*.thimble-part")) == []


def test_offline_it_is_refused_and_online_again_it_works(qtbot: QtBot, context: AppContext, choice: Choice) -> None:
    problems: list[Problem] = []
    context.downloads.failed.connect(problems.append)
    context.settings.set("files.offline", True)
    context.downloads.add(REPOSITORY, COMMIT, choice)
    qtbot.waitUntil(lambda: [problem.code for problem in problems] == [Code.OFFLINE])
    context.settings.set("files.offline", False)
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    context.downloads.add(REPOSITORY, COMMIT, choice)
    qtbot.waitUntil(lambda: [s.stage for s in context.downloads.statuses] == [Stage.DONE], timeout=10_000)


def test_the_next_window_goes_on(qtbot: QtBot, context: AppContext, hub: Hub, choice: Choice) -> None:
    hub.faults.append(Fault("data", bytes_per_second=100_000))
    context.downloads.add(REPOSITORY, COMMIT, choice)
    qtbot.waitUntil(lambda: any(s.done for s in context.downloads.statuses), timeout=10_000)
    context.downloads.close()
    again = DownloadCenter(context.settings, context.jobs, context.undo)
    again.start()
    qtbot.waitUntil(lambda: [s.stage for s in again.statuses] == [Stage.DONE], timeout=10_000)
    again.close()


def test_the_start_without_downloads_opens_no_queue(
    qtbot: QtBot, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(DownloadCenter, "_opened", opened.append)
    context.downloads.start()
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert opened == []
    assert context.downloads.statuses == []


@pytest.mark.parametrize("queue", [True, False])
def test_what_killed_windows_left_goes_at_the_start(qtbot: QtBot, context: AppContext, queue: bool) -> None:
    folder, cache = context.settings.model_folders()
    trash = folder / ".thimble-trash-0123" / "m.gguf"
    parts = [cache / "models--anna--m" / "blobs" / f"{'a' * 64}{end}" for end in (".thimble-part", ".thimble-trash")]
    fresh = cache / "models--anna--m" / "blobs" / f"{'b' * 64}.thimble-part"
    for file in (trash, *parts, fresh):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"much")
    for old in (trash.parent, *parts):
        os.utime(old, (0, 0))
    if queue:
        write_orders(paths.downloads_file(), [])
    context.downloads.start()
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert not trash.parent.exists()
    assert [part for part in parts if part.exists()] == []
    assert fresh.exists()


def test_two_first_downloads_at_once_are_in_one_queue(
    qtbot: QtBot, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    both = threading.Barrier(2)

    class Counted(Downloads):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            with contextlib.suppress(threading.BrokenBarrierError):
                both.wait(0.5)  # broken, unless a second queue is made meanwhile
            made.append(self)
            super().__init__(*arguments, **more)

    monkeypatch.setattr("thimble.library.downloads.Downloads", Counted)
    context.downloads.pause("one")
    context.downloads.pause("another")
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert len(made) == 1
