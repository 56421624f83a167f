"""`thimble bench` from the command line, on a tiny model and the shipped engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.moe_models import Architecture, write_moe
from thimble.cli import main
from thimble.engine.bench.runs import summary, token_stream
from thimble.engine.experts import ExpertStore
from thimble.errors import ThimbleError
from thimble.modelfile import read_header


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_moe(tmp_path_factory.mktemp("bench") / "tiny.gguf", Architecture.SMALLTHINKER)


def bench(model: Path, *more: str) -> int:
    return main(["bench", "--model", str(model), "--ctx", "256", "--prompt-tokens", "40", "--repeat", "2", *more])


@pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")
def test_two_rounds_tell_everything_about_the_shipped_engine(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = 2 * 2**20  # of 3.4 MiB
    assert bench(model, "--gen-tokens", "100", "--expert-cache", "2MiB", "--json") == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [run["engine"] for run in told["runs"]] == ["thimble", "thimble"]
    assert told["settings"]["expert_cache"] == cache
    run = told["runs"][0]
    assert run["problem"] is None
    assert run["decoded_tokens"] == 100
    assert run["decode_tps"] > 0
    assert run["decode_tps_steady"] > 0
    assert 0 < run["hit_rate"] < 1
    assert 0 < run["hit_rate_kept"] <= run["hit_rate"]
    assert run["hit_rate_kept"] <= run["hit_rate_belady"] + 0.02
    assert 0 < run["hit_rate_lru"] <= run["hit_rate_belady"]
    assert run["logits_equal"] is None  # there was nothing to compare with
    assert told["summary"]["thimble"]["p99_ms"] >= told["summary"]["thimble"]["p50_ms"]


@pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")
def test_the_table_is_for_people(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(model, "--gen-tokens", "10") == 0
    text = capsys.readouterr().out
    assert "steady" in text
    assert "thimble" in text
    assert "disk, GB/s by readers at once" in text


def test_without_the_stock_engine_it_says_how_to_get_it(
    model: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert bench(model, "--vs-stock", "--stock-python", str(tmp_path / "none")) == 1
    assert "python3 -m installer engine --stock" in capsys.readouterr().err


def test_more_tokens_than_context_are_refused(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(model, "--gen-tokens", "1000") == 1
    assert "do not fit into a context of 256" in capsys.readouterr().err


def test_an_unknown_engine_is_refused(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(model, "--engines", "thimble,rocket") == 1
    assert "no engine 'rocket'" in capsys.readouterr().err


def test_the_stream_is_the_same_for_everybody(model: Path) -> None:
    header = read_header(model)
    first = token_stream(header, 50, None)
    assert first == token_stream(header, 50, None)
    assert all(0 <= token < header.vocabulary for token in first)


@pytest.mark.parametrize("text", ["1 2", "1 2 three", "1 2 99999"])
def test_a_tokens_file_that_will_not_do_is_refused(model: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens.txt"
    file.write_text(text)
    with pytest.raises(ThimbleError, match=r"tokens\.txt"):
        token_stream(read_header(model), 3, file)


def test_medians_leave_failed_runs_out() -> None:
    figures = dict.fromkeys(("decode_tps", "prefill_tps", "load_s", "p50_ms", "p99_ms", "mb_per_token"), 1.0)
    runs: list[dict[str, Any]] = [
        {"engine": "thimble", "problem": None, **figures, "decode_tps": 10.0},
        {"engine": "thimble", "problem": None, **figures, "decode_tps": 30.0},
        {"engine": "stock-mmap-128", "problem": None, **figures, "decode_tps": 5.0},
        {"engine": "stock-mmap", "problem": "killed by the kernel: out of memory", "killed": True},
    ]
    table = summary(runs)
    assert table["thimble"]["decode_tps"] == 20.0
    assert table["thimble"]["ratio_to_stock-mmap-128"] == 4.0
    assert table["stock-mmap"]["decode_tps"] is None
