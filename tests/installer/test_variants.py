"""The portable engine: which builds of the CPU backend it has, and how they come into the wheel."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from installer import variants, wheel
from installer.cmake import CMake
from installer.errors import InstallerError
from installer.places import Places
from installer.recipe import Recipe, read_recipe
from installer.terminal import Terminal
from tests.installer.conftest import FakePython
from thimble.engine import variants as chooser

MACHINES = ("x86_64", "aarch64")

# configures (writes its arguments down) and builds (writes a library that says what it was configured with)
_FAKE_CMAKE = """#!{python}
import pathlib, sys
args = sys.argv[1:]
if args[0] == "-S":
    build = pathlib.Path(args[args.index("-B") + 1])
    build.mkdir()
    (build / "args").write_text(" ".join(args))
    sys.exit()
build = pathlib.Path(args[1])
configured = (build / "args").read_text()
if "{breaks}" and "{breaks}" in configured:
    print("error: {says}")
    sys.exit(1)
(build / "bin").mkdir()
(build / "bin" / "libggml-cpu.so.0").write_text(configured)
(build / "bin" / "libggml-cpu.so").symlink_to("libggml-cpu.so.0")
"""


def _fake_cmake(folder: Path, *, breaks: str = "", says: str = "expected ';'") -> CMake:
    program = folder / "cmake"
    text = _FAKE_CMAKE.replace("{python}", sys.executable).replace("{breaks}", breaks).replace("{says}", says)
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    return CMake(str(program), "ctest", ("-G", "Ninja"))


@pytest.fixture
def recipe(places: Places, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """A portable engine for x86-64, wherever the tests run."""
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    return read_recipe(places.patches, stock=False, compiler=None, portable=True)


@pytest.mark.parametrize("machine", MACHINES)
def test_the_last_is_what_all_others_need_too(machine: str) -> None:
    found = variants.for_machine(machine)
    assert all(set(found[-1].needs) <= set(variant.needs) for variant in found)


@pytest.mark.parametrize("machine", MACHINES)
def test_none_hides_a_better_one(machine: str) -> None:
    found = variants.for_machine(machine)
    hidden = [
        (better.name, worse.name)
        for number, worse in enumerate(found)
        for better in found[number + 1 :]
        if set(worse.needs) <= set(better.needs)
    ]
    assert hidden == []


@pytest.mark.parametrize("machine", MACHINES)
def test_the_app_can_find_out_about_everything_a_variant_needs(machine: str) -> None:
    known = {*chooser._X86, *chooser._ARM}
    assert {need for variant in variants.for_machine(machine) for need in variant.needs} <= known


def test_every_x86_option_is_said_by_every_variant() -> None:
    found = [{flag.partition("=")[0] for flag in variant.flags} for variant in variants.for_machine("x86_64")]
    assert all(options == found[0] for options in found)
    assert "-DGGML_AVX512=OFF" in variants.for_machine("x86_64")[-1].flags  # upstream's default is another


def test_windows_and_macos_names_of_the_architectures_are_known() -> None:
    assert variants.for_machine("AMD64") == variants.for_machine("x86_64")
    assert variants.for_machine("arm64") == variants.for_machine("aarch64")


def test_other_architectures_are_refused() -> None:
    with pytest.raises(InstallerError, match="riscv64"):
        variants.for_machine("riscv64")


def test_a_portable_engine_is_for_the_least_processor_and_not_for_this_one(recipe: Recipe) -> None:
    assert recipe.cpu_flags == ("x86_64", *variants.for_machine("x86_64")[-1].needs)
    assert "-DGGML_NATIVE=OFF" in recipe.cmake_flags
    assert "-DGGML_NATIVE=ON" not in recipe.cmake_flags
    assert "-DGGML_AVX2=OFF" in recipe.cmake_flags


def test_another_list_of_variants_is_another_engine(recipe: Recipe) -> None:
    assert replace(recipe, variants=recipe.variants[1:]).key != recipe.key


def test_the_record_names_the_variants_as_the_app_reads_them(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "_thimble.json").write_text(json.dumps(recipe.record()), encoding="utf-8")
    offered = chooser.offered(tmp_path)
    assert [(found.name, found.needs) for found in offered] == [(made.name, made.needs) for made in recipe.variants]


def test_an_engine_for_this_processor_has_none(places: Places) -> None:
    recipe = read_recipe(places.patches, stock=False, compiler=None)
    assert recipe.variants == ()
    assert "variants" not in recipe.record()


def test_each_variant_but_the_least_is_in_the_wheel_with_its_own_flags_last(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal, tmp_path: Path
) -> None:
    made = wheel.build(places, recipe, fake_python.path, terminal, _fake_cmake(tmp_path))
    with zipfile.ZipFile(made) as archive:
        held = {name: archive.read(name).decode() for name in archive.namelist() if "variants/" in name}
        record = archive.read("tiny_engine.dist-info/RECORD").decode().splitlines()
    assert set(held) == {f"llama_cpp/lib/variants/{variant.name}/libggml-cpu.so" for variant in recipe.variants[:-1]}
    assert {line.partition(",")[0] for line in record} == {"llama_cpp/__init__.py", *held}
    said = held["llama_cpp/lib/variants/avx2/libggml-cpu.so"]
    assert said.rindex("-DGGML_AVX2=ON") > said.rindex("-DGGML_AVX2=OFF")
    assert said.rindex("-DGGML_AVX512=OFF") > said.rindex("-DGGML_NATIVE=OFF")


def test_a_variant_that_does_not_compile_is_named_and_leaves_nothing(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal, tmp_path: Path
) -> None:
    with pytest.raises(InstallerError, match="variant avx512 could not be built; the end of the log says why"):
        wheel.build(places, recipe, fake_python.path, terminal, _fake_cmake(tmp_path, breaks="variant-avx512 "))
    assert list(places.builds.iterdir()) == []
    assert wheel.cached(places, recipe) is None


def test_a_full_disk_is_said(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal, tmp_path: Path
) -> None:
    full = _fake_cmake(tmp_path, breaks="variant-avx2 ", says="No space left on device")
    with pytest.raises(InstallerError, match="variant avx2 could not be built; the disk is full"):
        wheel.build(places, recipe, fake_python.path, terminal, full)


def test_what_is_built_is_said(
    places: Places,
    recipe: Recipe,
    fake_python: FakePython,
    terminal: Terminal,
    output: io.StringIO,
    tmp_path: Path,
) -> None:
    wheel.build(places, recipe, fake_python.path, terminal, _fake_cmake(tmp_path))
    assert "avx512-bf16, avx512-vnni, avx512, avx-vnni, avx2" in output.getvalue()


def test_a_wheel_without_a_variant_that_it_names_is_not_used(
    places: Places, recipe: Recipe, fake_python: FakePython, terminal: Terminal
) -> None:
    with pytest.raises(InstallerError, match="lacks the variants avx512-bf16, avx512-vnni"):
        wheel.build(places, recipe, fake_python.path, terminal)
