"""Builds that go on from one checkout to the next."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from installer import kept_builds
from installer.errors import InstallerError
from installer.places import Places


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files, one of them deeper."""
    made = tmp_path / "source"
    (made / "deep").mkdir(parents=True)
    (made / "one.cpp").write_text("one")
    (made / "deep" / "two.cpp").write_text("two")
    return made


def test_what_has_not_changed_keeps_its_time(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    kept_builds.mirror(source, target)
    for name in ("one.cpp", "deep/two.cpp"):
        os.utime(target / name, (1, 1))
    (source / "deep" / "two.cpp").write_text("changed")
    kept_builds.mirror(source, target)
    assert (target / "one.cpp").stat().st_mtime == 1
    assert (target / "deep" / "two.cpp").stat().st_mtime > 1
    assert (target / "deep" / "two.cpp").read_text() == "changed"


def test_what_is_gone_goes(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    kept_builds.mirror(source, target)
    (source / "deep" / "two.cpp").unlink()
    (source / "deep").rmdir()
    (source / "deep").write_text("a file now")
    (target / "one.cpp").unlink()
    (target / "one.cpp").mkdir()
    kept_builds.mirror(source, target)
    assert sorted(path.name for path in target.rglob("*")) == ["deep", "one.cpp"]
    assert (target / "deep").read_text() == "a file now"


def test_a_target_that_cannot_be_written_is_said(source: Path, tmp_path: Path) -> None:
    (tmp_path / "target").write_text("no folder")
    with pytest.raises(InstallerError, match="cannot be written"):
        kept_builds.mirror(source, tmp_path / "target")


def test_another_checkout_finds_the_same_folder(places: Places, tmp_path: Path) -> None:
    with kept_builds.folder(places, "tests", ["gcc 12"]) as first:
        pass
    with kept_builds.folder(replace(places, root=tmp_path / "other"), "tests", ["gcc 12"]) as second:
        assert first == second


def test_another_compiler_is_another_build(places: Places) -> None:
    with (
        kept_builds.folder(places, "tests", ["gcc 12"]) as first,
        kept_builds.folder(places, "tests", ["gcc 13"]) as second,
    ):
        assert first != second


def test_who_comes_second_builds_in_its_own_checkout(places: Places) -> None:
    with kept_builds.folder(places, "tests", []) as first, kept_builds.folder(places, "tests", []) as second:
        assert first.is_relative_to(places.cache)
        assert second == places.scratch / "tests"
        assert second.is_dir()


def test_without_a_cache_the_checkout_does(places: Places) -> None:
    (places.cache / "kept").parent.mkdir(parents=True, exist_ok=True)
    (places.cache / "kept").write_text("in the way")
    with kept_builds.folder(places, "tests", []) as folder:
        assert folder == places.scratch / "tests"
