"""What the machine is busy with."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from thimble.insight.machine import Load, MachineMeter
from thimble.protocol import Sample, State


class Disk:
    def __init__(self, read: int, written: int) -> None:
        self.read_bytes, self.write_bytes = read, written


@pytest.fixture
def meter(tmp_path: Path) -> MachineMeter:
    ticks = iter(range(100))
    return MachineMeter(tmp_path / "proc", tmp_path / "sys", lambda: float(next(ticks)))


def test_the_first_reading_has_no_rates(meter: MachineMeter) -> None:
    load = meter.read(None)
    assert load.cores == ()
    assert load.disk_read is None
    assert load.memory_total > load.memory_available > 0


def test_disk_rates_are_differences(meter: MachineMeter, monkeypatch: pytest.MonkeyPatch) -> None:
    disks = iter((Disk(100, 0), Disk(700, 60), Disk(5, 0)))
    monkeypatch.setattr(psutil, "disk_io_counters", lambda: next(disks))
    monkeypatch.setattr(meter, "clock", iter((0.0, 0.0, 2.0, 2.0, 4.0, 4.0)).__next__)
    meter.read(None)
    load = meter.read(None)
    assert (load.disk_read, load.disk_written) == (300, 30)
    assert meter.read(None).disk_read is None  # a disk has gone: its counters went back


@pytest.mark.parametrize("answer", [None, RuntimeError("no disks"), OSError()])
def test_a_container_without_disk_counters_says_so(
    meter: MachineMeter, monkeypatch: pytest.MonkeyPatch, answer: Exception | None
) -> None:
    def counters() -> None:
        if answer is not None:
            raise answer

    monkeypatch.setattr(psutil, "disk_io_counters", counters)
    meter.read(None)
    assert meter.read(None).disk_read is None


def _pressure(file: Path, share: float) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"some avg10={share} avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 total=0\n", "ascii")


def test_pressure_is_the_groups_own_where_there_is_one(meter: MachineMeter) -> None:
    _pressure(meter.proc / "pressure" / "memory", 40.0)
    load = meter.read(None)
    assert (load.pressure, load.pressure_of_group) == (40.0, False)
    (meter.proc / "self").mkdir()
    (meter.proc / "self" / "cgroup").write_text("0::/user/thimble\n", "ascii")
    _pressure(meter.system / "fs" / "cgroup" / "user" / "thimble" / "memory.pressure", 2.5)
    grouped = MachineMeter(meter.proc, meter.system)
    load = grouped.read(None)
    assert (load.pressure, load.pressure_of_group) == (2.5, True)


def test_without_pressure_files_nothing_is_said_of_it(meter: MachineMeter) -> None:
    assert meter.read(None).pressure is None


def test_others_are_what_engine_and_window_do_not_use() -> None:
    load = Load(cores=(100.0, 90.0), engine_cores=0.5, window_cores=0.1)
    assert load.other_cores == pytest.approx(1.3)
    assert load.starved


@pytest.mark.parametrize(
    "load",
    [
        Load(),
        Load(cores=(95.0, 100.0), engine_cores=1.9),
        Load(cores=(100.0, 100.0, 5.0, 5.0, 5.0, 5.0), engine_cores=1.0),
    ],
)
def test_an_engine_that_has_its_cores_is_not_starved(load: Load) -> None:
    assert not load.starved


def test_an_idle_engine_uses_no_cores(meter: MachineMeter) -> None:
    meter.read(None)
    assert meter.read(Sample("a", 1, cpu_percent=80.0, state=State.READY)).engine_cores == 0
    assert meter.read(Sample("a", 1, cpu_percent=80.0, state=State.ANSWERING)).engine_cores == pytest.approx(0.8)
