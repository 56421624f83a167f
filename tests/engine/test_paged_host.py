"""The shipped engine with experts on disk: memory divided, resized, told, and right answers all the while."""

from __future__ import annotations

import functools
import os
import tempfile
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.benchmarks.make_model import Shape, write_model
from tests.engine.conftest import GREEDY, SECONDS, Engine
from tests.helpers.decoding import Decoder
from tests.helpers.moe_models import EXPERTS, LAYERS, USED, Architecture, write_moe
from thimble.engine import cores, door, load
from thimble.engine import host as host_module
from thimble.engine import model as model_module
from thimble.engine.binding import llama
from thimble.engine.budget import MARGIN
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import TextPiece
from thimble.engine.experts import ExpertStats, ExpertStore, Policy
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.memory import memory_use
from thimble.engine.pressure import Pressure
from thimble.errors import Code, ThimbleError
from thimble.protocol import ExpertPolicy, LoadOptions

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")

MIB = 2**20
QUESTION = "Tell me about thimbles, please, and do not stop before you have said it all."
ALL = LAYERS * EXPERTS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)


@pytest.fixture(autouse=True)
def nobody_governs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The computer's memory is not looked at unless a test does."""
    monkeypatch.setattr(host_module, "GOVERN_SECONDS", 3600.0)


@pytest.fixture
def window_path(tmp_path: Path) -> Path:
    return write_moe(tmp_path / "window.gguf", Architecture.SMALLTHINKER_WINDOW)


