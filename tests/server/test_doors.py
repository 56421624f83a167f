"""Doors for other programs: what is behind them, who may come in, what is told of them."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.server.conftest import HELLO, Running, eventually, in_thread
from thimble import protocol
from thimble.errors import Code, ThimbleError
from thimble.server import doors as doors_module
from thimble.server import service
from thimble.server.listening import bind
from thimble.server.schemas import body as bodies

KEY = "a-key-of-sixteen-letters"
PAGE = "http://localhost:3000"


def open_door(server: Running, **fields: Any) -> httpx.Response:
    body = {"name": "window", "key": KEY, **fields}
    return server.client().post(protocol.DOORS, json=body)


def through(server: Running, **fields: Any) -> httpx.Client:
    """A client of a door that is opened for it."""
    state = open_door(server, **fields).json()
    client = httpx.Client(
        base_url=state["addresses"][0], headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=20
    )
    server._clients.append(client)
    return client


def code_of(response: httpx.Response) -> str:
    return str(response.json()["error"]["code"])


def test_behind_a_door_are_the_models_and_not_the_engine_itself(server: Running) -> None:
    client = through(server)
    answer = client.post(protocol.CHAT_COMPLETIONS, json={"messages": HELLO}).json()
    assert answer["choices"][0]["message"]["content"] == "Hello"
    for path in (protocol.STATUS, protocol.DOORS, protocol.REQUESTS, protocol.TELEMETRY, protocol.ATTACH):
        assert client.get(path).status_code == 404
    assert client.post(protocol.UNLOAD).status_code == 404


def test_a_door_has_its_own_key(server: Running) -> None:
    client = through(server)
    assert client.get(protocol.MODELS, headers={"Authorization": "Bearer secret"}).status_code == 401
    assert client.get(protocol.MODELS, headers={"Authorization": "", "x-api-key": KEY}).status_code == 200
    assert server.client(token=KEY).get(protocol.MODELS).status_code == 401


def test_health_and_nothing_else_is_told_without_a_key(server: Running) -> None:
    client = through(server)
    bare = {"Authorization": ""}
    assert client.get(protocol.HEALTH, headers=bare).json() == {"status": "ok"}
    assert client.get(protocol.METRICS, headers=bare).status_code == 401
    assert client.get(protocol.METRICS).status_code == 200


@pytest.mark.parametrize("key", ["", "short"])
def test_without_a_good_key_the_network_stays_out(server: Running, key: str) -> None:
    refused = open_door(server, key=key, lan=True)
    assert (refused.status_code, code_of(refused)) == (400, Code.KEY_NEEDED)
    assert server.client().get(protocol.DOORS, params={"name": "window"}).json() == {"open": False}


def test_a_door_to_the_network_listens_on_every_address_and_another_on_this_computer_only(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound: list[str] = []

    def watched(host: str, port: int) -> socket.socket:
        bound.append(host)
        return bind("127.0.0.1", port)  # a test opens nothing to the network

    monkeypatch.setattr(doors_module, "bind", watched)
    monkeypatch.setattr(doors_module, "addresses", lambda: ["192.168.1.7"])
    here = open_door(server).json()
    assert [address.rpartition(":")[0] for address in here["addresses"]] == ["http://127.0.0.1"]
    there = open_door(server, lan=True, port=here["port"]).json()
    assert there["addresses"][1] == f"http://192.168.1.7:{there['port']}"
    assert bound == ["127.0.0.1", doors_module.ALL_ADDRESSES]


def test_on_the_network_a_number_will_do_as_host_and_a_foreign_name_will_not(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors_module, "ALL_ADDRESSES", "127.0.0.1")
    client = through(server, lan=True)
    for host, status in (
        ("192.168.1.7:8080", 200),
        ("[fe80::1]", 200),
        (socket.gethostname(), 200),
        ("evil.example", 401),
    ):
        assert client.get(protocol.MODELS, headers={"Host": host}).status_code == status


def test_a_page_must_be_on_the_list(server: Running) -> None:
    client = through(server, origins=[PAGE.upper() + "/"])
    allowed = client.get(protocol.MODELS, headers={"Origin": PAGE})
    assert allowed.headers["access-control-allow-origin"] == PAGE
    assert "origin" in allowed.headers["vary"].lower()
    for origin in ("http://evil.example", "null", "http://localhost:3000.evil.example"):
        refused = client.get(protocol.MODELS, headers={"Origin": origin})
        assert (refused.status_code, code_of(refused)) == (403, Code.ORIGIN_REFUSED)
        assert "access-control-allow-origin" not in refused.headers


def test_a_browser_may_ask_first_without_the_key(server: Running) -> None:
    client = through(server, origins=[PAGE])
    asks = {
        "Authorization": "",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    told = client.options(protocol.CHAT_COMPLETIONS, headers={**asks, "Origin": PAGE})
    assert told.status_code == 204
    assert told.headers["access-control-allow-origin"] == PAGE
    assert told.headers["access-control-allow-headers"] == "authorization"
    assert (
        client.options(protocol.CHAT_COMPLETIONS, headers={**asks, "Origin": "http://evil.example"}).status_code == 403
    )


def test_refusals_can_be_read_by_an_allowed_page(server: Running) -> None:
    client = through(server, origins=["*"])
    refused = client.get(protocol.MODELS, headers={"Origin": PAGE, "Authorization": "Bearer wrong"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == PAGE


def test_a_taken_port_is_said_and_the_open_door_stays(server: Running) -> None:
    before = open_door(server).json()
    with bind("127.0.0.1", 0) as taken:
        refused = open_door(server, port=taken.getsockname()[1])
    assert code_of(refused) == Code.PORT_TAKEN
    assert server.client().get(protocol.DOORS, params={"name": "window"}).json() == before


def test_a_door_can_be_shut_and_opened_anew(server: Running) -> None:
    client = through(server)
    port = server.client().get(protocol.DOORS, params={"name": "window"}).json()["port"]
    assert server.client().post(protocol.DOORS, json={"name": "window", "open": False}).json() == {"open": False}
    with pytest.raises(httpx.ConnectError):
        client.get(protocol.HEALTH)
    assert open_door(server, port=port).json()["port"] == port


def test_a_door_shuts_when_its_owner_has_ended(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_module, "OWNER_SECONDS", 0.01)
    open_door(server, name="me", owner=os.getpid())
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    open_door(server, name="child", owner=child.pid)
    eventually(lambda: server.client().get(protocol.DOORS, params={"name": "child"}).json() == {"open": False})
    assert server.client().get(protocol.DOORS, params={"name": "me"}).json()["open"]


def test_requests_are_told_without_a_word_of_what_was_said(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    client = through(server)
    with caplog.at_level(logging.INFO, "thimble.server.request_log"):
        client.post(protocol.CHAT_COMPLETIONS, json={"messages": [{"role": "user", "content": "a secret"}]})
        client.post(protocol.CHAT_COMPLETIONS, json={"messages": HELLO, "model": "no-such"})
        eventually(lambda: sum(record.name == "thimble.server.request_log" for record in caplog.records) == 2)
    told = server.client().get(protocol.REQUESTS)
    failed, answered = told.json()["requests"]
    assert (answered["path"], answered["model"], answered["status"]) == (protocol.CHAT_COMPLETIONS, "tiny", 200)
    assert (answered["prompt_tokens"], answered["generated_tokens"], answered["state"]) == (4, 2, "done")
    assert (failed["status"], failed["code"], failed["model"]) == (404, Code.MODEL_NOT_FOUND, "no-such")
    assert answered["program"].startswith("python-httpx")
    everything = told.text + "".join(record.getMessage() for record in caplog.records)
    assert "secret" not in everything
    assert KEY not in everything


def test_what_a_stranger_sends_is_one_short_line_of_the_log(server: Running, caplog: pytest.LogCaptureFixture) -> None:
    client = through(server)
    with caplog.at_level(logging.INFO, "thimble.server.request_log"):
        client.get("/v1/%0A2026 INFO all is well" + "x" * 5000, headers={"Authorization": ""})
        client.post(protocol.CHAT_COMPLETIONS, json={"model": "a\nb" + "x" * 5000, "messages": HELLO})
        eventually(lambda: len(caplog.records) == 2)
    assert all("\n" not in record.getMessage() and len(record.getMessage()) < 400 for record in caplog.records)


def test_who_asks_nothing_does_not_stay(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_module, "SILENT_SECONDS", 0.05)
    port = open_door(server).json()["port"]
    with socket.create_connection(("127.0.0.1", port), 20) as silent:
        silent.sendall(b"GET /health HTTP/1.1\r\nHost: loc")
        assert silent.recv(10) == b""


def test_there_is_an_end_to_connections(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors_module, "MOST_CONNECTIONS", 2)
    port = open_door(server).json()["port"]
    with ExitStack() as stack:
        first, _second, third = (
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 20)) for _ in range(3)
        )
        assert third.recv(10) == b""
        first.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert first.recv(12) == b"HTTP/1.1 200"


def test_a_running_request_is_told_while_it_runs(server: Running) -> None:
    client = through(server)
    server.host.hold_answers = True
    with in_thread(lambda: client.post(protocol.CHAT_COMPLETIONS, json={"messages": HELLO})):
        server.host.working.wait(20)
        eventually(lambda: server.service.requests.entries()[0]["state"] == "answering")
        server.host.release()


def test_a_program_may_have_so_many_requests_waiting(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_WAITING", 1)
    server.host.hold_answers = True
    with in_thread(lambda: server.chat("a")), in_thread(lambda: server.chat("a")):
        eventually(lambda: server.service.queue.waiting == 1)
        refused = server.chat("a")
        assert (refused.status_code, code_of(refused)) == (429, Code.QUEUE_FULL)
        assert refused.headers["retry-after"]
        with in_thread(lambda: server.chat("window")):
            eventually(lambda: server.service.queue.waiting == 2)
            server.host.release()


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_beyond_the_limit_is_refused(server: Running, monkeypatch: pytest.MonkeyPatch, announced: bool) -> None:
    monkeypatch.setattr(bodies, "MOST_BODY_BYTES", 1000)
    content = b'{"messages": "' + b"a" * 2000
    body: Any = content if announced else iter([content])
    refused = server.client().post(protocol.CHAT_COMPLETIONS, content=body)
    assert (refused.status_code, code_of(refused)) == (413, Code.TOO_LARGE)


def test_one_model_can_be_asked_for(server: Running) -> None:
    assert server.client().get(f"{protocol.MODELS}/tiny").json()["loaded"] is True
    assert code_of(server.client().get(f"{protocol.MODELS}/other")) == Code.MODEL_NOT_FOUND


def test_every_failure_has_a_sentence(server: Running) -> None:
    server.host.problem = ThimbleError(Code.OUT_OF_MEMORY, "Not enough memory.", "Close other programs.")
    assert server.chat().json()["error"]["message"] == "Not enough memory. Close other programs."


def test_programs_learn_names_of_models_and_not_where_they_lie(server: Running) -> None:
    client = through(server)
    listed = client.get(protocol.MODELS)
    assert [model["id"] for model in listed.json()["data"]] == ["tiny"]
    assert "path" not in listed.json()["data"][0]
    assert "path" not in client.get(f"{protocol.MODELS}/tiny").json()
    assert server.client().get(f"{protocol.MODELS}/tiny").json()["path"], "the window needs it"


def test_programs_are_not_told_folders_in_a_failure(server: Running) -> None:
    detail = "/home/ann/My models/b.gguf: [Errno 5] '/home/ann/x/y.gguf' C:\\Users\\ann\\b.gguf"
    server.host.problem = ThimbleError(Code.MODEL_DAMAGED, "Damaged.", "", detail)
    for stream in (False, True):
        told = through(server).post(protocol.CHAT_COMPLETIONS, json={"messages": HELLO, "stream": stream})
        assert "ann" not in told.text
        assert "b.gguf" in told.text
    assert server.chat().json()["error"]["detail"] == detail, "the window shows it"


def test_who_asks_is_known_by_the_connection_and_not_by_what_it_says(server: Running) -> None:
    client = through(server)
    client.post(protocol.CHAT_COMPLETIONS, json={"messages": HELLO}, headers={"X-Forwarded-For": "203.0.113.9"})
    (told,) = server.client().get(protocol.REQUESTS).json()["requests"]
    assert told["client"] == "127.0.0.1"
