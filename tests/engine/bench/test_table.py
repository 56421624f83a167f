"""The table of docs/engine.md: what is measured, what is kept, how it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import table
from tests.benchmarks.table import MODELS, Model

MODEL = Model("4b", "A model", (0, 1), {1: 29.99})


def result(ours: float, **more: Any) -> dict[str, Any]:
    medians = {
        "load_s": 2.0,
        "prefill_tps": 64.0,
        "decode_tps_steady": ours,
        "hit_rate": 0.75,
        "hit_rate_lru": 0.5,
        "hit_rate_belady": 0.8,
    }
    willneed = {"load_s": 4.0, "prefill_tps": 32.0, "decode_tps": 10.0, "decode_tps_steady": None}
    reads = {"misses_per_token": 32, "read_mb_per_miss": 2.0, "disk_gbps_reached": 1.6}
    return {
        "summary": {"thimble": medians, "stock-willneed": willneed, **more},
        "runs": [
            {"engine": "thimble", "problem": None, **reads},
            {"engine": "stock-mmap-128", "problem": "was killed", "misses_per_token": None},
        ],
        "disk_gbps_available": {"1": 1.2, "2": 1.5},
    }


def test_a_row_says_everything_and_a_dash_what_is_not_known() -> None:
    in_memory = result(60.0, **{"stock-memory": {"decode_tps_steady": 66.0}})
    text = table.table([(MODEL, 0, in_memory), (MODEL, 1, result(20.0))])
    row = text.splitlines()[3]
    # misses cost 64 MB a token: 25 tokens/s at 1.6 GB/s, of which 20 are 0.8
    assert row == "|A model|1 GiB|–|10.0|–|**20.0**|2.00|0.75|0.50|0.80|0.80|64|32|4.0|8.0|–|30.0|"
    assert "- A model, 1 GiB, stock-mmap-128: was killed" in text


def test_what_was_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def measure(_model: Model, limit: int, *_arguments: object, **_options: object) -> dict[str, Any]:
        asked.append(limit)
        return result(20.0)

    monkeypatch.setattr(table, "measure", measure)
    (tmp_path / "4b.gguf").touch()
    table.result_path(tmp_path, MODEL, 0, repeat=1, seconds=1).write_text(json.dumps(result(60.0)))
    text = table.run(tmp_path, [MODEL], files=tmp_path, vocab_from=None, repeat=1, seconds=1)
    assert asked == [1]
    assert (tmp_path / "table.md").read_text("utf-8") == text
    table.run(tmp_path, [MODEL], files=tmp_path, vocab_from=None, repeat=1, seconds=1)
    assert asked == [1]


def test_a_cell_belongs_to_one_engine_and_one_way_of_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def path(**how: int) -> Path:
        return table.result_path(tmp_path, MODEL, 1, **{"repeat": 2, "seconds": 8, **how})

    before = path()
    assert len({before, path(repeat=3), path(seconds=9)}) == 3
    monkeypatch.setattr(table, "version", lambda _name: "0.3.36+thimble.999")
    assert path() != before


def test_every_model_is_measured_in_memory_first() -> None:
    assert all(model.limits[0] == 0 for model in MODELS)
    assert "stock-memory" in table.engines(0)
    assert "stock-willneed" in table.engines(1)
