"""The engine's wheel: taken from the cache, or built from source, patches and our own files."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from installer import cpu, sdist, series, variants
from installer.cmake import CMake
from installer.errors import InstallerError
from installer.places import Places
from installer.process import run_logged, which
from installer.recipe import COMPILER_FLAGS, Recipe
from installer.terminal import Phase, Terminal

RECORD = "llama_cpp/_thimble.json"
_NEEDED_BYTES = 1 << 30  # source 220 MiB, objects 100 MiB, the wheel, and room for the compiler
_MEMORY_PER_JOB_BYTES = 1 << 30  # the biggest file of llama.cpp needs about this much to compile
_KEPT_WHEELS = 8
_NINJA_STEP = re.compile(r"^\s*\[(\d+)/(\d+)\]")
_MAKE_STEP = re.compile(r"^\[\s*(\d+)%\]")
# upstream's CMake also installs what only C++ programs need; without it the wheel is half as big
_LEFT_OUT = "lib/**;include/**;bin/**"
# a wheel has no links: each library would be in it three times, and nobody asks for the name with the whole version
_LEFT_OUT_PORTABLE = f"{_LEFT_OUT};llama_cpp/lib/*.so.*.*.*"


def cached(places: Places, recipe: Recipe) -> Path | None:
    """The wheel of this recipe, if it was built before and this processor can run it."""
    for path in sorted((places.wheels / recipe.key).glob("*.whl")):
        if problem(path, recipe) is None:
            return path
    return None


def problem(path: Path, recipe: Recipe) -> str | None:
    """Why a wheel must not be installed, in one sentence; None when it may be.

    Args:
        path: the wheel.
        recipe: what is wanted on this machine.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
            record = json.loads(archive.read(RECORD)) if recipe.revision else None
            left_out = variants.left_out(archive.namelist(), record or {})
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return f"{path.name} is damaged or is not one of our engines."
    if damaged is not None:
        return f"{path.name} is damaged."
    if record is None:
        return None
    if left_out:
        return f"{path.name} lacks the variants {', '.join(left_out)}."
    missing = cpu.missing(record["cpu_flags"], recipe.cpu_flags)
    if missing:
        return f"{path.name} was built for another processor: this one lacks {', '.join(missing[:4])}."
    if record["key"] != recipe.key:
        return f"{path.name} was built from something else than this checkout."
    return None


def build(places: Places, recipe: Recipe, python: Path, terminal: Terminal, cmake: CMake | None = None) -> Path:
    """Builds the engine and puts its wheel into the cache.

    Args:
        places: the checkout and the cache.
        recipe: what to build.
        python: an interpreter with pip.
        terminal: gets one line per phase.
        cmake: compiles the variants of a portable engine; not needed for others.

    Returns:
        The wheel.

    Raises:
        InstallerError: something is missing or the build failed; the sentence names the log.
    """
    places.builds.mkdir(parents=True, exist_ok=True)
    places.logs.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(places.builds).free
    if free < _NEEDED_BYTES:
        raise InstallerError(
            f"The disk is full: building the engine needs {_NEEDED_BYTES >> 20} MiB in {places.cache}, "
            f"{free >> 20} MiB are free; nothing was changed."
        )
    with terminal.phase("Getting the engine's source") as phase:
        archive = sdist.fetch(places, recipe.upstream, python, phase)
    work = Path(tempfile.mkdtemp(prefix="engine-", dir=places.builds))
    try:
        tree = _prepare(places, recipe, archive, work, terminal)
        if recipe.variants and cmake is not None:
            with terminal.phase("Building the engine's variants") as phase:
                _compile_variants(places, recipe, tree, cmake, phase)
        with terminal.phase("Building the engine") as phase:
            made = _compile(places, recipe, python, tree, phase)
            if recipe.variants:
                variants.put_into(made, work / "variants")
        wrong = problem(made, recipe)
        if wrong:
            raise InstallerError(f"The build made a wheel that cannot be used: {wrong}")
        target = places.wheels / recipe.key
        target.mkdir(parents=True, exist_ok=True)
        # one rename within one file system: the cache holds a whole wheel or none
        made.replace(target / made.name)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise InstallerError(f"The disk is full: the engine could not be built in {places.cache}.") from error
        raise
    finally:
        sdist.remove_tree(work)
    _forget_old_wheels(places)
    return target / made.name


def _prepare(places: Places, recipe: Recipe, archive: Path, work: Path, terminal: Terminal) -> Path:
    with terminal.phase("Unpacking the source"):
        tree = sdist.unpack(archive, recipe.upstream, work)
    if not recipe.revision:
        return tree
    with terminal.phase("Putting our patches and sources in") as phase:
        for patch in recipe.patches:
            series.apply_patch(tree, patch)
        series.copy_own_sources(places.patches, tree)
        _set_version(tree, recipe)
        phase.note(f"{len(recipe.patches)} patches, {len(recipe.own_sources)} files")
    return tree


