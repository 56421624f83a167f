"""A page over the fake engine, and samples of a model whose experts stream."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QLocale
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble.protocol import Sample
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.performance.page import PerformancePage

BEFORE = Sample("a", 1)
AFTER = Sample(
    "a",
    10**9,
    prompt_tokens=400,
    cached_tokens=100,
    generated_tokens=50,
    answers=2,
    prefill_ns=10**9,
    decode_ns=192 * 10**7,
    compute_ns=15 * 10**8,
    stall_ns=3 * 10**8,
    sampling_ns=10**8,
    other_ns=10**8,
    expert_hits=790,
    expert_misses=210,
    expert_prefetched=120,
    expert_in_time=80,
    expert_late=30,
    expert_bytes_read=200 * MIB,
    expert_reads=600,
    expert_read_ns=6 * 10**8,
    expert_evictions=150,
    expert_guesses=1000,
    expert_guesses_right=870,
    memory_bytes=round(0.35 * GIB),
    peak_memory_bytes=round(0.4 * GIB),
    memory_limit=GIB,
    kv_tokens=812,
    kv_capacity=4096,
    cpu_percent=196.0,
    state="answering",
    first_token_ns=640 * 10**6,
)
PAGED = replace(
    AFTER,
    experts_resident=3,
    experts_total=8,
    expert_memory_bytes=100 * MIB,
    expert_cache_bytes=120 * MIB,
    weights_bytes=90 * MIB,
    mapped_bytes=30 * MIB,
    kv_global_bytes=20 * MIB,
    kv_window_bytes=10 * MIB,
    kv_full_bytes=80 * MIB,
    compute_bytes=34 * MIB,
)

Feed = Callable[..., None]


def table(resident: list[int], *, layers: int = 2, uses: int = 4) -> dict[str, Any]:
    """Experts as the engine would send them, all used as often."""
    each = len(resident) // layers
    numbers = array("I", [uses] * len(resident)).tobytes()
    return {
        "uses": base64.b64encode(numbers).decode(),
        "misses": base64.b64encode(bytes(4 * len(resident))).decode(),
        "resident": base64.b64encode(bytes(resident)).decode(),
        "layers": [[layer, each, 100, 36] for layer in range(layers)],
    }


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of the page are shorter, so that nobody has to wait for them."""
    monkeypatch.setattr("thimble.ui.performance.dashboard.SECOND_MS", 50)
    monkeypatch.setattr("thimble.ui.performance.dashboard.FIGURES_MS", 20)
    monkeypatch.setattr("thimble.ui.performance.dashboard.SILENT_SECONDS", 100)
    monkeypatch.setattr("thimble.ui.performance.limit_slider.APPLY_MS", 20)


@pytest.fixture
def page(qtbot: QtBot, context: AppContext) -> Iterator[PerformancePage]:
    made = PerformancePage(context, 16 * GIB)
    qtbot.addWidget(made)
    made.resize(1144, 772)
    made.show()
    yield made
    made.hide()


@pytest.fixture
def feed(qtbot: QtBot, context: AppContext, engine: FakeEngine) -> Feed:
    """Loads a model and sends samples."""

    def send(*samples: Sample) -> None:
        if context.link.status.model is None:
            context.link.start("/models/starter.gguf")
            qtbot.waitUntil(lambda: context.link.status.model is not None and not context.link.loading_path)
            qtbot.waitUntil(lambda: len(engine.samples) == 1)
        for sample in samples or (BEFORE, AFTER):
            engine.send(sample)

    return send
