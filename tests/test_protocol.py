"""The JSON objects that both ends of the protocol share."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thimble.errors import Code, Problem
from thimble.protocol import (
    EngineStatus,
    LoadOptions,
    LockFile,
    ModelInfo,
    Sample,
    State,
    StopReason,
    Timings,
    error_body,
)

_COUNTS = st.integers(0, 2**63 - 1)
_TEXTS = st.text(max_size=12)
_TIMES = st.floats(0, 1e12)
_PROBLEMS = st.builds(Problem, code=st.sampled_from(Code), sentence=_TEXTS, action=_TEXTS, detail=_TEXTS)
_MODELS = st.builds(
    ModelInfo, id=_TEXTS, path=_TEXTS, name=_TEXTS, architecture=_TEXTS, quantization=_TEXTS, parameters=_COUNTS,
    file_bytes=_COUNTS, context=_COUNTS, context_trained=_COUNTS, threads=_COUNTS, expert_count=_COUNTS,
    expert_used_count=_COUNTS, has_chat_template=st.booleans(),
)  # fmt: skip
_STATUSES = st.builds(
    EngineStatus, state=st.sampled_from(State), engine_epoch=_TEXTS, pid=_COUNTS, version=_TEXTS, engine_build=_TEXTS,
    patched=st.booleans(), model=st.none() | _MODELS, loading_path=_TEXTS, load_progress=st.floats(0, 1),
    queued=_COUNTS, attached=st.lists(_TEXTS, max_size=3).map(tuple), problem=st.none() | _PROBLEMS,
)  # fmt: skip
_TIMINGS = st.builds(
    Timings, prompt_tokens=_COUNTS, cached_tokens=_COUNTS, generated_tokens=_COUNTS, first_token_ms=_TIMES,
    prefill_ms=_TIMES, decode_ms=_TIMES, stop_reason=st.sampled_from(StopReason), expert_hits=_COUNTS,
)  # fmt: skip
_SAMPLES = st.builds(
    Sample, engine_epoch=_TEXTS, time_ns=_COUNTS, generated_tokens=_COUNTS, compute_ns=_COUNTS, memory_bytes=_COUNTS,
    cpu_percent=_TIMES, state=st.sampled_from(State),
)  # fmt: skip
_LOCKS = st.builds(LockFile, pid=_COUNTS, port=_COUNTS, token=_TEXTS, host=_TEXTS, started=_TIMES)


@given(_STATUSES | _MODELS | _TIMINGS | _SAMPLES | _LOCKS)
def test_an_object_survives_the_wire(thing: EngineStatus | ModelInfo | Timings | Sample | LockFile) -> None:
    wire = json.loads(json.dumps(thing.to_json()))
    assert type(thing).from_json(wire) == thing


@pytest.mark.parametrize(
    ("kind", "needed"),
    [(EngineStatus, {}), (Timings, {}), (Sample, {"engine_epoch": "e", "time_ns": 1})],
)
def test_fields_of_a_newer_version_are_ignored_and_missing_ones_have_defaults(
    kind: type[EngineStatus] | type[Timings] | type[Sample], needed: dict[str, Any]
) -> None:
    assert kind.from_json({**needed, "from_the_future": [1]}) == kind(**needed)


def test_a_lock_file_without_its_fields_is_refused() -> None:
    with pytest.raises(TypeError):
        LockFile.from_json({"pid": 1})


def test_a_lock_file_names_its_address() -> None:
    assert LockFile(1, 8080, "t").base_url == "http://127.0.0.1:8080"


def test_load_options_are_a_flat_object() -> None:
    assert LoadOptions(context=512).to_json() == {
        "context": 512,
        "threads": 0,
        "memory_limit": 0,
        "expert_cache": 0,
        "expert_policy": "lrfu",
        "cache_k": "f16",
        "cache_v": "f16",
        "approximate_head": False,
        "projector": "",
        "chat_template": "",
    }


def test_decode_speed_counts_the_tokens_after_the_first() -> None:
    assert Timings(generated_tokens=11, decode_ms=500).decode_tokens_per_second == 20


@pytest.mark.parametrize("timings", [Timings(), Timings(generated_tokens=1, decode_ms=5), Timings(generated_tokens=9)])
def test_without_a_second_token_or_time_there_is_no_decode_speed(timings: Timings) -> None:
    assert timings.decode_tokens_per_second == 0


def test_prefill_speed_leaves_out_what_was_cached() -> None:
    assert Timings(prompt_tokens=110, cached_tokens=10, prefill_ms=1000).prefill_tokens_per_second == 100


def test_without_prefill_time_there_is_no_prefill_speed() -> None:
    assert Timings(prompt_tokens=5).prefill_tokens_per_second == 0


def test_an_error_body_is_openais_with_the_problem_inside() -> None:
    problem = Problem(Code.NO_MODEL, "No model is loaded.", "Load one.", "d")
    assert error_body(problem) == {
        "error": {
            "message": "No model is loaded. Load one.",
            "type": "invalid_request_error",
            "param": None,
            "code": "no_model",
            "sentence": "No model is loaded.",
            "action": "Load one.",
            "detail": "d",
        }
    }
    assert Problem.from_json(error_body(problem)["error"]) == problem
