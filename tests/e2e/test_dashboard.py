"""The Performance page over the real engine that streams experts, and `thimble top` and /metrics beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.moe_models import EXPERTS, LAYERS, Architecture, write_moe
from tests.helpers.programs import run_thimble, wait_until
from thimble import paths, protocol
from thimble.client import ChatRequest, EngineClient, lockfile
from thimble.engine.experts import ExpertStore
from thimble.protocol import LoadOptions
from thimble.settings import Settings
from thimble.ui.app import Session
from thimble.ui.performance.page import PerformancePage

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk"),
]

SECONDS = 30_000
MESSAGES = [{"role": "user", "content": "Tell me about thimbles, and do not stop before all is said."}]


@pytest.fixture
def session(qapp: QApplication, thimble_home: Path) -> Iterator[Session]:
    (thimble_home / "models").mkdir(exist_ok=True)
    write_moe(thimble_home / "models" / "moe.gguf", Architecture.SMALLTHINKER)
    settings = Settings.load(paths.settings_file())
    settings.set("look.reduce_motion", True)
    made = Session(qapp, settings)
    made.window.show()
    yield made
    made.window.close()
    made.end()
    made.window.deleteLater()
    wait_until(lambda: lockfile.read() is None, "the engine ended")


def client() -> EngineClient:
    lock = lockfile.read()
    assert lock is not None
    return EngineClient(lock.base_url, lock.token)


def shown_page(qtbot: QtBot, session: Session) -> PerformancePage:
    qtbot.waitUntil(lambda: session.link.status.model is not None and not session.link.loading_path, timeout=SECONDS)
    session.window.show_page("performance")
    page = session.window.page("performance")
    assert isinstance(page, PerformancePage)
    return page


def stream_half(engine: EngineClient) -> None:
    """Halves the expert cache, so that experts have to be read."""
    status = engine.status()
    assert status.model is not None
    whole = engine._json("GET", protocol.MEMORY)["expert_cache_bytes"]
    engine.load(status.model.path, LoadOptions(context=status.model.context, expert_cache=whole // 2))


def test_the_engines_counters_are_on_the_page(qtbot: QtBot, session: Session) -> None:
    page = shown_page(qtbot, session)
    engine = client()
    stream_half(engine)
    for _ in engine.chat(ChatRequest(MESSAGES, max_tokens=64, seed=1)):
        pass

    def told() -> bool:
        sample = page.dashboard.sample
        return sample is not None and sample.state == "ready" and len(page.dashboard.answers) == 1

    qtbot.waitUntil(told, timeout=SECONDS)
    sample = page.dashboard.sample
    assert sample is not None
    page.show_view("experts")
    use = page.experts.use
    total = sample.expert_hits + sample.expert_misses
    shares = [float(use.value(key).split("·")[1].split("%")[0].replace(",", ".")) for key in use._names]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    hits = sample.expert_hits - (sample.expert_prefetched - sample.expert_in_time)
    assert shares[0] == pytest.approx(100 * hits / total, abs=0.1)
    qtbot.waitUntil(lambda: len(page.dashboard.experts.rows) == LAYERS, timeout=SECONDS)
    assert sum(row.uses for row in page.dashboard.experts.rows) == total
    assert sum(row.resident for row in page.dashboard.experts.rows) == sample.experts_resident < EXPERTS * LAYERS
    page.show_view("history")
    assert page.history.table.texts()[0][4] == str(page.dashboard.answers[0].timings.generated_tokens)
    engine.close()


def test_the_cell_of_an_expert_that_loses_its_place_changes(qtbot: QtBot, session: Session) -> None:
    page = shown_page(qtbot, session)
    page.show_view("experts")
    engine = client()
    for _ in engine.chat(ChatRequest(MESSAGES, max_tokens=8, seed=1)):
        pass
    found = page.dashboard

    def whole_and_at_rest() -> bool:
        sample, rows = found.sample, found.experts.rows
        if sample is None or sample.state != "ready" or len(found.answers) != 1:
            return False
        used = sample.expert_hits + sample.expert_misses
        return sum(row.resident for row in rows) == EXPERTS * LAYERS and sum(row.uses for row in rows) == used

    qtbot.waitUntil(whole_and_at_rest, timeout=SECONDS)
    heat = page.experts.map.heat
    places = [(row, expert) for row in range(LAYERS) for expert in range(EXPERTS)]
    before = {place: heat.colour_at(*place) for place in places}
    memory = engine._json("GET", protocol.MEMORY)
    one = memory["expert_cache_bytes"] // (EXPERTS * LAYERS)
    engine._json("POST", protocol.MEMORY, {"expert_cache": memory["expert_cache_bytes"] - one})
    qtbot.waitUntil(lambda: sum(row.resident for row in found.experts.rows) == EXPERTS * LAYERS - 1, timeout=SECONDS)
    gone = [place for place in places if (cell := found.experts.cell(*place)) is not None and not cell.resident]
    assert [place for place in places if heat.colour_at(*place) != before[place]] == gone
    assert len(gone) == 1
    engine.close()


def test_top_and_metrics_tell_the_same_engine(qtbot: QtBot, session: Session) -> None:
    shown_page(qtbot, session)
    engine = client()
    stream_half(engine)
    for _ in engine.chat(ChatRequest(MESSAGES, max_tokens=16, seed=1)):
        pass
    looked = run_thimble("top", "--once", "--json")
    assert (looked.code, looked.err) == (0, "")
    sample = json.loads(looked.out)["sample"]
    text = httpx.get(engine.base_url + protocol.METRICS, headers={"Authorization": f"Bearer {engine.token}"}).text
    assert f"thimble_expert_misses_total {sample['expert_misses']}\n" in text
    assert f"thimble_generated_tokens_total {sample['generated_tokens']}\n" in text
    assert "experts" in run_thimble("top", "--once").out
    assert httpx.get(engine.base_url + protocol.METRICS).status_code == 401
    engine.close()
