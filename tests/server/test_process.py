"""The real process with a tiny model: start, one per user, bad files through HTTP, and every way to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import openai
import psutil
import pytest
from filelock import FileLock
from httpx_sse import EventSource

from tests.helpers import tiny_model
from tests.server.conftest import eventually, in_thread
from thimble import paths, protocol
from thimble.protocol import EngineStatus, LockFile, State
from thimble.server.listening import bind
from thimble.server.process import LINGER_SECONDS

pytestmark = pytest.mark.engine

SECONDS = 30.0
END_SECONDS = 2.5
"""Two for the engine, and some for a busy machine to notice."""


PARENT = """
import httpx, json, os, subprocess, sys
from thimble import paths

engine = subprocess.Popen([sys.executable, "-m", "thimble.server"], stdout=subprocess.PIPE, text=True)
engine.stdout.readline()
lock = json.loads((paths.runtime_dir() / "engine.json").read_text())
client = httpx.Client(headers={"Authorization": "Bearer " + lock["token"]}, trust_env=False)
request = client.build_request("GET", f"http://127.0.0.1:{lock['port']}/thimble/attach?role=tool")
next(client.send(request, stream=True).iter_lines())
print(engine.pid, flush=True)
os.kill(os.getpid(), 9)
"""
"""A program that starts an engine, attaches to it, and dies."""


class Engine:
    """One engine process."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "thimble.server", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline().strip()

    def close(self) -> None:
        """Kills what still runs."""
        self.process.kill()
        self.process.wait(SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def problem(self) -> dict[str, str]:
        """Why it did not start."""
        problem = json.loads(self.line)["problem"]
        assert isinstance(problem, dict)
        return problem

    @property
    def lock(self) -> LockFile:
        """What it announced."""
        return LockFile.from_json(json.loads(announcement().read_text()))

    def client(self) -> httpx.Client:
        """A client with its token."""
        headers = {"Authorization": f"Bearer {self.lock.token}"}
        return httpx.Client(base_url=self.lock.base_url, headers=headers, timeout=SECONDS, trust_env=False)

    def load(self, path: Path, **options: int) -> httpx.Response:
        """Loads a model."""
        with self.client() as client:
            return client.post(protocol.LOAD, json={"path": str(path), "threads": 1, **options})

    def status(self) -> EngineStatus:
        """The status."""
        with self.client() as client:
            return EngineStatus.from_json(client.get(protocol.STATUS).json())

    def ends_within(self, seconds: float) -> int:
        """Its exit code."""
        return self.process.wait(seconds)


def announcement() -> Path:
    return paths.runtime_dir() / "engine.json"


@pytest.fixture
def start() -> Iterator[Any]:
    """Starts engines; all are gone after the test."""
    with ExitStack() as stack:

        def make(*arguments: str) -> Engine:
            engine = Engine(*arguments)
            stack.callback(engine.close)
            return engine

        yield make


@pytest.fixture
def running(start: Any) -> Engine:
    """An engine that answers."""
    engine: Engine = start()
    assert engine.line.startswith("ready ")
    return engine


@pytest.fixture
def endless(running: Engine, tmp_path: Path) -> Engine:
    """An engine whose model talks for ever."""
    path = tiny_model.write_chain(tmp_path / "endless.gguf", "abcdefg", loops=True, context=65536)
    assert running.load(path, context=65536).status_code == 200
    return running


@contextmanager
def attached(engine: Engine) -> Iterator[Iterator[Any]]:
    with engine.client() as client, client.stream("GET", protocol.ATTACH, params={"role": "tool"}) as response:
        events = EventSource(response).iter_sse()
        next(events)
        yield events


@contextmanager
def talking(engine: Engine) -> Iterator[Iterator[Any]]:
    """An answer without end, of which the first text has come."""
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True, "temperature": 0}
    with engine.client() as client, client.stream("POST", protocol.CHAT_COMPLETIONS, json=body) as response:
        events = EventSource(response).iter_sse()
        next(events)
        next(events)
        yield events


def test_the_ready_line_and_the_lock_file_name_the_port(running: Engine) -> None:
    assert running.line == f"ready {running.lock.port}"
    assert running.lock.pid == running.process.pid
    assert len(running.lock.token) > 30


def test_the_lock_file_may_be_read_by_nobody_else(running: Engine) -> None:
    expected = 0o600 if os.name == "posix" else stat.S_IMODE(announcement().stat().st_mode)
    assert running.lock.token
    assert stat.S_IMODE(announcement().stat().st_mode) == expected