def _set_version(tree: Path, recipe: Recipe) -> None:
    init = tree / "llama_cpp" / "__init__.py"
    text = init.read_text(encoding="utf-8")
    stock = f'__version__ = "{recipe.upstream.version}"'
    if text.count(stock) != 1:
        raise InstallerError(f"llama_cpp/__init__.py of the source does not say {stock}; is it the pinned version?")
    init.write_text(text.replace(stock, f'__version__ = "{recipe.version}"'), encoding="utf-8")
    (tree / RECORD).write_text(json.dumps(recipe.record(), indent=1) + "\n", encoding="utf-8")


def _compile_variants(places: Places, recipe: Recipe, tree: Path, cmake: CMake, phase: Phase) -> None:
    env = _environment(places, recipe, tree.parent)
    flags = env.pop("CMAKE_ARGS").split()
    tools = [cmake.program, *cmake.generator]
    with (places.logs / f"engine-{recipe.key}-variants.log").open("w", encoding="utf-8") as log:
        variants.compile_all(tree, recipe.variants, tools, flags, env, log, phase)
    phase.note(", ".join(variant.name for variant in recipe.variants[:-1]))


def _compile(places: Places, recipe: Recipe, python: Path, tree: Path, phase: Phase) -> Path:
    work = tree.parent
    out = work / "wheel"
    log_path = places.logs / f"engine-{recipe.key}.log"
    command = [str(python), "-m", "pip", "wheel", "-v", "--no-deps", "--wheel-dir", str(out)]
    command += ["--config-settings", f"build-dir={work / 'build'}"]
    left_out = _LEFT_OUT_PORTABLE if recipe.variants else _LEFT_OUT
    command += ["--config-settings", f"wheel.exclude={left_out}", str(tree)]
    phase.note("getting the build tools")
    with log_path.open("w", encoding="utf-8") as log:
        code, output = run_logged(command, log=log, on_line=_watcher(phase), env=_environment(places, recipe, work))
    made = sorted(out.glob("*.whl"))
    if code == 0 and len(made) == 1:
        phase.note(recipe.version)
        return made[0]
    if "No space left on device" in output:
        raise InstallerError(f"The disk is full: the engine could not be built in {places.cache}. Log: {log_path}")
    if "Could not find a version" in output or "NewConnectionError" in output:
        raise InstallerError(f"The engine's build tools could not be downloaded; is there a network? Log: {log_path}")
    if "Killed signal terminated program" in output:
        raise InstallerError(f"The compiler ran out of memory; close other programs and try again. Log: {log_path}")
    raise InstallerError(f"The engine could not be built; the end of the log says why: {log_path}")


def _watcher(phase: Phase) -> Callable[[str], None]:
    def watch(line: str) -> None:
        step = _NINJA_STEP.match(line)
        if step:
            phase.note("")
            phase.percent(int(step[1]), int(step[2]))
            return
        step = _MAKE_STEP.match(line)
        if step:
            phase.note("")
            phase.percent(int(step[1]), 100)

    return watch


def _environment(places: Places, recipe: Recipe, work: Path) -> dict[str, str]:
    flags = [*recipe.cmake_flags]
    if recipe.revision:
        flags.append(f"-DTHIMBLE_BUILD={recipe.version}")
    # as an address: pip splits these variables at spaces, which a folder's name may have
    constraints = (places.installer / "build-constraints.txt").as_uri()
    env = {
        "CMAKE_BUILD_PARALLEL_LEVEL": str(_jobs()),
        # build tools are pinned too; pip took one variable for both kinds of constraints until 25.3
        "PIP_CONSTRAINT": constraints,
        "PIP_BUILD_CONSTRAINT": constraints,
        "NINJA_STATUS": "[%f/%t] ",
    }
    if which("ccache"):
        flags += ["-DCMAKE_C_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"]
        # -march=native means something else on another processor, which ccache does not see by itself
        processor = work / "cpu-flags.txt"
        processor.write_text("\n".join(recipe.cpu_flags), encoding="utf-8")
        env["CCACHE_EXTRAFILES"] = str(processor)
        # every build has a new folder: paths below it count as relative ones
        env["CCACHE_BASEDIR"] = str(work)
        env["CCACHE_NOHASHDIR"] = "1"
    env["CMAKE_ARGS"] = " ".join(flags)
    for name in ("CFLAGS", "CXXFLAGS"):
        env[name] = f"{os.environ.get(name, '')} {COMPILER_FLAGS}".strip()
    return env


def _jobs() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return cores
    return max(1, min(cores, memory // _MEMORY_PER_JOB_BYTES))


def _forget_old_wheels(places: Places) -> None:
    folders = sorted(places.wheels.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[_KEPT_WHEELS:]:
        sdist.remove_tree(folder)
