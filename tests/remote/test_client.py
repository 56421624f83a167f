"""Foreign servers as they are: honest ones, sparing ones, and every way in which they fail."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.helpers.scripted_server import Exchange, Script, scripted_server
from thimble.client import CancelToken, ChatEvent, ChatRequest, Finished, TextDelta, ToolCalls
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import StopReason, Timings
from thimble.remote import client as remote_client
from thimble.remote import reading
from thimble.remote.client import RemoteClient
from thimble.remote.connections import Connection

HELLO = [{"role": "user", "content": "Hello"}]


def connection(base_url: str, kind: str = "") -> Connection:
    return Connection("ab12", "Office", f"{base_url}/v1", kind)


def chunk(delta: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": more.pop("finish_reason", None)}
    return {"object": "chat.completion.chunk", "choices": [choice], **more}


def stream(*chunks: Any) -> Script:
    def script(exchange: Exchange) -> None:
        exchange.start_events()
        for one in chunks:
            exchange.event(one)

    return script


def ask(script: Script, **more: Any) -> tuple[str, list[ChatEvent]]:
    """The text and all events of one answer."""
    kind, key = more.pop("kind", ""), more.pop("key", "")
    with scripted_server(script) as server:
        client = RemoteClient(connection(server.base_url, kind), key)
        events = list(client.chat(ChatRequest(HELLO, model="big", **more)))
    return "".join(e.text for e in events if isinstance(e, TextDelta)), events


def timings_of(events: list[ChatEvent]) -> Timings:
    assert isinstance(events[-1], Finished)
    return events[-1].timings


def problem_of(script: Script, *, key: str = "", seconds: float = 30) -> tuple[str, Problem]:
    """What came before the failure, and the failure."""
    said: list[str] = []

    def read(client: RemoteClient) -> None:
        for event in client.chat(ChatRequest(HELLO, model="big")):
            said.extend([event.text] if isinstance(event, TextDelta) else [])

    with scripted_server(script) as server, pytest.raises(ThimbleError) as caught:
        read(RemoteClient(connection(server.base_url), key, silence_seconds=seconds))
    return "".join(said), caught.value.problem


def test_a_character_cut_between_two_chunks_is_put_together() -> None:
    rocket = "\ud83d", "\ude80"
    chunks = [chunk({"content": piece}) for piece in (f"Up {rocket[0]}", f"{rocket[1]} and", " \ud83d")]
    text, _ = ask(stream(*chunks, chunk(finish_reason="stop"), "[DONE]"))
    assert text == "Up \N{ROCKET} and \N{REPLACEMENT CHARACTER}"


def test_an_answer_is_streamed_with_the_figures_the_server_tells() -> None:
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 3}}
    text, events = ask(
        stream(
            chunk({"role": "assistant", "content": ""}),
            chunk({"content": "Hel"}),
            chunk({"content": "lo"}, finish_reason="length"),
            {"choices": [], "usage": usage},
            "[DONE]",
        )
    )
    timings = timings_of(events)
    assert text == "Hello"
    assert (timings.prompt_tokens, timings.cached_tokens, timings.generated_tokens) == (7, 3, 2)
    assert timings.stop_reason == StopReason.MAX_TOKENS


@pytest.mark.parametrize("key", ["sk-sec\nret", "sk-secretü"])
def test_a_key_that_no_request_can_hold_is_not_repeated(key: str) -> None:
    said, problem = problem_of(stream(), key=key)
    assert (said, problem.code) == ("", Code.UNAUTHORIZED)
    assert "sec" not in f"{problem} {problem.detail}"


def test_space_around_a_key_is_none_of_it() -> None:
    def script(exchange: Exchange) -> None:
        assert exchange.headers["Authorization"] == "Bearer sk-1"
        stream(chunk({"content": "Hi"}, finish_reason="stop"), "[DONE]")(exchange)

    assert ask(script, key=" sk-1\n")[0] == "Hi"


def test_what_is_not_told_stays_unknown() -> None:
    _, events = ask(stream(chunk({"content": "Hi"}), chunk(finish_reason="stop"), "[DONE]"))
    timings = timings_of(events)
    assert (timings.prompt_tokens, timings.generated_tokens, timings.decode_ms, timings.context) == (0, 0, 0, 0)


def test_another_thimble_tells_its_own_figures() -> None:
    own = Timings(prompt_tokens=5, generated_tokens=9, decode_ms=90, stop_reason=StopReason.CONTEXT_FULL)
    _, events = ask(stream(chunk({"content": "Hi"}), chunk(finish_reason="length", timings=own.to_json()), "[DONE]"))
    assert timings_of(events) == own


def test_llama_servers_own_block_is_not_taken_for_ours() -> None:
    block = {"prompt_n": 5, "predicted_n": 9, "predicted_ms": 90.0}
    _, events = ask(stream(chunk({"content": "Hi"}, finish_reason="stop", timings=block), "[DONE]"))
    assert timings_of(events).generated_tokens == 0


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_that_come_apart_are_put_before_the_words(field: str) -> None:
    text, _ = ask(stream(chunk({field: "Let me"}), chunk({field: " see."}), chunk({"content": "4"}), "[DONE]"))
    assert text == "<think>\nLet me see.\n</think>\n\n4"


def test_thoughts_without_words_are_closed() -> None:
    text, _ = ask(stream(chunk({"reasoning": "Hm"}), chunk(finish_reason="stop"), "[DONE]"))
    assert text == "<think>\nHm\n</think>\n\n"


def test_tool_calls_are_put_together_from_their_pieces() -> None:
    def piece(index: int, arguments: str, **more: Any) -> dict[str, Any]:
        function = {"arguments": arguments, **({"name": more["name"]} if "name" in more else {})}
        return {"index": index, "function": function, **({"id": more["id"]} if "id" in more else {})}

    _, events = ask(
        stream(
            chunk({"tool_calls": [piece(0, "", id="a", name="add"), piece(1, "{}", name="now")]}),
            chunk({"tool_calls": [piece(0, '{"x":')]}),
            chunk({"tool_calls": [piece(0, " 1}")]}, finish_reason="tool_calls"),
            "[DONE]",
        )
    )
    calls = next(event for event in events if isinstance(event, ToolCalls)).calls
    assert [(call.name, call.arguments) for call in calls] == [("add", '{"x": 1}'), ("now", "{}")]
    assert calls[0].id == "a"
    assert calls[1].id


def test_a_server_that_does_not_stream_is_understood() -> None:
    body = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}], "usage": {"completion_tokens": 1}}
    text, events = ask(lambda exchange: exchange.json(body))
    assert text == "Hello"
    assert timings_of(events).generated_tokens == 1
    assert timings_of(events).decode_ms == 0


def test_an_answer_that_ended_is_whole_without_the_last_line() -> None:
    text, _ = ask(stream(chunk({"content": "Hi"}), chunk(finish_reason="stop")))
    assert text == "Hi"


def test_the_key_goes_with_the_request_and_nowhere_else() -> None:
    with scripted_server(stream(chunk({"content": "Hi"}, finish_reason="stop"))) as server:
        list(RemoteClient(connection(server.base_url), "sk-1").chat(ChatRequest(HELLO, model="big")))
        list(RemoteClient(connection(server.base_url)).chat(ChatRequest(HELLO, model="big")))
    assert [seen.headers.get("Authorization") for seen in server.seen] == ["Bearer sk-1", None]


def test_an_unknown_server_gets_openais_fields_only() -> None:
    with scripted_server(stream(chunk({"content": "Hi"}, finish_reason="stop"))) as server:
        request = ChatRequest(HELLO, model="big", top_k=40, min_p=0.1, repeat_penalty=1.1, grammar="root ::= 'a'")
        list(RemoteClient(connection(server.base_url)).chat(request))
        list(RemoteClient(connection(server.base_url, "vllm")).chat(request))
    plain, vllm = (seen.body for seen in server.seen)
    assert set(plain) == {"model", "messages", "stream", "stream_options", "temperature"}
    assert (vllm["top_k"], vllm["min_p"], vllm["repetition_penalty"]) == (40, 0.1, 1.1)
    assert "grammar" not in vllm


def test_a_gateway_that_refuses_the_wish_for_usage_is_asked_without_it() -> None:
    def script(exchange: Exchange) -> None:
        if "stream_options" in exchange.body:
            exchange.json({"error": {"message": "Unrecognized field: stream_options"}}, 400)
        else:
            stream(chunk({"content": "Hi"}, finish_reason="stop"))(exchange)

    assert ask(script)[0] == "Hi"


@pytest.mark.parametrize(
    ("kind", "last", "fields"),
    [
        ("vllm", "assistant", {"continue_final_message": True, "add_generation_prompt": False}),
        ("thimble", "assistant", {"continue_final": True}),
        ("llama-server", "assistant", {}),
        ("", "user", {}),
    ],
)
def test_a_cut_answer_is_continued_in_each_servers_way(kind: str, last: str, fields: dict[str, Any]) -> None:
    messages = [*HELLO, {"role": "assistant", "content": "Once"}]
    with scripted_server(stream(chunk({"content": " upon"}, finish_reason="stop"))) as server:
        request = ChatRequest(messages, model="big", continue_final=True)
        list(RemoteClient(connection(server.base_url, kind)).chat(request))
    body = server.seen[0].body
    assert body["messages"][-1]["role"] == last
    assert {"role": "assistant", "content": "Once"} in body["messages"]
    assert fields.items() <= body.items()


def status(number: int, body: Any = None, **headers: str) -> Script:
    def script(exchange: Exchange) -> None:
        handler = exchange.handler
        handler.send_response(number)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0") if body is None else None
        handler.end_headers()
        if body is not None:
            handler.wfile.write(body if isinstance(body, bytes) else body.encode())

    return script


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (status(401), Code.UNAUTHORIZED, "wants a key"),
        (status(403, '{"error": {"message": "No quota"}}'), Code.REMOTE_REFUSED, "“No quota”"),
        (status(404, "<html>nginx"), Code.NOT_FOUND, "no OpenAI interface"),
        (status(404, '{"detail": "Model big not loaded"}'), Code.NOT_FOUND, "no model big"),
        (status(429, retry_after="7"), Code.REMOTE_BUSY, "in 7 seconds"),
        (status(400, '{"message": "maximum context length is 4096"}'), Code.REMOTE_REFUSED, "longer than the model"),
        (status(422, '{"detail": "bad temperature"}'), Code.REMOTE_REFUSED, "“bad temperature”"),
        (status(500, '{"error": "boom"}'), Code.REMOTE_FAILED, "“boom”"),
        (status(503), Code.REMOTE_BUSY, "not available"),
        (status(307, location="https://elsewhere.example"), Code.REMOTE_REFUSED, "moved"),
        (lambda exchange: exchange.raw(b"<!doctype html>"), Code.REMOTE_FAILED, "web page"),
        (lambda exchange: exchange.raw(b"hello", kind="text/plain"), Code.REMOTE_FAILED, "not OpenAI's protocol"),
        (lambda exchange: exchange.json({"choices": []}), Code.REMOTE_FAILED, "not OpenAI's protocol"),
        (stream("{broken"), Code.REMOTE_FAILED, "not OpenAI's protocol"),
        (stream({"error": {"message": "CUDA out of memory"}}), Code.REMOTE_FAILED, "“CUDA out of memory”"),
    ],
)
def test_a_refusal_is_a_sentence_that_names_the_connection(script: Script, code: Code, words: str) -> None:
    _, problem = problem_of(script)
    assert problem.code == code
    assert words in str(problem)
    assert "Office" in problem.sentence or "address of Office" in problem.sentence


def test_a_wrong_key_is_told_apart_from_none() -> None:
    assert "does not accept" in problem_of(status(401), key="sk-old")[1].sentence


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with scripted_server(stream()) as other, scripted_server(status(307, location=other.base_url)) as server:
        with pytest.raises(ThimbleError):
            list(RemoteClient(connection(server.base_url), "sk-1").chat(ChatRequest(HELLO, model="big")))
        assert other.seen == []


def test_a_cut_in_mid_answer_keeps_what_came() -> None:
    text, problem = problem_of(stream(chunk({"content": "Once upon"})))
    assert text == "Once upon"
    assert problem.code == Code.REMOTE_CUT


def test_a_stream_that_ends_before_its_first_word_is_said() -> None:
    assert "before its first word" in problem_of(stream())[1].sentence


def test_a_connection_that_breaks_keeps_what_came() -> None:
    def script(exchange: Exchange) -> None:
        exchange.handler.send_response(200)
        exchange.handler.send_header("Content-Type", "text/event-stream")
        exchange.handler.send_header("Content-Length", "100000")
        exchange.handler.end_headers()
        exchange.event(chunk({"content": "Once upon"}))

    text, problem = problem_of(script)
    assert text == "Once upon"
    assert problem.code == Code.REMOTE_CUT


def test_a_server_that_falls_silent_ends_the_answer() -> None:
    def script(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event(chunk({"content": "Once"}))
        exchange.wait_until_client_leaves()

    text, problem = problem_of(script, seconds=0.2)
    assert text == "Once"
    assert "said nothing" in problem.sentence


def test_nobody_listens_there() -> None:
    with scripted_server(stream()) as server:
        address = server.base_url
    with pytest.raises(ThimbleError) as caught:
        list(RemoteClient(connection(address)).chat(ChatRequest(HELLO, model="big")))
    assert caught.value.problem.code == Code.REMOTE_UNREACHABLE


def test_https_to_a_server_without_it_is_said() -> None:
    with scripted_server(stream()) as server:
        address = server.base_url.replace("http://", "https://")
        with pytest.raises(ThimbleError) as caught:
            RemoteClient(connection(address)).health()
    assert "https" in caught.value.problem.sentence


@pytest.mark.parametrize("after_headers", [False, True])
def test_stop_ends_the_request_at_once(after_headers: bool) -> None:
    token, left = CancelToken(), threading.Event()

    def script(exchange: Exchange) -> None:
        if after_headers:
            exchange.start_events()
            exchange.event(chunk({"content": "Once"}))
        else:
            token.cancel()
        if exchange.wait_until_client_leaves():
            left.set()

    with scripted_server(script) as server:
        events = []
        for event in RemoteClient(connection(server.base_url)).chat(ChatRequest(HELLO, model="big"), token):
            events.append(event)
            token.cancel()
        assert left.wait(10)
    assert timings_of(events).stop_reason == StopReason.CANCELLED


def test_offline_means_that_nothing_leaves_this_computer() -> None:
    far = Connection("ab12", "Office", "http://192.0.2.1:8000/v1")
    with pytest.raises(ThimbleError) as caught:
        RemoteClient(far, offline=True).health()
    assert caught.value.problem.code == Code.OFFLINE
    with scripted_server(lambda exchange: exchange.json({"data": []})) as server:
        assert RemoteClient(connection(server.base_url), offline=True).health().connection.models == ()


@pytest.mark.parametrize(
    ("entry", "kind", "context"),
    [
        ({"id": "q", "owned_by": "vllm", "max_model_len": 32768}, "vllm", 32768),
        ({"id": "q", "owned_by": "sglang", "max_model_len": 8192}, "sglang", 8192),
        ({"id": "q", "owned_by": "llamacpp", "meta": {"n_ctx": 4096, "n_ctx_train": 131072}}, "llama-server", 4096),
        ({"id": "q", "owned_by": "library"}, "ollama", 0),
        ({"id": "q", "owned_by": "thimble"}, "thimble", 0),
        ({"id": "q", "owned_by": "me"}, "", 0),
    ],
)
def test_a_server_is_recognised_by_its_models(entry: dict[str, Any], kind: str, context: int) -> None:
    with scripted_server(lambda exchange: exchange.json({"object": "list", "data": [entry]})) as server:
        found = RemoteClient(connection(server.base_url)).health().connection
    assert (found.kind, found.models[0].id, found.models[0].context) == (kind, "q", context)


BAD_LISTS: list[Callable[[Exchange], None]] = [
    lambda exchange: exchange.raw(b"<html>"),
    lambda exchange: exchange.json([1, 2]),
    lambda exchange: exchange.json({"models": []}),
]


@pytest.mark.parametrize("script", BAD_LISTS)
def test_a_list_of_models_that_is_none_is_said(script: Script) -> None:
    with scripted_server(script) as server, pytest.raises(ThimbleError) as caught:
        RemoteClient(connection(server.base_url)).health()
    assert caught.value.problem.code == Code.REMOTE_FAILED


def endless(exchange: Exchange, head: bytes, piece: bytes, kind: str, status: int = 200) -> None:
    """Sends without end, until the client goes."""
    exchange.handler.send_response(status)
    exchange.handler.send_header("Content-Type", kind)
    exchange.handler.end_headers()
    with suppress(OSError):
        exchange.handler.wfile.write(head)
        while True:
            exchange.handler.wfile.write(piece)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_LIST_BYTES", "MOST_ERROR_BYTES", "MOST_ANSWER_BYTES"):
        monkeypatch.setattr(remote_client, name, 100_000)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize(
    ("kind", "status", "head", "piece"),
    [
        ("application/json", 200, b'{"choices": [{"message": {"content": "', b"x" * 999),
        ("text/html", 200, b"", b"<p>" * 333),
        ("text/event-stream", 200, b"data: ", b"x" * 999),
        ("text/event-stream", 200, b"", b": nothing yet\n\n" * 99),
        ("application/json", 500, b'{"error": "', b"x" * 999),
    ],
    ids=["whole answer", "page", "one line", "comments", "error"],
)
def test_a_body_without_end_is_not_read_to_its_end(kind: str, status: int, head: bytes, piece: bytes) -> None:
    _, problem = problem_of(lambda exchange: endless(exchange, head, piece, kind, status))
    assert problem.code == Code.REMOTE_FAILED
    assert "without coming to an end" in problem.sentence


def test_an_answer_without_end_is_ended_and_what_had_come_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TEXT", 1000)
    event = f"data: {json.dumps(chunk({'content': 'word '}))}\n\n".encode()
    said, problem = problem_of(lambda exchange: endless(exchange, b"", event, "text/event-stream"))
    assert said == "word " * 200
    assert "what had come is kept" in problem.sentence


@pytest.mark.usefixtures("small_limits")
def test_a_list_of_models_without_end_is_refused() -> None:
    with (
        scripted_server(lambda exchange: endless(exchange, b'{"data": [', b" " * 999, "application/json")) as server,
        pytest.raises(ThimbleError, match="without coming to an end"),
    ):
        RemoteClient(connection(server.base_url)).health()


def test_a_packed_answer_is_not_unpacked() -> None:
    def script(exchange: Exchange) -> None:
        packed = gzip.compress(b'{"choices": []}')
        exchange.handler.send_response(200)
        exchange.handler.send_header("Content-Encoding", "gzip")
        exchange.handler.send_header("Content-Type", "application/json")
        exchange.handler.send_header("Content-Length", str(len(packed)))
        exchange.handler.end_headers()
        exchange.handler.wfile.write(packed)
        assert exchange.headers["Accept-Encoding"] == "identity"

    _, problem = problem_of(script)
    assert problem.code == Code.REMOTE_FAILED
    assert "packed" in problem.detail


def test_of_a_flood_of_models_some_are_listed() -> None:
    names = ["x" * 1000, *(f"model-{number}" for number in range(2000))]
    with scripted_server(lambda exchange: exchange.json({"data": [{"id": name} for name in names]})) as server:
        models = RemoteClient(connection(server.base_url)).health().connection.models
    assert len(models) == remote_client.MOST_MODELS
    assert models[0].id == "model-0"