def test_a_second_engine_refuses_and_leaves_the_first_alone(running: Engine, start: Any) -> None:
    second = start()
    assert second.ends_within(SECONDS) == 3
    assert second.problem["code"] == "engine_failed"
    assert running.status().state == State.EMPTY


def test_an_engine_that_was_killed_and_is_not_gone_yet_is_waited_for(start: Any) -> None:
    folder = paths.runtime_dir()
    with bind("127.0.0.1", 0) as closed:
        port = closed.getsockname()[1]
    (folder / "engine.json").write_text(json.dumps(LockFile(os.getpid(), port, "old").to_json()))
    held = FileLock(folder / "engine.lock", thread_local=False)
    held.acquire()
    release = threading.Timer(1.0, held.release)
    release.start()
    assert start().lock.token != "old"
    release.join()


def test_a_stale_lock_file_is_replaced(start: Any) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(SECONDS)
    announcement().write_text(json.dumps(LockFile(gone.pid, 1, "old").to_json()))
    assert start().lock.token != "old"


def test_an_engine_that_was_killed_leaves_the_place_free(running: Engine, start: Any) -> None:
    running.process.kill()
    running.process.wait(SECONDS)
    assert announcement().exists()
    assert start().line.startswith("ready ")


def test_a_taken_port_is_named(start: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        engine = start("--port", str(port))
        assert engine.ends_within(SECONDS) == 3
    assert engine.problem["code"] == "port_taken"
    assert str(port) in engine.problem["sentence"]


def test_a_fixed_port_is_free_again_at_once(start: Any) -> None:
    first = start()
    port = first.lock.port
    with attached(first):
        first.process.terminate()
        first.ends_within(SECONDS)
    assert start("--port", str(port)).line == f"ready {port}"


def test_small_pieces_of_a_stream_are_sent_at_once() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # by which asyncio knows to turn Nagle's algorithm off


def test_the_token_may_be_given_by_the_environment(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(protocol.TOKEN_VARIABLE, "mine")
    assert start().lock.token == "mine"


def test_it_ends_when_the_last_one_has_detached(running: Engine) -> None:
    with attached(running), attached(running):
        pass
    assert running.ends_within(SECONDS) == 0
    assert not announcement().exists()


def test_it_stays_while_one_of_two_is_attached(running: Engine) -> None:
    with attached(running):
        with attached(running):
            pass
        eventually(lambda: running.status().attached == ("tool",))
        with pytest.raises(subprocess.TimeoutExpired):
            running.ends_within(LINGER_SECONDS + 0.3)


def test_it_ends_when_nobody_ever_attached(start: Any) -> None:
    assert start("--role-timeout", "0.2").ends_within(SECONDS) == 0


def test_it_ends_with_the_death_of_who_started_it(start: Any) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.run(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=environment, check=False, timeout=SECONDS
    )
    pid = int(parent.stdout)
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(SECONDS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_answer_ends_it_in_two_seconds(endless: Engine, number: signal.Signals) -> None:
    with talking(endless) as events:
        asked = time.monotonic()
        endless.process.send_signal(number)
        assert endless.ends_within(END_SECONDS) == 0
        assert time.monotonic() - asked < END_SECONDS
        with suppress(httpx.HTTPError):
            list(events)
    assert not announcement().exists()


def test_a_signal_in_mid_load_ends_it_in_two_seconds(running: Engine, starter_model: Path) -> None:
    with attached(running) as events, in_thread(partial(broken_load, running, starter_model)):
        next(event for event in events if json.loads(event.data)["state"] != State.EMPTY)
        running.process.terminate()
        assert running.ends_within(END_SECONDS) == 0


def broken_load(engine: Engine, path: Path) -> None:
    """A load whose engine may go away."""
    with suppress(httpx.HTTPError):
        engine.load(path)


def test_other_programs_come_first(running: Engine) -> None:
    assert psutil.Process(running.process.pid).nice() > psutil.Process().nice()


def test_a_client_that_goes_away_ends_its_answer(endless: Engine) -> None:
    with talking(endless):
        assert endless.status().state == State.ANSWERING
    eventually(lambda: endless.status().state == State.READY)


def test_cancel_ends_a_stream_with_its_timings(endless: Engine) -> None:
    with talking(endless) as events:
        with endless.client() as client:
            assert client.post(protocol.CANCEL).json() == {"cancelled": True}
        *_, last, done = [event.data for event in events]
    assert done == "[DONE]"
    assert json.loads(last)["timings"]["stop_reason"] == "cancelled"


def test_a_hostile_grammar_fails_alone(running: Engine, tmp_path: Path) -> None:
    grammar = 'root ::= s "!"\ns ::= "a" s x | "a" s y | "a"\nx ::= "x"\ny ::= "y"\n'  # stacks double with each letter
    bodies: list[dict[str, Any]] = [
        {"grammar": grammar, "logit_bias": {str(ord("a")): 100}, "max_tokens": 200},
        {"grammar": 'root ::= "fine"'},
    ]
    with attached(running), running.client() as client:
        assert running.load(tiny_model.write_random(tmp_path / "tiny.gguf")).status_code == 200

        def ask(body: dict[str, Any]) -> httpx.Response:
            said = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 0, **body}
            return client.post(protocol.CHAT_COMPLETIONS, json=said)

        with ThreadPoolExecutor(2) as programs:
            hostile, other = programs.map(ask, bodies)
        assert hostile.status_code == 400
        assert "can be read in too many ways" in hostile.json()["error"]["message"]
        assert other.json()["choices"][0]["message"]["content"] == "fine"
        assert running.status().pid == running.process.pid


def test_load_progress_comes_through_the_attachment_and_never_falls(running: Engine, starter_model: Path) -> None:
    with attached(running) as events:
        assert running.load(starter_model, context=512).status_code == 200
        seen = []
        for event in events:
            seen.append(EngineStatus.from_json(json.loads(event.data)))
            if seen[-1].model is not None:
                break
    shares = [status.load_progress for status in seen if status.state == State.LOADING]
    assert shares == sorted(shares)


def bad_file(kind: str, folder: Path) -> Path:
    """A file of this kind of badness."""
    path = folder / f"{kind}.gguf"
    if kind == "folder":
        path.mkdir()
    elif kind == "web page":
        path.write_text("<!DOCTYPE html><title>Sign in</title>")
    elif kind == "unknown architecture":
        tiny_model.write_unknown(path)
    elif kind == "truncated":
        os.truncate(tiny_model.write_random(path), 100_000)
    elif kind == "unreadable":
        os.mkfifo(path)  # taking the permission away would not keep root out
    return path


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("folder", "model_is_folder", "is a folder"),
        ("web page", "model_not_gguf", "web page"),
        ("unknown architecture", "model_unsupported", "thimblefish"),
        ("truncated", "model_truncated", "not complete"),
        ("unreadable", "model_unreadable", "not a file on disk"),
        ("missing", "model_not_found", "is not there"),
    ],
)
def test_a_bad_file_has_its_sentence(running: Engine, tmp_path: Path, kind: str, code: str, words: str) -> None:
    response = running.load(bad_file(kind, tmp_path))
    error = response.json()["error"]
    assert (response.status_code >= 400, error["code"]) == (True, code)
    assert words in error["sentence"]
    problem = running.status().problem
    assert problem is not None
    assert problem.code == code


