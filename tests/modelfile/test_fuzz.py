"""The fuzzer works: it finds new ways through the reader, and notices a reader that breaks its promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import header


def test_it_finds_inputs_that_reach_new_lines(tmp_path: Path) -> None:
    tried, kept, _ = header.fuzz(1.0, tmp_path, seed=1)
    assert tried > 20
    assert kept > len(header.seeds())
    assert not (tmp_path / "failing.gguf").exists()


def test_it_keeps_the_input_that_breaks_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        if data not in header.seeds():
            raise IndexError("as a careless reader would")

    monkeypatch.setattr(header, "run_one", broken)
    with pytest.raises(IndexError):
        header.fuzz(1.0, tmp_path, seed=1)
    assert (tmp_path / "failing.gguf").exists()
