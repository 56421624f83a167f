"""What an engine is built from, and the key that says whether two engines are the same."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from installer import cpu, series, variants
from installer.errors import InstallerError
from installer.process import output_of, which
from installer.sdist import Upstream

# goes up when the way of building changes in a manner the other inputs do not show
_RECIPE_VERSION = 1
_KEY_DIGITS = 20
# what a person may set to steer CMake or the compiler
_STEERING = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS")
CMAKE_FLAGS = ("-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON")
_PORTABLE_FLAGS = ("-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=OFF")
# libmtmd, which reads pictures (video would start other programs); the stock engine is there to be measured only
_PICTURES = ("-DLLAVA_BUILD=ON", "-DMTMD_VIDEO=OFF")
_NO_PICTURES = ("-DLLAVA_BUILD=OFF",)
# Behind what a person has set. AMX (some server processors) is left out: GCC 12 takes ldtilecfg's operand for 8 bytes
# and drops the rest of the tile configuration, which ends in a general protection fault. An undefined macro works with
# every compiler.
COMPILER_FLAGS = "-U__AMX_INT8__"


def find_compiler() -> str | None:
    """The C++ compiler CMake would take: $CXX, or the first of the usual names."""
    chosen = os.environ.get("CXX", "").strip()
    if chosen:
        return which(chosen.split()[0])
    names = ("cl",) if os.name == "nt" else ("c++", "g++", "clang++")
    return next((path for path in map(which, names) if path), None)


def compiler_version(compiler: str) -> str:
    """The compiler's first line about itself."""
    return output_of([compiler, "--version"]).split("\n", 1)[0].strip() or compiler


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what comes out of a build.

    Attributes:
        upstream: the pinned source.
        revision: the N of `0.3.36+thimble.N` (`engine_patches/VERSION`); 0 for the stock engine.
        patches: the series; empty for the stock engine.
        own_sources: our files as (path below src/, SHA-256); empty for the stock engine.
        cmake_flags: given to CMake; $CMAKE_ARGS comes last, so it wins.
        surroundings: environment variables that change what the compiler does.
        compiler: first line of `c++ --version`.
        cpu_flags: instruction sets of this processor, with the architecture in front.
        system: the platform and its C library.
        variants: of the CPU backend in a portable engine, the best first; empty in one for this processor.
    """

    upstream: Upstream
    revision: int
    patches: tuple[series.Patch, ...]
    own_sources: tuple[tuple[str, str], ...]
    cmake_flags: tuple[str, ...]
    surroundings: tuple[str, ...]
    compiler: str
    cpu_flags: tuple[str, ...]
    system: str
    variants: tuple[variants.Variant, ...] = ()

    @property
    def version(self) -> str:
        """The wheel's version."""
        return f"{self.upstream.version}+thimble.{self.revision}" if self.revision else self.upstream.version

    @property
    def key(self) -> str:
        """Equal keys, equal engines."""
        inputs: list[object] = [
            _RECIPE_VERSION,
            self.upstream.sha256,
            self.version,
            [(patch.name, patch.diff) for patch in self.patches],
            self.own_sources,
            self.cmake_flags,
            COMPILER_FLAGS,
            self.surroundings,
            self.compiler,
            self.cpu_flags,
            self.system,
        ]
        if self.variants:
            inputs.append([(variant.name, variant.flags, variant.needs) for variant in self.variants])
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()[:_KEY_DIGITS]

    def record(self) -> dict[str, object]:
        """What the wheel says about itself (`llama_cpp/_thimble.json`)."""
        record: dict[str, object] = {
            "version": self.version,
            "patches": [patch.name for patch in self.patches],
            "key": self.key,
            "cpu_flags": list(self.cpu_flags),
        }
        if self.variants:
            record["variants"] = [{"name": variant.name, "needs": variant.needs} for variant in self.variants]
        return record


def read_recipe(folder: Path, *, stock: bool, compiler: str | None, portable: bool = False) -> Recipe:
    """The recipe for this checkout on this machine.

    Args:
        folder: `engine_patches/`.
        stock: whether to leave out everything of ours.
        compiler: the C++ compiler's path; None stands for "none here", which only matches engines built without it.
        portable: whether to build for every processor of this architecture instead of this one.

    Raises:
        InstallerError: the series, a patch or the revision cannot be read.
    """
    try:
        revision = int((folder / "VERSION").read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise InstallerError(f"{folder / 'VERSION'} has to hold one whole number.") from error
    sources = tuple(
        (path.as_posix(), hashlib.sha256((folder / "src" / path).read_bytes()).hexdigest())
        for path in ([] if stock else series.own_sources(folder))
    )
    builds = variants.for_machine() if portable else ()
    flags = (*_PORTABLE_FLAGS, *builds[-1].flags) if portable else CMAKE_FLAGS
    cpu_flags = cpu.flags()
    return Recipe(
        upstream=Upstream.read(folder),
        revision=0 if stock else revision,
        patches=() if stock else tuple(series.read_series(folder)),
        own_sources=sources,
        cmake_flags=(*flags, *(_NO_PICTURES if stock else _PICTURES), *os.environ.get("CMAKE_ARGS", "").split()),
        surroundings=tuple(f"{name}={os.environ[name]}" for name in _STEERING if os.environ.get(name)),
        compiler=compiler_version(compiler) if compiler else "",
        cpu_flags=(cpu_flags[0], *builds[-1].needs) if portable else cpu_flags,
        system=" ".join((f"py{sys.version_info.major}", sysconfig.get_platform(), *platform.libc_ver())).strip(),
        variants=builds,
    )
