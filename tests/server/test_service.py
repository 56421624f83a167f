"""The queue, the model that is asked for, and clients that go away."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from tests.helpers import tiny_model
from tests.server.conftest import TOKEN, Running, eventually, in_thread
from tests.server.fake_host import SECONDS, FakeHost, said
from thimble import paths, protocol
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions, State
from thimble.server import answering
from thimble.server.hub import Hub
from thimble.server.service import EngineService


def load(server: Running, path: str, **options: int) -> tuple[int, str]:
    """HTTP status and problem code of a load."""
    response = server.client().post(protocol.LOAD, json={"path": path, **options})
    return response.status_code, response.json().get("error", {}).get("code", "")


def waiting(server: Running, count: int) -> bool:
    """Whether one request is served and so many wait."""
    return bool(server.host.answered) and server.service.queue.waiting == count


def test_requests_are_served_fairly_between_programs(server: Running) -> None:
    server.host.hold_answers = True
    with ExitStack() as asking:
        for count, (name, text) in enumerate((("script", "1"), ("script", "2"), ("script", "3"), ("window", "4"))):
            asking.enter_context(in_thread(partial(server.chat, name, text)))
            eventually(partial(waiting, server, count))
        server.host.release()
    assert [said(task) for task in server.host.answered] == ["1", "2", "4", "3"]


def test_a_waiting_request_hears_how_many_come_before_it(server: Running) -> None:
    server.host.hold_answers = True
    with in_thread(server.chat):
        assert server.host.working.wait(SECONDS)
        with server.stream(prompt_progress=True) as data:
            assert json.loads(next(data))["progress"] == {"queued": 1}
            assert server.status().queued == 1
            server.host.release()
            assert json.loads(next(data))["progress"] == {"prompt_tokens": 4, "processed": 0}


def test_the_wait_is_in_the_timings(server: Running) -> None:
    assert server.chat().json()["timings"]["queued_ms"] >= 0


def test_a_client_that_goes_away_ends_its_answer(server: Running) -> None:
    server.host.hold_answers = True
    with server.stream() as data:
        next(data)
    assert server.host.cancelled.wait(SECONDS)
    eventually(lambda: server.status().state == State.READY)


def test_a_client_that_goes_away_before_the_first_byte_ends_its_answer(server: Running) -> None:
    server.host.hold_answers = True
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}]})
    head = f"POST {protocol.CHAT_COMPLETIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
    with socket.create_connection(("127.0.0.1", int(server.base_url.rpartition(":")[2]))) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        assert server.host.working.wait(SECONDS)
    assert server.host.cancelled.wait(SECONDS)


def test_a_client_that_goes_away_while_queued_leaves_the_queue(server: Running) -> None:
    server.host.hold_answers = True
    with in_thread(server.chat):
        assert server.host.working.wait(SECONDS)
        with server.stream(prompt_progress=True) as data:
            next(data)
        eventually(lambda: server.status().queued == 0)
        server.host.release()
    assert len(server.host.answered) == 1


def test_a_client_that_stops_reading_does_not_keep_the_others_out(server: Running) -> None:
    server.host.pieces = ["x" * 2**20] * 32  # more than fits into the sockets' buffers
    body = json.dumps({"messages": [{"role": "user", "content": "Hi"}], "stream": True}).encode()
    with socket.create_connection(("127.0.0.1", int(server.base_url.rpartition(":")[2])), SECONDS) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"POST {protocol.CHAT_COMPLETIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        stuck.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert stuck.recv(12) == b"HTTP/1.1 200"
        server.host.pieces = ["short"]
        assert server.chat().json()["choices"][0]["message"]["content"] == "short"


def test_a_quiet_stream_says_that_it_lives(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "QUIET_SECONDS", 0.02)
    server.host.hold_answers = True
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
    with server.client().stream("POST", protocol.CHAT_COMPLETIONS, json=body) as response:
        lines = response.iter_lines()
        assert next(line for line in lines if line.startswith(":")) == ": still here"
        server.host.release()
        assert "data: [DONE]" in list(lines)


def test_cancel_ends_the_running_answer_with_what_was_said(server: Running) -> None:
    server.host.hold_answers = True
    with in_thread(server.chat) as answers:
        assert server.host.working.wait(SECONDS)
        assert server.client().post(protocol.CANCEL, json={}).json() == {"cancelled": True}
    answer = answers[0].json()
    assert answer["choices"][0]["message"]["content"] == "Hel"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["timings"]["stop_reason"] == "cancelled"


def test_cancel_with_nothing_running_says_so(server: Running) -> None:
    assert server.client().post(protocol.CANCEL).json() == {"cancelled": False}


def test_a_load_answers_with_the_status(empty_server: Running) -> None:
    response = empty_server.client().post(protocol.LOAD, json={"path": "/m/a.gguf", "context": 512, "threads": 2})
    assert response.json()["model"]["id"] == "a"
    assert empty_server.host.loads == [("/m/a.gguf", LoadOptions(512, 2, 0))]


def test_the_resident_model_is_not_loaded_again(server: Running) -> None:
    assert load(server, "/models/tiny.gguf") == (200, "")
    assert server.host.loads == []


def test_other_options_load_it_again(server: Running) -> None:
    load(server, "/models/tiny.gguf", context=1024)
    assert len(server.host.loads) == 1


def test_a_newer_load_replaces_a_running_one(empty_server: Running) -> None:
    server = empty_server
    server.host.hold_loads = True
    with in_thread(lambda: load(server, "/m/old.gguf")) as old:
        assert server.host.working.wait(SECONDS)
        server.host.hold_loads = False
        assert load(server, "/m/new.gguf") == (200, "")
    assert old == [(499, "cancelled")]
    model = server.status().model
    assert model is not None
    assert model.id == "new"


def test_two_loads_of_the_same_model_are_one(empty_server: Running) -> None:
    server = empty_server
    server.host.hold_loads = True
    with in_thread(lambda: load(server, "/m/a.gguf")) as first, in_thread(lambda: load(server, "/m/a.gguf")) as second:
        assert server.host.working.wait(SECONDS)
        server.host.release()
    assert first == second == [(200, "")]
    assert len(server.host.loads) == 1


def test_a_cancelled_load_is_told_to_who_asked_for_it(empty_server: Running) -> None:
    server = empty_server
    server.host.hold_loads = True
    with in_thread(lambda: load(server, "/m/a.gguf")) as loads:
        assert server.host.working.wait(SECONDS)
        assert server.client().post(protocol.CANCEL).json() == {"cancelled": True}
    assert loads == [(499, "cancelled")]


def test_a_load_that_waits_for_an_answer_can_be_cancelled_without_it(server: Running) -> None:
    server.host.hold_answers = True
    with server.stream() as data:
        next(data)
        with in_thread(lambda: load(server, "/m/a.gguf")) as loads:
            eventually(lambda: server.status().queued == 1)
            with in_thread(lambda: load(server, "/m/b.gguf")) as newer:
                eventually(lambda: bool(loads))
                server.host.release()
        assert (loads, newer) == ([(499, "cancelled")], [(200, "")])
        assert "[DONE]" in list(data)


def test_a_failed_load_is_in_the_status_until_the_next(empty_server: Running) -> None:
    server = empty_server
    server.host.problem = ThimbleError(Code.MODEL_LOAD_FAILED, "It is broken.")
    assert load(server, "/m/a.gguf") == (400, "model_load_failed")
    problem = server.status().problem
    assert problem is not None
    assert problem.sentence == "It is broken."


def test_unloading_frees_the_model(server: Running) -> None:
    assert server.client().post(protocol.UNLOAD).json()["model"] is None


def test_an_answer_without_any_model_is_refused(empty_server: Running) -> None:
    response = empty_server.chat()
    assert (response.status_code, response.json()["error"]["code"]) == (400, "no_model")


def test_the_only_model_of_the_folder_is_loaded_when_asked(empty_server: Running) -> None:
    path = tiny_model.write_random(paths.default_models_dir() / "only.gguf")
    assert empty_server.chat().status_code == 200
    assert [loaded for loaded, _ in empty_server.host.loads] == [str(path)]


def test_with_two_models_one_has_to_be_chosen(empty_server: Running) -> None:
    for name in ("a", "b"):
        (paths.default_models_dir() / f"{name}.gguf").touch()
    assert empty_server.chat().json()["error"]["code"] == "no_model"


def test_a_request_for_another_model_swaps_after_the_running_answer(server: Running) -> None:
    other = paths.default_models_dir() / "other.gguf"
    other.touch()
    server.host.hold_answers = True
    with in_thread(lambda: server.chat(text="first")):
        assert server.host.working.wait(SECONDS)
        with in_thread(lambda: server.chat(text="second", model="other")) as second:
            eventually(lambda: server.status().queued == 1)
            assert server.host.loads == []
            server.host.release()
    assert second[0].json()["model"] == "other"
    assert [path for path, _ in server.host.loads] == [str(other)]


def test_a_client_that_goes_away_during_a_swap_ends_it_and_the_next_answer_is_by_the_right_model(
    server: Running,
) -> None:
    for name in ("other", "third"):
        (paths.default_models_dir() / f"{name}.gguf").touch()
    server.host.hold_loads = True
    with server.stream(model="other", prompt_progress=True) as data:
        assert json.loads(next(data))["progress"] == {"queued": 0}
        assert server.host.working.wait(SECONDS)
        server.host.hold_loads = False
    assert server.chat(model="third").json()["model"] == "third"
    assert server.host.loads[1][0].endswith("third.gguf")


def test_cancel_during_a_swap_ends_it(server: Running) -> None:
    (paths.default_models_dir() / "other.gguf").touch()
    server.host.hold_loads = True
    with in_thread(lambda: server.chat(model="other")) as answers:
        assert server.host.working.wait(SECONDS)
        assert server.client().post(protocol.CANCEL).json() == {"cancelled": True}
    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (499, "cancelled")
    assert server.client().post(protocol.CANCEL).json() == {"cancelled": False}


def test_a_load_stopped_before_its_first_step_is_cancelled() -> None:
    async def ask() -> str:
        service = EngineService(FakeHost(), Hub())
        asking = asyncio.create_task(service.load("/m/a.gguf", LoadOptions()))
        asyncio.get_running_loop().call_soon(service.cancel)  # between the task's making and its first step
        with pytest.raises(ThimbleError) as failure:
            await asking
        assert not service.cancel()
        return failure.value.problem.code

    assert asyncio.run(ask()) == Code.CANCELLED


@pytest.mark.parametrize("name", ["", "default", "tiny", "/models/tiny.gguf"])
def test_the_resident_model_has_several_names(server: Running, name: str) -> None:
    assert server.chat(model=name).status_code == 200
    assert server.host.loads == []


def test_an_unknown_model_is_named(server: Running) -> None:
    response = server.chat(model="gpt-9")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
    assert "gpt-9" in response.json()["error"]["sentence"]


def test_a_path_outside_the_folder_is_no_model_name(server: Running, tmp_path: Path) -> None:
    outside = tiny_model.write_random(tmp_path / "outside.gguf")
    assert server.chat(model=str(outside)).status_code == 404
