"""One engine per user: started once, shared, ended with its last user, and missed when it dies. Real processes."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.helpers.programs import engine_process, wait_until
from tests.helpers.scripted_server import Exchange, ScriptedServer, scripted_server
from thimble import protocol
from thimble.client import EngineSupervisor, lockfile, patience
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import EngineStatus, LockFile, Role

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def no_engine_left() -> Iterator[None]:
    yield
    wait_until(lambda: lockfile.read() is None, "the engine ended")


def test_it_starts_an_engine_and_hears_its_status() -> None:
    heard: list[EngineStatus] = []
    supervisor = EngineSupervisor(Role.TOOL, on_status=heard.append)
    client = supervisor.ensure()
    assert supervisor.started_engine
    assert heard[0].attached == (Role.TOOL,)
    assert client.status().pid == engine_process().pid
    supervisor.close()


def test_the_lock_file_is_for_this_user_only() -> None:
    supervisor = EngineSupervisor(Role.TOOL)
    supervisor.ensure()
    assert lockfile.path().stat().st_mode & 0o777 == 0o600
    supervisor.close()


def test_ensure_twice_is_the_same_engine() -> None:
    supervisor = EngineSupervisor(Role.TOOL)
    assert supervisor.ensure() is supervisor.ensure()
    supervisor.close()


def test_two_programs_starting_at_once_share_one_engine() -> None:
    supervisors = [EngineSupervisor(Role.WINDOW) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        pids = {status.pid for status in pool.map(lambda s: s.ensure().status(), supervisors)}
    assert len(pids) == 1
    assert sum(supervisor.started_engine for supervisor in supervisors) == 1
    for supervisor in supervisors:
        supervisor.close()


def test_the_engine_outlives_the_one_who_started_it_while_another_is_attached() -> None:
    starter, other = EngineSupervisor(Role.ASK), EngineSupervisor(Role.WINDOW)
    pid = starter.ensure().status().pid
    other.ensure()
    starter.close()
    assert other.ensure().status().pid == pid
    other.close()


def test_a_killed_engine_is_reported_once_and_can_be_started_again() -> None:
    lost: list[Problem] = []
    told = threading.Event()

    def on_lost(problem: Problem) -> None:
        lost.append(problem)
        told.set()

    supervisor = EngineSupervisor(Role.WINDOW, on_lost=on_lost)
    supervisor.ensure()
    engine_process().kill()
    assert told.wait(10)
    assert [problem.code for problem in lost] == [Code.ENGINE_DIED]
    assert "signal 9" in lost[0].detail
    assert supervisor.ensure().status().pid
    supervisor.close()


def test_closing_is_not_reported_as_a_loss() -> None:
    lost: list[Problem] = []
    supervisor = EngineSupervisor(Role.WINDOW, on_lost=lost.append)
    supervisor.ensure()
    supervisor.close()
    assert lost == []


def test_after_closing_it_does_not_start_another() -> None:
    supervisor = EngineSupervisor(Role.WINDOW)
    supervisor.close()
    with pytest.raises(ThimbleError) as caught:
        supervisor.ensure()
    assert caught.value.problem.code == Code.CANCELLED


def test_an_engine_that_ends_at_once_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(ThimbleError, match="could not be started") as caught:
        EngineSupervisor(Role.TOOL).ensure()
    assert "exit code 7" in caught.value.problem.detail


def test_an_engine_that_explains_itself_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem(Code.PORT_TAKEN, "Port 80 is taken.")
    broken = tmp_path / "python"
    broken.write_text(f"#!/bin/sh\necho '{json.dumps({'problem': problem.to_json()})}'\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(ThimbleError) as caught:
        EngineSupervisor(Role.TOOL).ensure()
    assert caught.value.problem == problem


def _script(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A program that stands where the engine's would."""
    path = folder / "engine"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_an_engine_that_hangs_is_given_up_with_a_mild_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    monkeypatch.setattr(patience, "STILL_SECONDS", 0.5)
    with pytest.raises(ThimbleError) as caught:
        EngineSupervisor(Role.TOOL).ensure()
    assert caught.value.problem.code == Code.ENGINE_UNREACHABLE
    assert "restart the computer" not in caught.value.problem.action
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_closing_ends_a_start_that_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _script(tmp_path, monkeypatch, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    supervisor = EngineSupervisor(Role.WINDOW)
    with ThreadPoolExecutor(1) as pool:
        start = pool.submit(supervisor.ensure)
        wait_until((tmp_path / "pid").exists, "it is starting")
        supervisor.close()
        with pytest.raises(ThimbleError) as caught:
            start.result(10)
    assert caught.value.problem.code == Code.CANCELLED


def announce(server: ScriptedServer) -> None:
    """A lock file of a living process (this one) that leads to the scripted server."""
    port = int(server.base_url.rpartition(":")[2])
    lockfile.path().write_text(json.dumps(LockFile(os.getpid(), port, "t").to_json()), "utf-8")


def test_an_engine_that_ends_before_the_attachment_is_replaced() -> None:
    def at_its_end(exchange: Exchange) -> None:
        if exchange.path == protocol.STATUS:
            exchange.json(EngineStatus(pid=os.getpid()).to_json())
        else:
            lockfile.path().unlink()
            exchange.start_events()

    with scripted_server(at_its_end) as server:
        announce(server)
        supervisor = EngineSupervisor(Role.TOOL)
        assert supervisor.ensure().status().pid == engine_process().pid != os.getpid()
        supervisor.close()


def test_an_engine_in_its_last_moment_is_waited_for() -> None:
    first = EngineSupervisor(Role.TOOL)
    pid = first.ensure().status().pid
    engine_process().terminate()
    second = EngineSupervisor(Role.TOOL)
    assert second.ensure().status().pid != pid
    first.close()
    second.close()


@pytest.mark.parametrize(
    "page", [b"<h1>Hello</h1>", b"{}", b"[]"], ids=["a web page", "an empty object", "an empty list"]
)
def test_a_stale_lock_file_that_leads_to_another_program_is_ignored(page: bytes) -> None:
    with scripted_server(lambda exchange: exchange.raw(page)) as server:
        announce(server)
        supervisor = EngineSupervisor(Role.TOOL)
        assert supervisor.ensure().status().pid == engine_process().pid
        supervisor.close()


def test_who_asks_for_the_engine_when_told_of_its_loss_gets_another() -> None:
    again: list[int] = []
    told = threading.Event()

    def on_lost(_problem: Problem) -> None:
        again.append(supervisor.ensure().status().pid)
        told.set()

    supervisor = EngineSupervisor(Role.WINDOW, on_lost=on_lost)
    first = supervisor.ensure().status().pid
    engine_process().kill()
    assert told.wait(20)
    assert again == [engine_process().pid] != [first]
    supervisor.close()


def test_a_module_in_the_current_folder_is_not_mistaken_for_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    supervisor = EngineSupervisor(Role.TOOL)
    assert supervisor.ensure().status().pid
    supervisor.close()
