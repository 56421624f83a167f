"""The client against scripted answers: what it sends, what it makes of streams, and how each failure reads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.helpers.scripted_server import Exchange, scripted_server
from thimble import protocol
from thimble.client import (
    CancelToken,
    ChatEvent,
    ChatRequest,
    EngineClient,
    Finished,
    PromptProgress,
    Queued,
    TextDelta,
)
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import EngineStatus, LoadOptions, Role, Sample, State, StopReason, Timings

REQUEST = ChatRequest([{"role": "user", "content": "Hello"}])


def delta(text: str) -> dict[str, object]:
    return {"object": "chat.completion.chunk", "choices": [{"delta": {"content": text}}]}


def last(timings: Timings) -> dict[str, object]:
    return {"choices": [{"delta": {}, "finish_reason": "stop"}], "timings": timings.to_json()}


def collect(client: EngineClient, into: list[ChatEvent]) -> None:
    """Unlike `list(...)`, keeps what came before a failure."""
    for event in client.chat(REQUEST):
        into.append(event)  # noqa: PERF402 - extend would lose nothing, but only by an accident of CPython


def test_chat_yields_waiting_reading_text_and_figures_in_order() -> None:
    timings = Timings(prompt_tokens=7, generated_tokens=2, stop_reason=StopReason.END)

    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event({"object": "thimble.progress", "progress": {"queued": 1}})
        exchange.event({"object": "thimble.progress", "progress": {"prompt_tokens": 7, "processed": 4}})
        exchange.event(delta("Good "))
        exchange.event(delta("day"))
        exchange.event(last(timings))
        exchange.event("[DONE]")

    with scripted_server(script) as server:
        events = list(EngineClient(server.base_url, "t").chat(REQUEST))
    assert events == [Queued(1), PromptProgress(4, 7), TextDelta("Good "), TextDelta("day"), Finished(timings)]


def test_every_request_carries_the_token_and_the_client_name() -> None:
    with scripted_server(lambda exchange: exchange.json(EngineStatus().to_json())) as server:
        EngineClient(server.base_url, "secret", "window").status()
    assert server.seen[0].headers["Authorization"] == "Bearer secret"
    assert server.seen[0].headers[protocol.CLIENT_HEADER] == "window"


def test_closing_ends_a_load_that_another_thread_waits_for() -> None:
    asked, failures = threading.Event(), []

    def script(exchange: Exchange) -> None:
        asked.set()
        exchange.wait_until_client_leaves()

    def load(client: EngineClient) -> None:
        try:
            client.load("/m.gguf", LoadOptions())
        except ThimbleError as error:
            failures.append(error.problem.code)

    with scripted_server(script) as server:
        client = EngineClient(server.base_url, "t")
        waiting = threading.Thread(target=load, args=(client,))
        waiting.start()
        assert asked.wait(10)
        client.close()
        waiting.join(5)
        assert not waiting.is_alive()
    assert failures == [Code.ENGINE_DIED]


def test_load_sends_path_and_options() -> None:
    with scripted_server(lambda exchange: exchange.json(EngineStatus(state=State.READY).to_json())) as server:
        status = EngineClient(server.base_url, "t").load("/m.gguf", LoadOptions(context=512, threads=2))
    assert server.seen[0].body == {
        "path": "/m.gguf",
        "context": 512,
        "threads": 2,
        "memory_limit": 0,
        "expert_cache": 0,
        "expert_policy": "lrfu",
        "cache_k": "f16",
        "cache_v": "f16",
        "approximate_head": False,
        "projector": "",
        "chat_template": "",
    }
    assert status.state == State.READY


def test_a_refusal_arrives_as_the_problem_the_engine_named() -> None:
    problem = Problem(Code.CONTEXT_TOO_LONG, "The text is too long.", "Shorten it.", "5000 > 4096")
    with (
        scripted_server(lambda exchange: exchange.json(protocol.error_body(problem), 400)) as server,
        pytest.raises(ThimbleError) as caught,
    ):
        list(EngineClient(server.base_url, "t").chat(REQUEST))
    assert caught.value.problem == problem


def test_an_error_inside_a_stream_keeps_the_text_before_it() -> None:
    problem = Problem(Code.ENGINE_FAILED, "It failed.")

    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event(delta("half"))
        exchange.event(protocol.error_body(problem))

    seen: list[ChatEvent] = []
    with scripted_server(script) as server, pytest.raises(ThimbleError) as caught:
        collect(EngineClient(server.base_url, "t"), seen)
    assert seen == [TextDelta("half")]
    assert caught.value.problem == problem


def test_a_stream_that_breaks_off_reads_as_the_engine_having_died() -> None:
    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event(delta("half an ans"))

    seen: list[ChatEvent] = []
    with scripted_server(script) as server, pytest.raises(ThimbleError) as caught:
        collect(EngineClient(server.base_url, "t"), seen)
    assert seen == [TextDelta("half an ans")]
    assert caught.value.problem.code == Code.ENGINE_DIED


def test_an_error_of_another_server_keeps_its_message() -> None:
    body = {"error": {"message": "Too many requests", "type": "rate_limit", "code": "rate_limit_exceeded"}}
    with (
        scripted_server(lambda exchange: exchange.json(body, 429)) as server,
        pytest.raises(ThimbleError, match="Too many requests"),
    ):
        EngineClient(server.base_url, "t").status()


def test_an_error_page_that_is_not_json_becomes_one_sentence() -> None:
    with (
        scripted_server(lambda exchange: exchange.raw(b"<h1>Bad gateway</h1>", 502)) as server,
        pytest.raises(ThimbleError, match="HTTP 502"),
    ):
        EngineClient(server.base_url, "t").status()


def test_nobody_listening_reads_as_unreachable() -> None:
    with scripted_server(lambda exchange: exchange.json({})) as server:
        pass
    with pytest.raises(ThimbleError) as caught:
        EngineClient(server.base_url, "t").status()
    assert caught.value.problem.code == Code.ENGINE_UNREACHABLE


def test_cancel_from_another_thread_ends_a_silent_stream_at_both_ends() -> None:
    left = threading.Event()
    first = threading.Event()

    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event(delta("begun"))
        if exchange.wait_until_client_leaves():
            left.set()

    cancel = CancelToken()
    events: list[ChatEvent] = []

    def read(client: EngineClient) -> None:
        for event in client.chat(REQUEST, cancel):
            events.append(event)
            first.set()

    with scripted_server(script) as server:
        reader = threading.Thread(target=read, args=(EngineClient(server.base_url, "t"),))
        reader.start()
        assert first.wait(10)
        cancel.cancel()
        reader.join(10)
        assert left.wait(10)
    assert not reader.is_alive()
    assert events == [TextDelta("begun"), Finished(Timings(stop_reason=StopReason.CANCELLED))]


def test_attach_yields_every_status_and_names_the_role() -> None:
    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event(EngineStatus(state=State.LOADING, load_progress=0.5).to_json(), "status")
        exchange.event(EngineStatus(state=State.READY).to_json(), "status")

    with scripted_server(script) as server:
        states = [s.state for s in EngineClient(server.base_url, "t").attach(Role.WINDOW, CancelToken())]
    assert states == [State.LOADING, State.READY]
    assert server.seen[0].path == "/thimble/attach?role=window"


def test_telemetry_yields_samples_and_ignores_other_events() -> None:
    sample = Sample("e1", 5, generated_tokens=3)

    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event({"layers": []}, "experts")
        exchange.event(sample.to_json(), "sample")

    with scripted_server(script) as server:
        assert list(EngineClient(server.base_url, "t").telemetry(CancelToken())) == [sample]


def test_a_token_cancelled_before_the_request_ends_it_at_once() -> None:
    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.wait_until_client_leaves()

    cancel = CancelToken()
    cancel.cancel()
    with scripted_server(script) as server:
        events = list(EngineClient(server.base_url, "t").chat(REQUEST, cancel))
    assert events == [Finished(Timings(stop_reason=StopReason.CANCELLED))]


def test_a_token_cancelled_while_the_engine_has_not_answered_ends_the_stream_in_order() -> None:
    cancel = CancelToken()

    def script(exchange: Exchange) -> None:
        cancel.cancel()
        exchange.handler.connection.close()

    with scripted_server(script) as server:
        events = list(EngineClient(server.base_url, "t").chat(REQUEST, cancel))
    assert events == [Finished(Timings(stop_reason=StopReason.CANCELLED))]


def test_a_closed_client_is_a_problem_not_a_bug() -> None:
    client = EngineClient("http://127.0.0.1:9", "t")
    client.close()
    with pytest.raises(ThimbleError) as status:
        client.status()
    with pytest.raises(ThimbleError) as chat:
        list(client.chat(REQUEST))
    assert {status.value.problem.code, chat.value.problem.code} == {Code.ENGINE_DIED}


def test_an_answer_that_is_no_json_is_one_sentence() -> None:
    with (
        scripted_server(lambda exchange: exchange.raw(b"<h1>Hello</h1>")) as server,
        pytest.raises(ThimbleError, match="no JSON"),
    ):
        EngineClient(server.base_url, "t").status()


def test_a_relative_path_is_the_callers() -> None:
    with scripted_server(lambda exchange: exchange.json(EngineStatus().to_json())) as server:
        EngineClient(server.base_url, "t").load("m.gguf", LoadOptions())
    assert server.seen[0].body["path"] == str(Path.cwd() / "m.gguf")


def test_what_is_no_character_arrives_at_the_engine_to_judge() -> None:
    with scripted_server(lambda exchange: exchange.json({"tokens": [1]})) as server:
        assert EngineClient(server.base_url, "t").count_tokens([{"role": "user", "content": "ü \udcff"}]) == 1
    assert server.seen[0].body["messages"][0]["content"] == "ü \udcff"
    assert server.seen[0].headers["Content-Type"] == "application/json"
