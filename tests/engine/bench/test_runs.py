"""The order in which the benchmark's engines run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.moe_models import Architecture, write_moe
from thimble.engine.bench import runs
from thimble.engine.bench.runs import SHIPPED, STOCK, Plan, run_all
from thimble.modelfile import read_header


def test_every_second_round_runs_backwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = read_header(write_moe(tmp_path / "tiny.gguf", Architecture.SMALLTHINKER))
    other = STOCK[0]
    plan = Plan(header, 0, 0, 64, (1, 2), 1, 1, 3, (SHIPPED, other), Path("python"), 1.0)
    run: dict[str, Any] = {"problem": None, "decode_tps": 1.0, "digest": "same"}
    monkeypatch.setattr(runs, "_run", lambda *_: dict(run))
    monkeypatch.setattr(runs, "disk_bandwidth", lambda *_: 1.0)
    told = [entry["engine"] for entry in run_all(plan, lambda _line: None).runs]
    assert told == ["thimble", "stock-memory", "stock-memory", "thimble", "thimble", "stock-memory"]
