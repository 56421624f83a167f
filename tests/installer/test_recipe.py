"""Two engines are the same when everything they are built from is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from installer import cpu
from installer.errors import InstallerError
from installer.places import Places
from installer.recipe import Recipe, find_compiler, read_recipe
from tests.installer.conftest import DIFF


def _recipe(places: Places, *, stock: bool = False) -> Recipe:
    return replace(
        read_recipe(places.patches, stock=stock, compiler=None), compiler="c++ 1", cpu_flags=("x86_64", "avx2")
    )


def test_the_same_inputs_give_the_same_key(places: Places) -> None:
    assert _recipe(places).key == _recipe(places).key


def test_the_version_counts_our_revisions(places: Places) -> None:
    assert _recipe(places).version == "1.0+thimble.7"


def test_the_stock_engine_has_nothing_of_ours(places: Places) -> None:
    stock = _recipe(places, stock=True)
    assert (stock.version, stock.patches, stock.own_sources) == ("1.0", (), ())


def test_stock_and_patched_have_different_keys(places: Places) -> None:
    assert _recipe(places, stock=True).key != _recipe(places).key


def test_only_our_engine_reads_pictures(places: Places) -> None:
    assert "-DLLAVA_BUILD=ON" in _recipe(places).cmake_flags
    assert "-DLLAVA_BUILD=OFF" in _recipe(places, stock=True).cmake_flags


@pytest.mark.parametrize(
    "change",
    [
        {"compiler": "c++ 2"},
        {"cpu_flags": ("x86_64",)},
        {"cmake_flags": ("-DGGML_NATIVE=OFF",)},
        {"surroundings": ("CXXFLAGS=-O1",)},
        {"system": "py3 other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_fact_of_the_machine_changes_the_key(places: Places, change: dict[str, object]) -> None:
    recipe = _recipe(places)
    assert replace(recipe, **change).key != recipe.key  # type: ignore[arg-type]


def _edit_source(places: Places) -> None:
    (places.patches / "src" / "vendor" / "thimble" / "ours.cpp").write_text("int mine;\n", encoding="utf-8")


def _move_source(places: Places) -> None:
    folder = places.patches / "src" / "vendor" / "thimble"
    (folder / "ours.cpp").rename(folder / "theirs.cpp")


def _edit_patch(places: Places) -> None:
    path = places.patches / "other-word.patch"
    path.write_text(path.read_text(encoding="utf-8").replace("+2", "+II"), encoding="utf-8")


def _drop_patch(places: Places) -> None:
    (places.patches / "series").write_text("", encoding="utf-8")


def _new_revision(places: Places) -> None:
    (places.patches / "VERSION").write_text("8\n", encoding="ascii")


def _new_upstream(places: Places) -> None:
    path = places.patches / "upstream.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "sha256": "0"}), encoding="utf-8")


@pytest.mark.parametrize("edit", [_edit_source, _move_source, _edit_patch, _drop_patch, _new_revision, _new_upstream])
def test_each_file_of_the_checkout_changes_the_key(places: Places, edit: Callable[[Places], None]) -> None:
    before = _recipe(places).key
    edit(places)
    assert _recipe(places).key != before


def test_words_in_a_patchs_header_do_not_change_the_key(places: Places, write_patch: Callable[..., Path]) -> None:
    before = _recipe(places).key
    write_patch("other-word", header="{name}: said otherwise\n---\n", diff=DIFF)
    assert _recipe(places).key == before


def test_cmake_arguments_of_the_user_are_part_of_it(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _recipe(places).key
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_OPENMP=OFF")
    assert _recipe(places).key != before


def test_a_revision_that_is_no_number_is_one_sentence(places: Places) -> None:
    (places.patches / "VERSION").write_text("soon\n", encoding="ascii")
    with pytest.raises(InstallerError, match="one whole number"):
        _recipe(places)


def test_a_compiler_named_by_the_user_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "mine"
    compiler.write_text("#!/bin/sh\n", encoding="ascii")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", f"{compiler} -m64")
    assert find_compiler() == str(compiler)


def test_without_any_compiler_on_the_path_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_compiler() is None


def test_instruction_sets_are_told_from_the_kernels_other_flags(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags\t\t: fpu sse4_2 avx2 avx512_vnni pti md_clear smep vme\n", encoding="ascii")
    assert cpu.flags(cpuinfo)[1:] == ("avx2", "avx512_vnni", "sse4_2")


def test_arms_features_are_read_too(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("Features\t: fp asimd evtstrm sve i8mm\n", encoding="ascii")
    assert cpu.flags(cpuinfo)[1:] == ("asimd", "i8mm", "sve")
