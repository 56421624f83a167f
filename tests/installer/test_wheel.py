"""The engine's wheel: built once, kept whole, refused where it would crash."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from installer import wheel
from installer.errors import InstallerError
from installer.places import Places
from installer.recipe import Recipe, read_recipe
from installer.terminal import Phase, Terminal
from tests.installer.conftest import DIFF, HEADER, FakePython


@pytest.fixture
def recipe(places: Places) -> Recipe:
    """What this checkout wants on a machine with AVX2."""
    return replace(
        read_recipe(places.patches, stock=False, compiler=None), compiler="c++ 1", cpu_flags=("x86_64", "avx2")
    )


def _build(places: Places, recipe: Recipe, fake: FakePython, terminal: Terminal) -> Path:
    return wheel.build(places, recipe, fake.path, terminal)


def test_a_built_wheel_is_found_again(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    assert _build(places, recipe, fake_python, terminal) == wheel.cached(places, recipe)


def test_it_holds_the_patched_source_our_files_and_our_version(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    with zipfile.ZipFile(_build(places, recipe, fake_python, terminal)) as archive:
        contents = {name: archive.read(name).decode() for name in archive.namelist()}
    assert contents["vendor/word.txt"] == "one\n2\nthree\n"
    assert contents["vendor/thimble/ours.cpp"] == "int ours;\n"
    assert '__version__ = "1.0+thimble.7"' in contents["llama_cpp/__init__.py"]


def test_it_says_what_it_is(places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal) -> None:
    with zipfile.ZipFile(_build(places, recipe, fake_python, terminal)) as archive:
        record = json.loads(archive.read(wheel.RECORD))
    assert record == {
        "version": "1.0+thimble.7",
        "patches": ["other-word"],
        "key": recipe.key,
        "cpu_flags": ["x86_64", "avx2"],
    }


def test_a_wheel_for_another_processor_is_refused(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    made = _build(places, recipe, fake_python, terminal)
    older = replace(recipe, cpu_flags=("x86_64",))
    assert "another processor: this one lacks avx2" in str(wheel.problem(made, older))


def test_a_foreign_wheel_under_the_right_key_is_not_used(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    made = _build(places, recipe, fake_python, terminal)
    older = replace(recipe, cpu_flags=("x86_64",))
    shutil.copytree(made.parent, places.wheels / older.key)
    assert wheel.cached(places, older) is None


def test_a_damaged_wheel_is_not_used(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    made = _build(places, recipe, fake_python, terminal)
    made.write_bytes(made.read_bytes()[:-30])
    assert wheel.cached(places, recipe) is None


def test_the_patch_that_does_not_apply_is_named_before_anything_is_compiled(
    places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    broken = DIFF.replace("-two", "-zwei")
    (places.patches / "other-word.patch").write_text(HEADER.format(name="other-word") + broken, encoding="utf-8")
    recipe = read_recipe(places.patches, stock=False, compiler=None)
    with pytest.raises(InstallerError, match=r"other-word\.patch does not apply"):
        _build(places, recipe, fake_python, terminal)
    assert not any("wheel" in call for call in fake_python.calls)


def test_a_failed_build_names_its_log(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    fake_python.behaves("broken")
    with pytest.raises(InstallerError) as failure:
        _build(places, recipe, fake_python, terminal)
    log = places.logs / f"engine-{recipe.key}.log"
    assert str(log) in failure.value.sentence
    assert "error: expected ';'" in log.read_text(encoding="utf-8")


def test_a_full_disk_is_one_sentence(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    fake_python.behaves("full")
    with pytest.raises(InstallerError, match="The disk is full"):
        _build(places, recipe, fake_python, terminal)


class _Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_too_little_room_is_said_before_anything_is_fetched(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: _Usage(100, 99, 1))
    with pytest.raises(InstallerError, match="The disk is full: building the engine needs"):
        _build(places, recipe, fake_python, terminal)
    assert fake_python.calls == []


@pytest.mark.parametrize("mode", ["broken", "full", "offline"])
def test_a_failed_build_leaves_nothing_behind(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal, mode: str
) -> None:
    fake_python.behaves(mode)
    with pytest.raises(InstallerError):
        _build(places, recipe, fake_python, terminal)
    assert list(places.builds.iterdir()) == []
    assert wheel.cached(places, recipe) is None


def test_a_stopped_build_leaves_no_files_and_no_compiler(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_phase: Phase, _done: int, _total: int) -> None:
        # the fake compiler notes its number after its first line of progress
        while not (fake_python.path.parent / "pid").exists():
            os.sched_yield()
        raise KeyboardInterrupt

    fake_python.behaves("hang")
    monkeypatch.setattr(Phase, "percent", interrupt)
    with pytest.raises(KeyboardInterrupt):
        _build(places, recipe, fake_python, terminal)
    assert list(places.builds.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(fake_python.process_id, 0)


def test_only_the_newest_engines_are_kept(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    for number in range(12):
        old = places.wheels / f"old{number}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    made = _build(places, recipe, fake_python, terminal)
    assert len(list(places.wheels.iterdir())) == 8
    assert made.exists()