def test_a_prompt_longer_than_the_context_has_both_figures(running: Engine, tmp_path: Path) -> None:
    running.load(tiny_model.write_random(tmp_path / "a.gguf"), context=256)
    with running.client() as client:
        body = {"messages": [{"role": "user", "content": "x" * 1000}]}
        error = client.post(protocol.CHAT_COMPLETIONS, json=body).json()["error"]
    assert error["code"] == "context_too_long"
    assert "1,004" in error["message"]
    assert "256" in error["message"]


def test_naming_another_model_swaps(running: Engine) -> None:
    folder = paths.default_models_dir()
    tiny_model.write_chain(folder / "one.gguf", "abc")
    tiny_model.write_chain(folder / "two.gguf", "xyz")
    with running.client() as client:

        def say(model: str) -> str:
            body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "temperature": 0}
            return str(client.post(protocol.CHAT_COMPLETIONS, json=body).json()["choices"][0]["message"]["content"])

        assert [say("one"), say("two"), say("one")] == ["abc", "xyz", "abc"]


def test_the_official_client_streams_and_completes(endless: Engine) -> None:
    with openai.OpenAI(base_url=f"{endless.lock.base_url}/v1", api_key=endless.lock.token, max_retries=0) as client:
        stream = client.chat.completions.create(
            model="endless", messages=[{"role": "user", "content": "Hi"}], stream=True, max_tokens=5, temperature=0
        )
        chunks = list(stream)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "abcde"
        assert chunks[-1].choices[0].finish_reason == "length"
        assert (
            client.completions.create(model="endless", prompt=">", max_tokens=3, temperature=0).choices[0].text == "abc"
        )
