"""The measurement gives plausible figures, and assumed ones where it cannot measure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thimble import speeds
from thimble.speeds import ASSUMED_DISK, Speeds, disk_speed, measure, measure_apart, memory_speed, remembered


def test_memory_is_faster_than_a_disk_and_slower_than_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "_MEMORY_ROUNDS", 1)
    assert 5e8 < memory_speed(2) < 2e12


def test_a_small_or_missing_file_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(bytes(1000))
    assert disk_speed(tmp_path / "small") == 0
    assert disk_speed(tmp_path / "none") == 0


def test_the_disk_is_measured_with_the_first_file_that_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speeds, "_MEMORY_BYTES", 2**20)
    monkeypatch.setattr(speeds, "_BIG_ENOUGH", 8 * 2**20)
    big = tmp_path / "big"
    big.write_bytes(os.urandom(2**20) * 16)
    found = measure(1, [tmp_path / "none", big])
    if not found.disk_measured:
        pytest.skip("this file system has no direct I/O")
    assert found.disk > 1e6


def test_without_a_file_the_disk_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speeds, "_MEMORY_BYTES", 2**20)
    found = measure(1, [])
    assert (found.disk, found.disk_measured) == (ASSUMED_DISK, False)
    assert found.memory > 0
    assert Speeds().disk == ASSUMED_DISK


def test_a_process_of_its_own_measures_the_same_things(tmp_path: Path) -> None:
    found = measure_apart(1, [tmp_path / "none"])
    assert found.memory > 5e8
    assert (found.disk, found.disk_measured) == (ASSUMED_DISK, False)


def test_without_such_a_process_it_is_measured_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thimble.speeds.sys.executable", "/does/not/exist")
    monkeypatch.setattr(speeds, "_MEMORY_BYTES", 2**20)
    assert measure_apart(1, []).memory > 0


def _big_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(speeds, "_BIG_ENOUGH", 10)
    big = folder / "model"
    big.write_bytes(bytes(10))
    return big


def test_a_disk_that_cannot_be_measured_is_not_tried_at_every_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[list[Path]] = []

    def measured(_threads: int, files: list[Path]) -> Speeds:
        tried.append(files)
        return Speeds(10.0)

    monkeypatch.setattr(speeds, "measure_apart", measured)
    big, small, file = _big_file(tmp_path, monkeypatch), tmp_path / "small", tmp_path / "speeds.json"
    small.write_bytes(b"1")
    for files in ([small], [small], [small, big], [small, big]):
        assert remembered(file, 2, files).memory == 10.0
    assert tried == [[], [big]]


def test_the_best_of_some_measurements_is_kept_and_not_measured_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = iter([Speeds(10.0, 5.0, True), Speeds(8.0, 7.0, True), Speeds(99.0, 99.0, True)])
    monkeypatch.setattr(speeds, "measure_apart", lambda _threads, _files: next(results))
    file, files = tmp_path / "speeds.json", [_big_file(tmp_path, monkeypatch)]
    assert remembered(file, 2, files) == Speeds(10.0, 5.0, True)
    assert remembered(file, 2, files) == Speeds(10.0, 5.0, True)
    monkeypatch.setattr(speeds, "SOON_S", 0.0)
    assert remembered(file, 2, files) == Speeds(10.0, 7.0, True)
    file.write_text("damaged")
    assert remembered(file, 2, files) == Speeds(99.0, 99.0, True)
