"""The link between window and engine: threads on one side, signals in the GUI thread on the other."""

from __future__ import annotations

import threading
import time

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import DIED, FakeEngine
from thimble.client import ChatRequest
from thimble.errors import Code, Problem
from thimble.protocol import EngineStatus, Sample, State, StopReason, Timings
from thimble.settings import Settings
from thimble.ui import telemetry_watch
from thimble.ui.engine_link import EngineLink

MODEL = "/models/starter.gguf"
ASK = ChatRequest(messages=[{"role": "user", "content": "Say hello"}])


def _started(qtbot: QtBot, link: EngineLink, path: str = MODEL) -> None:
    with qtbot.waitSignal(link.status_changed, check_params_cb=lambda s: s.model is not None):
        link.start(path)
    qtbot.waitUntil(lambda: not link.loading_path)


def test_start_attaches_and_loads_with_the_settings_options(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine, settings: Settings
) -> None:
    settings.set("engine.context", 2048)
    settings.set("engine.threads", 3)
    settings.set("engine.memory_limit", 2**30)
    settings.set("engine.cache_k", "q8_0")
    settings.set("engine.cache_v", "q4_0")
    with qtbot.waitSignal(link.started):
        _started(qtbot, link)
    (path, options) = engine.loads[0]
    assert path == MODEL
    assert (options.context, options.threads, options.memory_limit) == (2048, 3, 2**30)
    assert (options.cache_k, options.cache_v) == ("q8_0", "q4_0")
    assert link.loaded_path == MODEL


def test_a_models_own_settings_are_used(qtbot: QtBot, link: EngineLink, engine: FakeEngine, settings: Settings) -> None:
    settings.set("engine.context", 512, model=settings.model_key(MODEL))
    _started(qtbot, link)
    assert engine.loads[0][1].context == 512


