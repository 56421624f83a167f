"""Measurements are kept: the newest of each kind, and only what can be read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.fake_engine import measurement
from thimble.errors import ThimbleError
from thimble.library.measurements import MOST, Kept, keep_measurement, read_measurements
from thimble.probe import probe_machine
from thimble.protocol import LoadOptions


def kept(model: str = "a", *, context: int = 4096, time: float = 1.0, tps: float = 20.0, size: int = 100) -> Kept:
    found = replace(measurement(LoadOptions(context=context), tps), time=time)
    return Kept(model, size, found, 22.0, 2**30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "measurements.json"


def test_what_was_kept_is_there_again_the_newest_first(file: Path) -> None:
    keep_measurement(file, kept(time=1))
    keep_measurement(file, kept("b", time=3))
    keep_measurement(file, kept(context=512, time=2))
    assert [(one.model, one.found.time) for one in read_measurements(file)] == [("b", 3), ("a", 2), ("a", 1)]
    assert read_measurements(file)[2] == kept(time=1)


def test_the_same_options_again_replace_the_earlier_one(file: Path) -> None:
    keep_measurement(file, kept(time=1, tps=10))
    keep_measurement(file, kept(time=2, tps=20))
    assert [one.found.decode_tps for one in read_measurements(file)] == [20]


def test_another_file_of_the_same_name_is_another_model(file: Path) -> None:
    keep_measurement(file, kept(size=100))
    keep_measurement(file, kept(size=200))
    assert len(read_measurements(file)) == 2


def test_of_one_model_only_so_many_are_kept(file: Path) -> None:
    keep_measurement(file, kept("b", time=0))
    for number in range(MOST + 3):
        keep_measurement(file, kept(context=256 * (number + 1), time=number))
    found = read_measurements(file)
    assert [one.found.time for one in found if one.model == "a"] == list(range(MOST + 2, 2, -1))
    assert [one.model for one in found].count("b") == 1


def test_it_knows_its_options_and_its_computer() -> None:
    machine = probe_machine()
    assert kept().is_with(LoadOptions())
    assert not kept().is_with(LoadOptions(memory_limit=2**30))
    assert not kept().is_with(LoadOptions(expert_cache=2**20))
    assert kept().is_of(machine)
    assert not kept().is_of(replace(machine, physical_cores=machine.physical_cores + 1))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"measurements": 7}', '{"measurements": [{"model": "a"}, null]}'])
def test_what_cannot_be_read_is_left_out(file: Path, text: str) -> None:
    file.write_text(text)
    assert read_measurements(file) == []


def test_a_wrong_entry_does_not_hide_the_others(file: Path) -> None:
    keep_measurement(file, kept())
    content = json.loads(file.read_text())
    content["measurements"].append({**content["measurements"][0], "found": {"time": "soon"}})
    file.write_text(json.dumps(content))
    assert read_measurements(file) == [kept()]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ThimbleError, match="could not be kept"):
        keep_measurement(tmp_path / "file" / "measurements.json", kept())


def test_beside_a_busy_program_it_says_little() -> None:
    assert kept().undisturbed
    assert not replace(kept(), found=replace(kept().found, others_busy=1.0)).undisturbed