@functools.cache
def expert_bytes() -> int:
    """Of a slot; matrices as in the file need room to align, and which are depends on the processor."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_moe(Path(folder) / "moe.gguf", Architecture.SMALLTHINKER)
        with Decoder(path, lambda stats: stats.total_bytes) as decoder:
            assert decoder.store
            return decoder.store.stats().expert_bytes


def some(experts: int) -> int:
    """Bytes for so many experts."""
    return experts * expert_bytes()


def test_without_a_limit_every_expert_comes_into_memory_and_stays(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    engine.ask(QUESTION)
    second = engine.ask(QUESTION, "x", "And then?")
    sample = engine.host.sample()
    assert sample.experts_total == ALL
    assert sample.expert_cache_bytes >= some(ALL)
    assert second.timings.expert_misses + second.timings.expert_hits > 0
    assert sample.memory_limit == 0


def test_a_small_expert_cache_gives_the_same_answer_and_counts_what_it_cost(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    whole = engine.ask(QUESTION, max_tokens=48)
    engine.load(path, 512, expert_cache=some(USED + 2))
    small = engine.ask(QUESTION, max_tokens=48)
    sample = engine.host.sample()
    assert small.text == whole.text
    assert small.timings.expert_misses > small.timings.expert_hits
    assert small.timings.expert_bytes_read > small.timings.expert_misses * 100_000
    assert small.timings.expert_stall_ms > 0
    assert sample.experts_resident <= USED + 2
    assert sample.expert_memory_bytes <= sample.expert_cache_bytes == some(USED + 2)


def test_where_the_time_went_adds_up_with_stalls_in_it(engine: Engine, path: Path) -> None:
    engine.load(path, 512, expert_cache=some(USED + 2))
    engine.ask(QUESTION, max_tokens=32)
    sample = engine.host.sample()
    assert sample.stall_ns > 0
    parts = sample.compute_ns + sample.stall_ns + sample.sampling_ns + sample.other_ns
    assert parts == sample.prefill_ns + sample.decode_ns


def test_counters_go_on_when_the_next_model_comes(engine: Engine, path: Path, window_path: Path) -> None:
    engine.load(path, 512)
    engine.ask(QUESTION)
    before = engine.host.sample()
    engine.load(window_path, 512)
    after = engine.host.sample()
    engine.ask(QUESTION)
    last = engine.host.sample()
    assert before.expert_misses <= after.expert_misses <= last.expert_misses
    assert before.expert_hits + before.expert_misses < last.expert_hits + last.expert_misses


def test_the_limit_holds_what_is_measured_and_the_experts_get_the_rest(engine: Engine, path: Path) -> None:
    limit = memory_use().now + MARGIN + 40 * MIB
    engine.load(path, 512, memory_limit=limit)
    engine.ask(QUESTION, max_tokens=64)
    assert memory_use().now <= limit
    assert engine.host.sample().memory_limit == limit


def test_a_limit_too_small_is_refused_with_what_would_do(engine: Engine, path: Path) -> None:
    with pytest.raises(ThimbleError) as refused:
        engine.load(path, 512, memory_limit=30 * MIB)
    problem = refused.value.problem
    assert problem.code == Code.OUT_OF_MEMORY
    assert "the limit is 30 MiB" in problem.sentence
    least, _ = problem.detail.split(" > ")
    engine.load(path, 512, memory_limit=int(least) + 16 * MIB)
    assert engine.ask(QUESTION).timings.generated_tokens > 0


def test_a_limit_the_header_already_rules_out_is_refused_before_loading(engine: Engine, path: Path) -> None:
    progress: list[float] = []
    engine.host.on_change = lambda: progress.append(engine.host.status.load_progress)
    with pytest.raises(ThimbleError, match="needs at least"):
        engine.load(path, 512, memory_limit=MIB)
    assert max(progress) == 0


def test_an_expert_cache_too_small_is_refused_by_its_own_name(engine: Engine, path: Path) -> None:
    with pytest.raises(ThimbleError, match="expert cache"):
        engine.load(path, 512, expert_cache=some(1))


def test_memory_changes_without_loading_again(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    whole = engine.ask(QUESTION, max_tokens=32)
    cached = engine.ask(QUESTION, max_tokens=32).timings.cached_tokens
    engine.load(path, 512, expert_cache=some(8))
    again = engine.ask(QUESTION, max_tokens=32)
    assert again.timings.cached_tokens == cached > 0  # the same context went on
    assert again.text == whole.text
    assert engine.host.options == LoadOptions(512, 1, 0, some(8))


def test_a_resize_that_would_not_work_changes_nothing(engine: Engine, path: Path) -> None:
    engine.load(path, 512, expert_cache=some(8))
    with pytest.raises(ThimbleError):
        engine.host.resize(expert_cache=some(1))
    assert engine.host.sample().expert_cache_bytes == some(8)
    assert engine.ask(QUESTION).timings.generated_tokens > 0


def test_memory_changes_in_the_middle_of_an_answer(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    whole = engine.ask(QUESTION, max_tokens=64)
    answering = threading.Event()
    resized: list[int] = []

    def resize() -> None:
        answering.wait(SECONDS)
        for experts in (8, ALL, USED + 2):
            engine.host.resize(expert_cache=some(experts))
            resized.append(engine.host.sample().expert_memory_bytes)

    thread = threading.Thread(target=resize)
    thread.start()
    task = AnswerTask(ChatPrompt([{"role": "user", "content": QUESTION}]), GREEDY, 64)
    answer = engine.run(task, emit=lambda _event: answering.set())
    thread.join()
    assert answer.text == whole.text
    assert resized[0] <= some(8)
    assert resized[2] <= some(USED + 2)


def test_a_dense_model_has_no_memory_to_divide(chain: Engine) -> None:
    with pytest.raises(ThimbleError, match="cannot be changed while it is loaded"):
        chain.host.resize(limit=2**30)


def test_a_file_harmed_in_use_costs_one_answer_and_says_why(engine: Engine, path: Path) -> None:
    engine.load(path, 512, expert_cache=some(USED + 2))
    whole = engine.ask(QUESTION, max_tokens=16)
    times = path.stat()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 10**9))
    with pytest.raises(ThimbleError) as failed:
        engine.ask("Something else", max_tokens=16)
    assert failed.value.problem.code == Code.MODEL_READ_FAILED
    assert "was changed while it was in use" in failed.value.problem.sentence
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert engine.ask(QUESTION, max_tokens=16).text == whole.text


def test_stop_ends_an_answer_that_waits_for_experts(engine: Engine, path: Path) -> None:
    engine.load(path, 512, expert_cache=some(USED + 2))
    cancel = CancelFlag()
    task = AnswerTask(ChatPrompt([{"role": "user", "content": QUESTION}]), GREEDY, 400)
    answer = engine.run(task, cancel, lambda event: cancel.set() if isinstance(event, TextPiece) else None)
    assert answer.timings.stop_reason == "cancelled"
    assert answer.timings.generated_tokens < 10
    assert engine.ask(QUESTION, max_tokens=8).timings.generated_tokens > 0


def test_an_edit_far_back_reads_a_window_model_right(engine: Engine, window_path: Path) -> None:
    engine.load(window_path, 1024, expert_cache=some(USED + 2))
    long = QUESTION * 6
    engine.ask(long, max_tokens=16)
    edited = engine.ask(long[:200] + "!" + long[200:], max_tokens=16)
    engine.host.unload().result(SECONDS)
    engine.load(window_path, 1024)
    fresh = engine.ask(long[:200] + "!" + long[200:], max_tokens=16)
    assert edited.text == fresh.text


def test_experts_and_routes_can_be_asked_for(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    engine.host.start_trace(100_000)
    engine.ask(QUESTION, max_tokens=8)
    infos, records = engine.host.experts(), engine.host.read_trace()
    assert [(info.layer, info.expert) for info in infos] == [(i, e) for i in range(LAYERS) for e in range(EXPERTS)]
    assert sum(info.uses for info in infos) > 0
    assert {record.layer for record in records} == set(range(LAYERS))


def test_the_trace_of_a_dense_model_is_refused(chain: Engine) -> None:
    with pytest.raises(ThimbleError, match="no experts"):
        chain.host.start_trace(10)


def test_a_model_without_a_tokenizer_takes_numbers_and_says_so(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "numbers.gguf"
    write_model(path, Shape(2, 256, 256, 2, 1, 4, 2, 0, tied=True, head=64, vocabulary=512))
    engine.load(path, 256)
    assert engine.go_on([1, 2, 3], max_tokens=4).timings.generated_tokens == 4
    with pytest.raises(ThimbleError, match="no tokenizer"):
        engine.ask(QUESTION)


def test_a_recorded_trace_is_replayed(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    engine.host.start_trace(1_000_000)
    answer = engine.ask(QUESTION)
    records = engine.host.read_trace()
    outcomes = engine.host.replay(records, [ALL, ALL // 2], ["lru", "belady", "none"])
    assert [(policy, slots) for policy, slots, _ in outcomes[:3]] == [("lru", ALL), ("belady", ALL), ("none", ALL)]
    assert {found.uses for _, _, found in outcomes} == {answer.timings.expert_hits + answer.timings.expert_misses}
    lru, belady, none = (found.hits for _, _, found in outcomes[3:])
    assert none == 0 < lru <= belady


def test_a_replay_needs_a_size(engine: Engine, chain: Engine) -> None:
    with pytest.raises(ThimbleError) as refused:
        engine.host.replay([], [], ["lru"])
    assert refused.value.problem.code == Code.BAD_REQUEST


@pytest.mark.parametrize("policy", list(ExpertPolicy))
def test_every_policy_gives_the_same_answer(engine: Engine, path: Path, policy: ExpertPolicy) -> None:
    engine.load(path, 512)
    whole = engine.ask(QUESTION)
    engine.load(path, 512, expert_cache=some(ALL // 3), expert_policy=policy)
    assert engine.ask(QUESTION).text == whole.text
    assert engine.host._loaded
    assert engine.host._loaded.experts
    assert engine.host._loaded.experts.stats().policy == Policy[policy.upper()].value


def test_each_layer_tells_how_many_of_its_neurons_are_on(engine: Engine, path: Path) -> None:
    assert engine.host.layers() == []
    engine.load(path, 512)
    engine.ask(QUESTION)
    layers = engine.host.layers()
    assert [layer.layer for layer in layers] == list(range(LAYERS))
    assert all(0 < layer.neurons_active < layer.neurons for layer in layers)


def test_when_memory_is_short_the_experts_have_less_and_the_answer_is_the_same(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.load(path, 512)
    whole = engine.ask(QUESTION)
    full = engine.host.sample().expert_cache_bytes
    own = memory_use().now
    monkeypatch.setattr(host_module, "read_pressure", lambda: Pressure(64 * MIB, 0, None, 0, 0.0, own))
    engine.host.govern()
    short = engine.host.sample()
    assert short.expert_cache_bytes < full
    assert short.expert_given_back_bytes == full - short.expert_cache_bytes
    assert short.expert_memory_bytes <= short.expert_cache_bytes
    assert engine.ask(QUESTION).text == whole.text
    engine.host.resize(expert_cache=full)
    assert engine.host.sample().expert_given_back_bytes == 0


def test_without_a_model_nothing_is_governed(engine: Engine) -> None:
    engine.host.govern()
    assert engine.host.sample().expert_given_back_bytes == 0


def test_an_answer_leaves_cores_to_others_and_a_persons_choice_alone(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_module, "others_running", lambda: 99)
    monkeypatch.setattr(model_module, "core_time", lambda: None)
    engine.load(path, 512, threads=0)
    loaded = engine.host._loaded
    assert loaded is not None
    engine.ask(QUESTION)
    assert llama().llama_n_threads(loaded.context) == 1
    engine.load(path, 512, threads=2)
    loaded = engine.host._loaded
    assert loaded is not None
    engine.ask(QUESTION)
    assert llama().llama_n_threads(loaded.context) == 2


def test_a_core_that_another_program_takes_is_given_back_within_the_answer(
    engine: Engine, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = 0
    looks = 0

    def core_time() -> cores.CoreTime:
        nonlocal looks
        looks += 1
        return cores.CoreTime(others * looks, 0)

    monkeypatch.setattr(model_module, "others_running", lambda: others)
    monkeypatch.setattr(model_module, "usable_cores", lambda: 2)
    monkeypatch.setattr(load, "physical_cores", lambda: 2)
    for name in ("LOOK_NS", "_FEWER_NS", "_MORE_NS"):
        monkeypatch.setattr(cores, name, 0)
    monkeypatch.setattr(model_module, "core_time", core_time)
    engine.load(path, 512, threads=0)
    loaded = engine.host._loaded
    assert loaded is not None
    whole = engine.ask(QUESTION).text
    used: list[int] = []

    def look(_event: object) -> None:
        nonlocal others
        used.append(loaded.threads_now)
        others = 1 if len(used) < 8 else 0

    task = AnswerTask(ChatPrompt([{"role": "user", "content": QUESTION}]), GREEDY, 24)
    assert engine.run(task, emit=look).text == whole
    assert used[0] == 2
    assert 1 in used
    assert used[-1] == 2


def test_who_asks_for_counters_while_the_store_is_freed_gets_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window asks once a second in a thread of its own, and freeing waits for reads in flight."""
    store = ExpertStore([path])
    free, told = door.api().store_free, []

    def freed(handle: int) -> None:
        told.append(store.stats())
        free(handle)

    monkeypatch.setattr(store, "_api", SimpleNamespace(store_free=freed, store_stats=store._api.store_stats))
    assert store.stats() != ExpertStats()
    store.close()
    store.close()
    assert told == [ExpertStats()]
