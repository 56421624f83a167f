"""A short measurement of one model in a process of its own."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from tests.helpers.moe_models import Architecture, write_moe
from thimble import own_process
from thimble.engine.bench.runs import WORKER
from thimble.engine.bench.short import measure
from thimble.engine.experts import ExpertStore
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions, MeasureStage


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_moe(tmp_path_factory.mktemp("short") / "tiny.gguf", Architecture.SMALLTHINKER)


@pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")
def test_everything_is_told_of_a_run_with_the_models_options(model: Path) -> None:
    stages: list[MeasureStage] = []
    options = LoadOptions(context=256, expert_cache=2 * 2**20, threads=1)  # of 3.4 MiB
    found = measure(model, options, stop=threading.Event(), tell=stages.append)
    assert stages == [MeasureStage.LOADING, MeasureStage.READING, MeasureStage.WRITING]
    assert (found.context, found.threads, found.prompt_tokens) == (256, 1, 128)
    assert found.expert_cache == options.expert_cache
    assert found.generated_tokens == 128
    assert min(found.decode_tps, found.prefill_tps, found.load_s, found.peak_bytes) > 0
    assert found.hit_rate is not None
    assert 0 < found.hit_rate < 1


def test_stopping_ends_the_process(model: Path) -> None:
    stop = threading.Event()
    with pytest.raises(ThimbleError) as stopped:
        measure(model, LoadOptions(context=256), stop=stop, tell=lambda _stage: stop.set())
    assert stopped.value.problem.code == Code.CANCELLED


def test_a_limit_that_is_too_small_is_said_as_by_a_load(model: Path) -> None:
    with pytest.raises(ThimbleError, match=r"(?i)memory"):
        measure(model, LoadOptions(memory_limit=2**20), stop=threading.Event(), tell=lambda _stage: None)


def test_words_of_others_between_the_workers_are_passed_over(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatty = tmp_path / "chatty.py"
    chatty.write_text(
        f"import sys; print('a library says hello'); print('[1]'); sys.stdout.flush(); sys.argv[0] = {str(WORKER)!r}; "
        f"exec(compile(open({str(WORKER)!r}).read(), {str(WORKER)!r}, 'exec'))"
    )
    monkeypatch.setattr(own_process, "command", lambda _module: [sys.executable, str(chatty)])
    found = measure(model, LoadOptions(context=256, threads=1), stop=threading.Event(), tell=lambda _stage: None)
    assert found.generated_tokens == 128


def test_what_is_no_model_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "page.gguf").write_text("<html>")
    with pytest.raises(ThimbleError) as refused:
        measure(tmp_path / "page.gguf", LoadOptions(), stop=threading.Event(), tell=lambda _stage: None)
    assert refused.value.problem.code == Code.MODEL_NOT_GGUF
