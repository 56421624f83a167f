"""Status, attachment, memory, telemetry."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent

from tests.server.conftest import Running, eventually, in_thread
from tests.server.fake_host import SECONDS
from thimble import protocol
from thimble.protocol import AnswerRecord, EngineStatus, Sample, State
from thimble.server import control


@contextmanager
def events(server: Running, path: str, **query: str) -> Iterator[Iterator[ServerSentEvent]]:
    with server.client().stream("GET", path, params=query) as response:
        yield EventSource(response).iter_sse()


def status_of(event: ServerSentEvent) -> EngineStatus:
    return EngineStatus.from_json(json.loads(event.data))


def test_the_status_names_the_process_and_the_model(server: Running) -> None:
    status = server.status()
    assert status.state == State.READY
    assert status.pid > 0
    assert status.model is not None
    assert status.model.id == "tiny"
    assert status.engine_build
    assert status.cpu_variant


def test_who_attaches_hears_the_status_at_once_and_is_counted(server: Running) -> None:
    with events(server, protocol.ATTACH, role="window") as stream:
        assert status_of(next(stream)).attached == ("window",)


def test_who_attaches_hears_of_changes(empty_server: Running) -> None:
    with events(empty_server, protocol.ATTACH, role="window") as stream:
        next(stream)
        empty_server.host.hold_loads = True
        with in_thread(lambda: empty_server.client().post(protocol.LOAD, json={"path": "/m/a.gguf"})):
            loading = next(status for event in stream if (status := status_of(event)).load_progress == 0.5)
            assert loading.loading_path == "/m/a.gguf"
            empty_server.host.release()
            ready = next(status for event in stream if (status := status_of(event)).model is not None)
            assert ready.state == State.READY


def test_who_goes_away_is_no_longer_counted(server: Running) -> None:
    with events(server, protocol.ATTACH, role="ask") as stream:
        next(stream)
    eventually(lambda: server.status().attached == ())


def test_an_unknown_role_is_refused(server: Running) -> None:
    response = server.client().get(protocol.ATTACH, params={"role": "spy"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "role")


def test_an_attachment_without_news_is_kept_alive(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "KEEP_ALIVE_SECONDS", 0.02)
    with server.client().stream("GET", protocol.ATTACH, params={"role": "tool"}) as response:
        assert next(line for line in response.iter_lines() if line.startswith(":"))


def test_memory_is_told_in_bytes(server: Running) -> None:
    memory = server.client().get(protocol.MEMORY).json()
    assert memory == {
        "memory_bytes": 10,
        "peak_memory_bytes": 20,
        "memory_limit": 0,
        "expert_cache_bytes": 0,
        "expert_memory_bytes": 0,
        "expert_given_back_bytes": 0,
        "experts_resident": 0,
        "experts_total": 0,
        "kv_window_bytes": 0,
        "kv_global_bytes": 0,
        "kv_recurrent_bytes": 0,
        "kv_full_bytes": 0,
        "kv_kept_bytes": 0,
    }


def test_memory_is_divided_anew_while_a_model_is_loaded(server: Running) -> None:
    server.host.resident()
    memory = server.client().post(protocol.MEMORY, json={"memory_limit": 2**30, "expert_cache": 2**20}).json()
    assert (memory["memory_limit"], memory["expert_cache_bytes"]) == (2**30, 2**20)


def test_memory_cannot_be_divided_without_a_model(empty_server: Running) -> None:
    response = empty_server.client().post(protocol.MEMORY, json={"memory_limit": 2**30})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "no_model")


def test_the_route_recorder_is_started_ended_and_read(server: Running) -> None:
    client = server.client()
    assert client.post(protocol.TRACE, json={"max_values": 1000}).json() == {"recording": True}
    assert server.host.trace_values == 1000
    assert client.get(protocol.TRACE).json() == {"records": [[3, [[7, 1], [2, 7]]]]}
    assert client.post(protocol.TRACE, json={"max_values": 0}).json() == {"recording": False}


def test_a_trace_is_replayed_under_other_policies(server: Running) -> None:
    records = [[3, [[7, 1], [2, 7]]], [3, [[7, 1]]]]
    body = {"records": records, "slots": [2, 4], "policies": ["lru", "belady"], "count_from": 1}
    answer = server.client().post(protocol.REPLAY, json=body).json()
    assert answer["records"] == 2
    assert answer["outcomes"][0] == {"policy": "lru", "slots": 2, "uses": 2, "hits": 1, "half_life": 0.0}
    assert server.host.replayed == (2, [2, 4], ["lru", "belady"], 0.0, 1)


def test_without_records_the_recorded_ones_are_replayed(server: Running) -> None:
    assert server.client().post(protocol.REPLAY, json={}).json()["records"] == 1
    assert server.host.replayed == (1, [], ["lrfu", "lru", "lfu", "belady"], 0.0, 0)


@pytest.mark.parametrize(
    "body", [{"policies": ["best"]}, {"slots": [-1]}, {"policies": []}, {"records": [[0, [[-1]]]]}, {"half_life": -1}]
)
def test_an_impossible_replay_is_refused(server: Running, body: dict[str, object]) -> None:
    assert server.client().post(protocol.REPLAY, json=body).status_code == 400


def test_the_experts_are_told_one_by_one(server: Running) -> None:
    told = server.client().get(protocol.EXPERTS).json()
    assert told == {"experts": [[3, 7, 5, 2, 1]], "layers": [[3, 8, 300, 100]]}


def test_the_experts_are_told_packed_too(server: Running) -> None:
    told = server.client().get(protocol.EXPERTS, params={"packed": "1"}).json()
    assert base64.b64decode(told["uses"]) == bytes((5, 0, 0, 0, 1, 1, 0, 0))
    assert base64.b64decode(told["resident"]) == bytes((1, 0))
    assert told["layers"] == [[3, 8, 300, 100]]


def test_the_outlook_is_told_for_each_limit(server: Running) -> None:
    told = server.client().post(protocol.OUTLOOK, json={"limits": [100, 200]}).json()
    assert (told["tokens"], told["least_limit"], told["most_limit"]) == (64, 10, 1000)
    assert told["policies"] == [["lrfu", 50, 100]]
    assert told["positions"][1] == {"limit": 200, "experts_bytes": 100, "hits": 50, "uses": 100}


@pytest.mark.parametrize("limits", [[0], [-1], ["much"], [1] * 33])
def test_an_impossible_outlook_is_refused(server: Running, limits: list[object]) -> None:
    assert server.client().post(protocol.OUTLOOK, json={"limits": limits}).status_code == 400


def test_answers_are_told_from_a_number_on(server: Running) -> None:
    server.chat()
    server.chat()
    told = server.client().get(protocol.ANSWERS, params={"after": "1"}).json()
    assert told["engine_epoch"] == "epoch"
    assert [AnswerRecord.from_json(record).number for record in told["answers"]] == [2]
    assert server.client().get(protocol.ANSWERS, params={"after": "-1"}).status_code == 400


def test_telemetry_comes_at_once_and_again_when_work_begins(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "IDLE_SECONDS", SECONDS)  # only a change can bring the second sample in time
    with events(server, protocol.TELEMETRY) as stream:
        first = Sample.from_json(json.loads(next(stream).data))
        server.chat()
        second = next(sample for event in stream if (sample := Sample.from_json(json.loads(event.data))).answers)
    assert (first.answers, second.answers) == (0, 1)
    assert second.time_ns > first.time_ns


@pytest.mark.parametrize(
    ("body", "field"), [({}, "path"), ({"path": ""}, "path"), ({"path": "a", "context": 1}, "context")]
)
def test_a_wrong_load_is_refused_with_the_field(server: Running, body: dict[str, object], field: str) -> None:
    response: httpx.Response = server.client().post(protocol.LOAD, json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, field)
