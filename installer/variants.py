"""The builds of the CPU backend in a portable engine.

Each is the same library compiled for other instruction sets; `app/thimble/engine/variants.py` takes the best one that
the processor can run. Few on purpose: each is 2 MB and a minute of compiling, and only these differ in kernels that
matter.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from installer import sdist
from installer.errors import InstallerError
from installer.process import run_logged
from installer.terminal import Phase

LIBRARY = "libggml-cpu.so"
FOLDER = "llama_cpp/lib/variants"
"""In the wheel: FOLDER/name/LIBRARY. The last variant is the ordinary llama_cpp/lib/libggml-cpu.so."""


@dataclass(frozen=True)
class Variant:
    """One build.

    Attributes:
        name: of its folder.
        flags: CMake's.
        needs: instruction sets of a processor that can run it, by the Linux kernel's names.
    """

    name: str
    flags: tuple[str, ...]
    needs: tuple[str, ...]


_UP_TO_AVX2 = ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2")
_X86_OPTIONS = (*_UP_TO_AVX2, "AVX_VNNI", "AVX512", "AVX512_VBMI", "AVX512_VNNI", "AVX512_BF16")


def _x86(name: str, options: Sequence[str], needs: Sequence[str]) -> Variant:
    # every option is said: upstream's defaults without GGML_NATIVE are AVX2's
    flags = (f"-DGGML_{option}={'ON' if option in options else 'OFF'}" for option in _X86_OPTIONS)
    return Variant(name, tuple(flags), tuple(needs))


def _arm(name: str, architecture: str, needs: Sequence[str]) -> Variant:
    return Variant(name, (f"-DGGML_CPU_ARM_ARCH={architecture}",), tuple(needs))


_V2 = (("SSE42",), ("ssse3", "sse4_1", "sse4_2", "popcnt"))
_V3 = (_UP_TO_AVX2, (*_V2[1], "avx", "f16c", "fma", "avx2", "bmi2"))
_512 = ((*_V3[0], "AVX512"), (*_V3[1], "avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"))
_512_VNNI = ((*_512[0], "AVX512_VNNI"), (*_512[1], "avx512_vnni"))
_512_BF16 = ((*_512_VNNI[0], "AVX512_VBMI", "AVX512_BF16"), (*_512_VNNI[1], "avx512vbmi", "avx512_bf16"))

# the best first, the last is the least a processor needs
_TABLE: Mapping[str, tuple[Variant, ...]] = {
    "x86_64": (
        _x86("avx512-bf16", *_512_BF16),  # AMD since Zen 4, Intel's servers since Sapphire Rapids
        _x86("avx512-vnni", *_512_VNNI),  # Cascade Lake, Ice Lake, Tiger Lake, Rocket Lake
        _x86("avx512", *_512),  # Skylake-X
        _x86("avx-vnni", (*_V3[0], "AVX_VNNI"), (*_V3[1], "avx_vnni")),  # Intel's laptops and desktops since Alder Lake
        _x86("avx2", *_V3),  # Intel since Haswell (2013), AMD since Zen (2017): x86-64-v3
        _x86("x86-64-v2", *_V2),  # Intel since Nehalem (2008), AMD since Bulldozer (2011)
    ),
    # never run on a real ARM processor; SVE has no kernels of ours and is left out
    "aarch64": (
        _arm("i8mm", "armv8.2-a+dotprod+fp16+i8mm", ("asimd", "asimddp", "asimdhp", "fphp", "i8mm")),
        _arm("dotprod", "armv8.2-a+dotprod+fp16", ("asimd", "asimddp", "asimdhp", "fphp")),
        _arm("armv8", "armv8-a", ("asimd",)),
    ),
}


def for_machine(machine: str = "") -> tuple[Variant, ...]:
    """The variants for an architecture, the best first; this computer's by default.

    Raises:
        InstallerError: there are none for it.
    """
    wanted = (machine or platform.machine()).lower()
    wanted = {"amd64": "x86_64", "arm64": "aarch64"}.get(wanted, wanted)
    if wanted not in _TABLE:
        raise InstallerError(f"There is no portable engine for processors of the kind {wanted}.")
    return _TABLE[wanted]


def compile_all(
    tree: Path,
    variants: Sequence[Variant],
    cmake: Sequence[str],
    flags: Sequence[str],
    env: Mapping[str, str],
    log: IO[str],
    phase: Phase,
) -> None:
    """Compiles all variants but the last, into `variants/` beside the tree; see `put_into`.

    The whole tree is configured each time, and one target built: so each has the definitions of the wheel's own.

    Args:
        tree: the engine's source, with patches and our files.
        variants: see `for_machine`.
        cmake: the program, and the arguments that choose a generator.
        flags: of all variants; the last one's are among them and overridden.
        env: added to the process environment.
        log: gets everything that is said.
        phase: told how far it is.

    Raises:
        InstallerError: one does not compile.
    """
    program, *generator = cmake
    for number, variant in enumerate(variants[:-1], 1):
        phase.note(f"{variant.name}, {number} of {len(variants) - 1}")
        build = tree.parent / f"variant-{variant.name}"
        configure = [program, "-S", str(tree), "-B", str(build), *generator, *flags, *variant.flags]
        # a wheel's libraries are stripped when they are installed; this one is only built
        configure += ["-DLLAVA_BUILD=OFF", "-DCMAKE_SHARED_LINKER_FLAGS=-s"]
        for command in (configure, [program, "--build", str(build), "--target", "ggml-cpu"]):
            code, output = run_logged(command, log=log, env=env)
            if code != 0:
                full = "No space left on device" in output
                why = "the disk is full" if full else f"the end of the log says why: {log.name}"
                raise InstallerError(f"The engine's variant {variant.name} could not be built; {why}")
        made = next(path for path in build.rglob(LIBRARY) if path.exists()).resolve()
        target = tree.parent / "variants" / variant.name / LIBRARY
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, target)
        sdist.remove_tree(build)


def put_into(wheel: Path, folder: Path) -> None:
    """Puts the variants' libraries into a built wheel: its own build backend leaves out every folder named lib.

    Args:
        wheel: replaced by one with them.
        folder: where `compile_all` has put them.
    """
    unfinished = wheel.with_suffix(".part")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as new:
        record = next(name for name in old.namelist() if name.endswith(".dist-info/RECORD"))
        for name in old.namelist():
            if name != record:
                new.writestr(old.getinfo(name), old.read(name), zipfile.ZIP_DEFLATED)
        lines = old.read(record).decode("utf-8")
        for path in sorted(folder.rglob(LIBRARY)):
            name, data = f"{FOLDER}/{path.parent.name}/{LIBRARY}", path.read_bytes()
            new.writestr(name, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode("ascii").rstrip("=")
            lines += f"{name},sha256={digest},{len(data)}\n"
        new.writestr(record, lines)
    unfinished.replace(wheel)


def left_out(names: Iterable[str], record: Mapping[str, Any]) -> list[str]:
    """The variants that a wheel's record names and its files lack."""
    there = set(names)
    wanted = [str(entry["name"]) for entry in record.get("variants", ())][:-1]
    return [name for name in wanted if f"{FOLDER}/{name}/{LIBRARY}" not in there]
