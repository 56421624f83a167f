"""The window's downloads: progress, a way out with an undo, and nothing left running."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.hub_server import COMMIT, Fault, Hub
from tests.ui.hub_fixtures import REPOSITORY, hub
from thimble.errors import Code, Problem
from thimble.library.choices import Choice, HubFile
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
    qtbot.waitUntil(lambda: bool(list(parts.rglob("*.thimble-part"))), timeout=10_000)
    downloads.cancel(downloads.statuses[0].id if downloads.statuses else "", "It")
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


def test_without_downloads_nothing_is_opened(context: AppContext) -> None:
    context.downloads.start()
    assert context.jobs.running == 0
    assert context.downloads.statuses == []
