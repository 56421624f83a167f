"""Memory cgroups of both versions, on folders that look like the kernel's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thimble.engine.bench import cgroup
from thimble.engine.bench.cgroup import MemoryGroup, memory_group


def test_version_1_gets_its_limit_and_tells_its_peak(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    group = memory_group("bench", 2**30, tmp_path)
    assert isinstance(group, MemoryGroup)
    assert (group.folder / "memory.limit_in_bytes").read_text() == str(2**30)
    assert group.members == tmp_path / "memory" / "bench" / "cgroup.procs"
    (group.folder / "memory.max_usage_in_bytes").write_text("123456\n")
    assert group.peak() == 123456


def test_version_2_gets_its_limit_and_tells_its_peak(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu memory io\n")
    group = memory_group("bench", 2**30, tmp_path)
    assert isinstance(group, MemoryGroup)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+memory"
    assert (group.folder / "memory.max").read_text() == str(2**30)
    (group.folder / "memory.peak").write_text("99\n")
    assert group.peak() == 99


def test_without_a_limit_it_only_accounts(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    group = memory_group("bench", 0, tmp_path)
    assert isinstance(group, MemoryGroup)
    assert list(group.folder.iterdir()) == []
    assert group.peak() is None


@pytest.mark.parametrize(
    ("text", "killed"), [("oom_kill 0\n", False), ("under_oom 0\noom_kill 2\n", True), ("", False)]
)
def test_a_kill_is_noticed(tmp_path: Path, text: str, killed: bool) -> None:
    (tmp_path / "memory.oom_control").write_text(text)
    assert MemoryGroup(tmp_path, 1).killed() is killed


def test_a_system_without_the_controller_says_so(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu io\n")
    assert "no memory cgroup" in str(memory_group("bench", 1, tmp_path))


def test_who_may_not_make_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "bench").mkdir()  # mkdir fails, as it would for others than root
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root may make one" in str(memory_group("bench", 1, tmp_path))


def test_an_empty_group_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    folder.mkdir()
    cgroup.MemoryGroup(folder, 2).remove()
    assert not folder.exists()