def test_start_without_a_model_only_attaches(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    with qtbot.waitSignal(link.started):
        link.start()
    assert engine.loads == []


def test_an_engine_that_cannot_start_is_one_problem(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    engine.start_problem = Problem(Code.ENGINE_NOT_BUILT, "The engine is not built yet.")
    with qtbot.waitSignal(link.failed) as told:
        link.start(MODEL)
    assert told.args == [engine.start_problem]
    assert link.problem == engine.start_problem
    assert not link.alive
    assert link.loading_path == ""


def test_a_failed_load_is_told_and_the_engine_lives(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    engine.load_problem = Problem(Code.MODEL_NOT_GGUF, "This is not a model.")
    with qtbot.waitSignal(link.failed) as told:
        link.start(MODEL)
    assert told.args == [engine.load_problem]
    assert link.alive
    assert link.problem is None
    assert link.loading_path == ""


def test_a_load_can_be_cancelled_without_an_error(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    engine.hold_loads = True
    with qtbot.waitSignal(link.status_changed, check_params_cb=lambda s: s.state == State.LOADING):
        link.start(MODEL)
    assert link.loading_path == MODEL
    with (
        qtbot.assertNotEmitted(link.failed),
        qtbot.waitSignal(link.status_changed, check_params_cb=lambda s: s.state == State.EMPTY),
    ):
        link.cancel_load()
    assert link.loading_path == ""


def test_a_load_cancelled_while_the_engine_starts_never_begins(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine
) -> None:
    engine.hold_start = True
    link.start(MODEL)
    link.cancel_load()
    engine.hold_start = False
    with qtbot.waitSignal(link.started):
        engine.go_on.set()
    qtbot.waitUntil(lambda: link._threads.idle)
    assert engine.loads == []


def test_of_two_models_chosen_while_the_engine_starts_the_newer_is_loaded(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine
) -> None:
    engine.hold_start = True
    link.start("/models/older.gguf")
    link.load(MODEL)
    engine.hold_start = False
    engine.go_on.set()
    qtbot.waitUntil(lambda: link._threads.idle)
    assert [path for path, _options in engine.loads] == [MODEL]


def test_unload_frees_the_model(qtbot: QtBot, link: EngineLink) -> None:
    _started(qtbot, link)
    with qtbot.waitSignal(link.status_changed, check_params_cb=lambda s: s.model is None):
        link.unload()
    assert link.loaded_path == ""


def test_an_answer_arrives_whole_and_in_the_gui_thread(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    _started(qtbot, link)
    answer = link.chat(ASK)
    texts: list[str] = []
    threads: set[int] = set()
    answer.text.connect(texts.append)
    answer.text.connect(lambda _text: threads.add(threading.get_ident()))
    with qtbot.waitSignal(answer.finished) as told:
        pass
    assert "".join(texts) == "Hello, world."
    assert threads == {threading.get_ident()}
    assert told.args is not None
    assert told.args[0].generated_tokens == 3


def test_a_thousand_tokens_are_few_signals_and_nothing_is_lost(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine
) -> None:
    engine.chunks = [f"{n} " for n in range(1000)]
    _started(qtbot, link)
    answer = link.chat(ASK)
    texts: list[str] = []
    answer.text.connect(texts.append)
    began = time.monotonic()
    with qtbot.waitSignal(answer.finished):
        pass
    assert "".join(texts) == "".join(engine.chunks)
    assert len(texts) <= 2 + 30 * (time.monotonic() - began)


def test_progress_of_the_prompt_is_told(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    engine.hold_answers = True
    _started(qtbot, link)
    answer = link.chat(ASK)
    with qtbot.waitSignal(answer.progress) as told:
        pass
    assert told.args is not None
    assert told.args[1] == 10
    with qtbot.waitSignal(answer.over):
        answer.stop()


def test_stop_ends_an_answer_and_keeps_what_came(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    engine.hold_answers = True
    _started(qtbot, link)
    answer = link.chat(ASK)
    texts: list[str] = []
    answer.text.connect(texts.append)
    qtbot.waitUntil(lambda: texts == ["Hello"])
    with qtbot.waitSignal(answer.finished) as told:
        answer.stop()
    assert told.args is not None
    timings = told.args[0]
    assert isinstance(timings, Timings)
    assert timings.stop_reason == StopReason.CANCELLED


def test_an_engine_that_dies_in_mid_answer_keeps_the_text_and_says_so_once(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    _started(qtbot, link)
    answer = link.chat(ASK)
    texts: list[str] = []
    lost: list[Problem] = []
    answer.text.connect(texts.append)
    link.lost.connect(lost.append)
    qtbot.waitUntil(lambda: texts == ["Hello"])
    with qtbot.waitSignals([answer.failed, link.lost]):
        engine.die()
    assert lost == [DIED]
    assert not link.alive
    assert link.status.model is None
    assert texts == ["Hello"]


def test_restart_brings_engine_and_model_back(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    _started(qtbot, link)
    with qtbot.waitSignal(link.lost):
        engine.die()
    with qtbot.waitSignal(link.status_changed, check_params_cb=lambda s: s.model is not None):
        link.restart()
    assert engine.starts == 2
    assert [path for path, _ in engine.loads] == [MODEL, MODEL]
    assert link.problem is None


def test_a_question_after_death_names_the_model(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    _started(qtbot, link)
    with qtbot.waitSignal(link.lost):
        engine.die()
    answer = link.chat(ASK)
    with qtbot.waitSignal(answer.finished):
        pass
    assert engine.requests[-1].model == MODEL


def test_a_question_while_the_engine_starts_waits_for_it(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    engine.hold_start = True
    link.start()
    answer = link.chat(ASK)
    engine.hold_start = False
    with qtbot.waitSignal(answer.finished):
        engine.go_on.set()


def test_samples_come_while_somebody_watches(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    _started(qtbot, link)
    end_one, end_two = link.watch_telemetry(), link.watch_telemetry()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    with qtbot.waitSignal(link.sample) as told:
        engine.send(Sample("a", 1, generated_tokens=7))
    assert told.args is not None
    assert told.args[0].generated_tokens == 7
    end_one()
    end_one()
    assert len(engine.samples) == 1
    end_two()
    qtbot.waitUntil(lambda: engine.samples == [])


def test_telemetry_goes_on_with_the_next_engine(qtbot: QtBot, link: EngineLink, engine: FakeEngine) -> None:
    _started(qtbot, link)
    end = link.watch_telemetry()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    with qtbot.waitSignal(link.lost):
        engine.die()
    qtbot.waitUntil(lambda: engine.samples == [])
    link.restart()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    end()


def test_a_broken_telemetry_stream_is_opened_again(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telemetry_watch, "RETRY_MS", 10)
    _started(qtbot, link)
    link.watch_telemetry()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    first = engine.samples[0]
    engine.break_telemetry()
    qtbot.waitUntil(lambda: bool(engine.samples) and engine.samples[0] is not first)


def test_what_is_fetched_from_a_dead_engine_fails_with_the_reason(
    qtbot: QtBot, link: EngineLink, engine: FakeEngine
) -> None:
    _started(qtbot, link)
    told: list[Problem] = []
    with qtbot.waitSignal(link.lost):
        engine.die()
    link.fetch(lambda client: client.experts(), lambda _found: told.clear(), told.append)
    assert told == []  # not from within the call
    qtbot.waitUntil(lambda: bool(told))
    assert told == [DIED]
    assert engine.starts == 1


def test_what_is_fetched_before_there_was_an_engine_fails_too(qtbot: QtBot, link: EngineLink) -> None:
    told: list[Problem] = []
    link.fetch(lambda client: client.experts(), lambda _found: None, told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].code == Code.ENGINE_UNREACHABLE


def test_counting_tokens_answers_in_the_gui_thread(qtbot: QtBot, link: EngineLink) -> None:
    _started(qtbot, link)
    counts: list[tuple[int, int]] = []
    link.count_tokens(
        [{"role": "user", "content": "one two three"}], lambda n: counts.append((n, threading.get_ident()))
    )
    qtbot.waitUntil(lambda: bool(counts))
    assert counts == [(3, threading.get_ident())]


def test_of_many_counts_the_newest_is_answered(qtbot: QtBot, link: EngineLink) -> None:
    _started(qtbot, link)
    counts: list[int] = []
    for length in range(1, 30):
        link.count_tokens([{"role": "user", "content": "word " * length}], counts.append)
    qtbot.waitUntil(lambda: counts[-1:] == [29])
    assert len(counts) < 29


def test_without_a_model_nothing_is_counted(qtbot: QtBot, link: EngineLink) -> None:
    counts: list[int] = []
    link.count_tokens([{"role": "user", "content": "one"}], counts.append)
    assert counts == []


@pytest.mark.parametrize("busy", ["idle", "starting", "loading", "answering", "watching"])
def test_shutdown_joins_its_threads_in_less_than_a_second(
    qtbot: QtBot, settings: Settings, engine: FakeEngine, busy: str
) -> None:
    link = EngineLink(settings, engine.make_supervisor)
    if busy == "starting":
        engine.hold_start = True
        link.start(MODEL)
        qtbot.waitUntil(lambda: bool(engine.supervisors))
    else:
        engine.hold_loads = busy == "loading"
        engine.hold_answers = True
        link.start(MODEL)
        want = State.LOADING if busy == "loading" else State.READY
        qtbot.waitUntil(lambda: link.status.state == want)
    if busy == "answering":
        answer = link.chat(ASK)
        qtbot.waitSignal(answer.text).wait()
    if busy == "watching":
        link.watch_telemetry()
        qtbot.waitUntil(lambda: len(engine.samples) == 1)
    signals: list[EngineStatus] = []
    link.status_changed.connect(signals.append)
    began = time.monotonic()
    link.shutdown()
    assert time.monotonic() - began < 1.0
    assert not [t for t in threading.enumerate() if t.name.startswith("engine-")]
    assert signals == []
