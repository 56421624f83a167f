"""Loading: progress, facts, limits, and one sentence for everything that can go wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine.conftest import SECONDS, SENTENCE, Engine
from tests.helpers import tiny_model
from thimble.engine.cancel import CancelFlag
from thimble.engine.host import HostStatus
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import LoadOptions, State

pytestmark = pytest.mark.engine


def problem_of(engine: Engine, path: Path, **options: int) -> Problem:
    with pytest.raises(ThimbleError) as failure:
        engine.load(path, **options)
    return failure.value.problem


def test_the_models_facts_are_told(engine: Engine, starter_model: Path) -> None:
    engine.load(starter_model, context=512)
    model = engine.host.status.model
    assert model is not None
    assert (model.architecture, model.quantization, model.context, model.threads) == ("llama", "Q4_1", 512, 1)
    assert (model.context_trained, model.has_chat_template, model.expert_count) == (8192, True, 0)


def test_the_context_is_not_longer_than_the_training(engine: Engine, tmp_path: Path) -> None:
    engine.load(tiny_model.write_random(tmp_path / "a.gguf", context=1024), context=100_000)
    model = engine.host.status.model
    assert model is not None
    assert model.context == 1024


def test_load_progress_never_falls_and_ends_ready(engine: Engine, starter_model: Path) -> None:
    seen: list[HostStatus] = []
    engine.host.on_change = lambda: seen.append(engine.host.status)
    engine.load(starter_model, context=512)
    loading = [status.load_progress for status in seen if status.state is State.LOADING]
    assert loading == sorted(loading)
    assert len(loading) > 3
    assert loading[-1] == 1.0
    assert seen[-1].state is State.READY


def test_a_cancelled_load_leaves_the_engine_empty(engine: Engine, starter_model: Path) -> None:
    cancel = CancelFlag()
    engine.host.on_change = lambda: cancel.set() if engine.host.status.load_progress > 0 else None
    with pytest.raises(ThimbleError) as failure:
        engine.host.load(starter_model, LoadOptions(context=512), cancel).result(SECONDS)
    assert failure.value.problem.code == Code.CANCELLED
    assert engine.host.status == HostStatus(State.EMPTY)


def test_an_unknown_architecture_is_named(engine: Engine, tmp_path: Path) -> None:
    problem = problem_of(engine, tiny_model.write_unknown(tmp_path / "a.gguf"))
    assert problem.code == Code.MODEL_UNSUPPORTED
    assert "thimblefish" in problem.sentence


def test_a_file_that_llama_cpp_refuses_keeps_its_words_in_the_detail(engine: Engine, tmp_path: Path) -> None:
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(tmp_path / "a.gguf", "llama")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    problem = problem_of(engine, tmp_path / "a.gguf")
    assert problem.code == Code.MODEL_LOAD_FAILED
    assert "llama.context_length" in problem.detail


def test_a_truncated_file_is_called_incomplete(engine: Engine, tmp_path: Path) -> None:
    path = tiny_model.write_random(tmp_path / "a.gguf")
    os.truncate(path, path.stat().st_size // 2)
    assert problem_of(engine, path).code == Code.MODEL_TRUNCATED


@pytest.mark.parametrize("kind", ["page", "unknown"])
def test_a_bad_file_leaves_the_resident_model_in_place(chain: Engine, tmp_path: Path, kind: str) -> None:
    bad = tmp_path / "bad.gguf"
    if kind == "page":
        bad.write_text("<!doctype html><title>Sign in</title>")
    else:
        tiny_model.write_unknown(bad)
    code = problem_of(chain, bad).code
    assert code in {Code.MODEL_NOT_GGUF, Code.MODEL_UNSUPPORTED}
    status = chain.host.status
    assert (status.state, status.problem is not None) == (State.READY, True)
    assert chain.ask("Hi").text == SENTENCE


def test_a_model_beyond_the_memory_limit_is_refused_with_both_figures(engine: Engine, starter_model: Path) -> None:
    problem = problem_of(engine, starter_model, memory_limit=100 * 2**20)
    assert problem.code == Code.OUT_OF_MEMORY
    assert "the limit is 100 MiB" in problem.sentence
    assert "needs about" in problem.sentence


def test_a_model_within_the_memory_limit_stays_within_it(engine: Engine, starter_model: Path) -> None:
    engine.load(starter_model, context=512, memory_limit=2 * 2**30)
    assert engine.host.memory().now < 2 * 2**30


def test_another_model_replaces_the_resident_one(chain: Engine, tmp_path: Path) -> None:
    chain.load(tiny_model.write_chain(tmp_path / "other.gguf", "xyz"))
    assert chain.ask("Hi").text == "xyz"


def test_after_unloading_there_is_no_model(chain: Engine) -> None:
    chain.host.unload().result(SECONDS)
    assert chain.host.status == HostStatus(State.EMPTY)
    with pytest.raises(ThimbleError) as failure:
        chain.ask("Hi")
    assert failure.value.problem.code == Code.NO_MODEL
