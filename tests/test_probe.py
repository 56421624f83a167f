"""Facts of the machine, read from made-up system files and from this machine."""

from __future__ import annotations

import os
from collections import namedtuple
from pathlib import Path

import pytest

from thimble import probe
from thimble.probe import Machine, cgroup_cpu_quota, cgroup_memory, cgroup_room, disk_free, probe_machine

_GIB = 2**30


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "proc" / "self").mkdir(parents=True)
    return tmp_path / "proc"


@pytest.fixture
def system(tmp_path: Path) -> Path:
    (tmp_path / "sys" / "fs" / "cgroup").mkdir(parents=True)
    return tmp_path / "sys"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def _group(proc: Path, text: str) -> None:
    _write(proc / "self" / "cgroup", text)


def test_this_machine_has_plausible_facts() -> None:
    machine = probe_machine()
    assert machine.cpu_name
    assert 1 <= machine.physical_cores <= machine.logical_cores <= (os.cpu_count() or 1)
    assert 0 < machine.memory_available <= machine.memory_usable <= machine.memory_total


def test_without_control_groups_there_are_no_limits(proc: Path, system: Path) -> None:
    assert cgroup_memory(proc, system) == (None, 0)
    assert cgroup_cpu_quota(proc, system) is None


def test_version_2_the_tightest_limit_on_the_way_up_holds(proc: Path, system: Path) -> None:
    _group(proc, "0::/user/app/inner")
    root = system / "fs" / "cgroup"
    _write(root / "user" / "memory.max", str(8 * _GIB))
    _write(root / "user" / "app" / "memory.max", str(2 * _GIB))
    _write(root / "user" / "app" / "memory.current", str(_GIB))
    _write(root / "user" / "app" / "inner" / "memory.max", "max")
    assert cgroup_memory(proc, system) == (2 * _GIB, _GIB)


def test_version_1_has_a_folder_for_each_controller(proc: Path, system: Path) -> None:
    _group(proc, "5:memory:/box\n4:cpu,cpuacct:/box\n1:name=systemd:/x")
    root = system / "fs" / "cgroup"
    _write(root / "memory" / "box" / "memory.limit_in_bytes", str(3 * _GIB))
    _write(root / "memory" / "box" / "memory.usage_in_bytes", str(_GIB))
    _write(root / "cpu,cpuacct" / "box" / "cpu.cfs_quota_us", "150000")
    _write(root / "cpu,cpuacct" / "box" / "cpu.cfs_period_us", "100000")
    assert cgroup_memory(proc, system) == (3 * _GIB, _GIB)
    assert cgroup_cpu_quota(proc, system) == 1.5


def test_version_1_writes_a_huge_number_for_no_limit(proc: Path, system: Path) -> None:
    _group(proc, "5:memory:/")
    _write(system / "fs" / "cgroup" / "memory" / "memory.limit_in_bytes", "9223372036854771712")
    assert cgroup_memory(proc, system) == (None, 0)


def test_in_a_container_the_mounts_root_speaks_for_the_hosts_path(proc: Path, system: Path) -> None:
    _group(proc, "0::/docker/0123abc")
    _write(system / "fs" / "cgroup" / "memory.max", str(_GIB))
    _write(system / "fs" / "cgroup" / "cpu.max", "50000 100000")
    assert cgroup_memory(proc, system) == (_GIB, 0)
    assert cgroup_cpu_quota(proc, system) == 0.5


@pytest.mark.parametrize("text", ["max 100000", "", "x y", "100000 0"])
def test_a_quota_that_says_nothing_is_none(proc: Path, system: Path, text: str) -> None:
    _group(proc, "0::/")
    _write(system / "fs" / "cgroup" / "cpu.max", text)
    assert cgroup_cpu_quota(proc, system) is None


def test_a_path_that_climbs_out_is_kept_inside(proc: Path, system: Path) -> None:
    _group(proc, "0::/../../other")
    _write(system / "fs" / "cgroup" / "other" / "memory.max", str(_GIB))
    assert cgroup_memory(proc, system) == (_GIB, 0)


def test_threads_of_one_core_count_once(system: Path) -> None:
    for number, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        _write(system / "devices" / "system" / "cpu" / f"cpu{number}" / "topology" / "thread_siblings_list", siblings)
    assert probe._physical_among({0, 1, 2, 3}, system) == 2
    assert probe._physical_among({0, 2}, system) == 1


def test_without_topology_every_processor_is_a_core(system: Path) -> None:
    assert probe._physical_among({0, 1, 2}, system) == 3


def test_the_processor_is_named_by_its_first_entry(proc: Path) -> None:
    _write(proc / "cpuinfo", "processor\t: 0\nmodel name\t: Fast   CPU @ 3 GHz\nflags\t\t: fpu AVX2\n\nmodel name\t: x")
    assert probe._cpu(proc) == ("Fast CPU @ 3 GHz", frozenset({"fpu", "avx2"}))


def test_an_arm_processor_lists_features(proc: Path) -> None:
    _write(proc / "cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\n")
    name, flags = probe._cpu(proc)
    assert name
    assert flags == {"fp", "asimd"}


def test_limits_narrow_what_the_machine_offers(proc: Path, system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _group(proc, "0::/")
    _write(system / "fs" / "cgroup" / "memory.max", str(2**20))
    _write(system / "fs" / "cgroup" / "memory.current", str(2**19))
    _write(system / "fs" / "cgroup" / "cpu.max", "40000 100000")
    monkeypatch.setattr(probe, "_PROC", proc)
    monkeypatch.setattr(probe, "_SYS", system)
    machine = probe_machine()
    assert (machine.logical_cores, machine.physical_cores) == (1, 1)
    assert (machine.cgroup_limit, machine.memory_usable, machine.memory_available) == (2**20, 2**20, 2**19)


def test_without_a_limit_all_memory_is_usable() -> None:
    assert Machine("cpu", frozenset(), 1, 1, 100, 50, None).memory_usable == 100


def test_free_space_is_known_for_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    assert disk_free(tmp_path / "a" / "b" / "model.gguf") == Machine.disk_free(tmp_path) > 0


def test_free_space_counts_as_none_where_the_system_does_not_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("thimble.probe.shutil.disk_usage", refuse)
    assert disk_free(tmp_path) == 0


def test_a_mac_names_its_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    done = namedtuple("done", "stdout")
    monkeypatch.setattr("thimble.probe.platform.system", lambda: "Darwin")
    monkeypatch.setattr("thimble.probe.subprocess.run", lambda *_, **__: done("Apple M4\n"))
    assert probe._brand() == "Apple M4"


def test_room_in_a_group_counts_cached_files(proc: Path, system: Path) -> None:
    _group(proc, "0::/app")
    folder = system / "fs" / "cgroup" / "app"
    assert cgroup_room(proc, system) is None
    _write(folder / "memory.max", "1000")
    _write(folder / "memory.current", "900")
    _write(folder / "memory.stat", "anon 500\nactive_file 100\ninactive_file 50\nworkingset_refault_file 7")
    assert cgroup_room(proc, system) == (1000, 250)


def test_room_in_a_group_of_version_1_counts_those_below_it(proc: Path, system: Path) -> None:
    _group(proc, "5:memory:/box")
    folder = system / "fs" / "cgroup" / "memory" / "box"
    _write(folder / "memory.limit_in_bytes", "1000")
    _write(folder / "memory.usage_in_bytes", "990")
    _write(folder / "memory.stat", "active_file 1\ntotal_active_file 20\ntotal_inactive_file 5")
    assert cgroup_room(proc, system) == (1000, 35)
