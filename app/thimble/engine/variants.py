"""Which build of the CPU backend this processor runs.

An engine built here has one, for the processor it was built on. A portable one (`python3 -m installer engine
--portable`) has several, each a library of the same name for other instruction sets, and the list of them in its
record. The best one that this processor can run is loaded first; the dynamic linker then takes it wherever the others
of the engine's libraries ask for that name.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from thimble.errors import Code, Problem, ThimbleError

VARIABLE: Final = "THIMBLE_CPU_VARIANT"
"""Names a variant to take instead of the best one: for tests, and to find out whether one is at fault."""
NATIVE: Final = "native"
"""The name of the only one in an engine that was built for one processor."""
SPIN_COUNT: Final = "1000"

_RECORD: Final = "_thimble.json"
# (word of glibc's table, bit) of an instruction set that processor and system support, by the kernel's name of it.
# A word is leaf * 4 + register; leaves as in <sys/platform/x86.h> (1, 7, …, 7 with subleaf 1), registers a, b, c, d.
_X86: Final[Mapping[str, tuple[int, int]]] = {
    "ssse3": (0 * 4 + 2, 9),
    "fma": (0 * 4 + 2, 12),
    "sse4_1": (0 * 4 + 2, 19),
    "sse4_2": (0 * 4 + 2, 20),
    "popcnt": (0 * 4 + 2, 23),
    "avx": (0 * 4 + 2, 28),
    "f16c": (0 * 4 + 2, 29),
    "avx2": (1 * 4 + 1, 5),
    "bmi2": (1 * 4 + 1, 8),
    "avx512f": (1 * 4 + 1, 16),
    "avx512dq": (1 * 4 + 1, 17),
    "avx512cd": (1 * 4 + 1, 28),
    "avx512bw": (1 * 4 + 1, 30),
    "avx512vl": (1 * 4 + 1, 31),
    "avx512vbmi": (1 * 4 + 2, 1),
    "avx512_vnni": (1 * 4 + 2, 11),
    "avx_vnni": (6 * 4 + 0, 4),
    "avx512_bf16": (6 * 4 + 0, 5),
}
_ACTIVE: Final = 4  # in a leaf: four words the processor's, then four of what can be used
# (entry of the auxiliary vector, bit): AT_HWCAP and AT_HWCAP2 of <asm/hwcap.h>
_ARM: Final[Mapping[str, tuple[int, int]]] = {
    "asimd": (16, 1),
    "fphp": (16, 9),
    "asimdhp": (16, 10),
    "asimddp": (16, 20),
    "i8mm": (26, 13),
}


@dataclass(frozen=True, slots=True)
class Variant:
    """One build of the CPU backend.

    Attributes:
        name: of its folder.
        needs: instruction sets without which it would crash, by the kernel's names.
    """

    name: str
    needs: tuple[str, ...]

    def lacking(self, present: Iterable[str]) -> list[str]:
        """What a processor with these instruction sets lacks."""
        have = set(present)
        return [name for name in self.needs if name not in have]


def offered(package: Path) -> tuple[Variant, ...]:
    """The variants of an installed engine, the best first; none where it was built for one processor.

    Args:
        package: the folder of llama_cpp.
    """
    try:
        record = json.loads((package / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(Variant(str(entry["name"]), tuple(entry["needs"])) for entry in record.get("variants", ()))


def choose(variants: Sequence[Variant], present: Iterable[str], wanted: str = "") -> Variant | None:
    """The first variant that can be used; None where the engine was built for one processor.

    Args:
        variants: see `offered`; the last is what every processor needs at least.
        present: this processor's instruction sets.
        wanted: take this one and no other; "" for the best.

    Raises:
        ThimbleError: the processor is too old, or the wanted one is unknown or needs what is not there.
    """
    if not variants:
        if wanted in {"", NATIVE}:
            return None
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"This engine was built for one processor; it has no variant {wanted!r}.",
            f"Leave {VARIABLE} empty.",
        )
    have = set(present)
    too_old = variants[-1].lacking(have)
    if too_old:
        raise ThimbleError(
            Code.PROCESSOR_TOO_OLD,
            "This computer's processor is too old for Thimble: it lacks instructions that the engine is made of.",
            "Use a computer with a newer processor, or build the engine on this one: python3 -m installer engine",
            f"missing: {', '.join(too_old)}; {variants[-1].name} is the least",
        )
    if not wanted:
        return next(variant for variant in variants if not variant.lacking(have))
    found = next((variant for variant in variants if variant.name == wanted), None)
    if found is None:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"This engine has no variant {wanted!r}.",
            f"Set {VARIABLE} to one of {', '.join(variant.name for variant in variants)}, or leave it empty.",
        )
    lacking = found.lacking(have)
    if lacking:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"This computer's processor cannot run the engine's variant {wanted!r}: it lacks {', '.join(lacking)}.",
            f"Leave {VARIABLE} empty: then the best one for this processor is taken.",
        )
    return found


def features() -> frozenset[str]:
    """This processor's instruction sets, as far as a variant may need them and the system lets programs use them."""
    machine = platform.machine().lower()
    if sys.platform == "linux":
        program = ctypes.CDLL(None)
        if machine in {"x86_64", "amd64"} and hasattr(program, "__x86_get_cpuid_feature_leaf"):
            return _active_x86(program)
        if machine in {"aarch64", "arm64"} and hasattr(program, "getauxval"):
            return _active_arm(program)
    from thimble.probe import probe_machine

    return probe_machine().cpu_flags


def _active_x86(program: Any) -> frozenset[str]:
    """By glibc 2.33 and newer, which has asked the processor and, for wide registers, the system (XGETBV).

    /proc/cpuinfo says the same on Linux itself, but under an emulator or a sandbox it is another processor's.
    """
    leaf = program["__x86_get_cpuid_feature_leaf"]
    leaf.argtypes, leaf.restype = [ctypes.c_uint], ctypes.POINTER(ctypes.c_uint32 * 8)
    return frozenset(
        name for name, (word, bit) in _X86.items() if leaf(word // 4).contents[_ACTIVE + word % 4] >> bit & 1
    )


def _active_arm(program: Any) -> frozenset[str]:
    """By the kernel's auxiliary vector."""
    program.getauxval.argtypes, program.getauxval.restype = [ctypes.c_ulong], ctypes.c_ulong
    return frozenset(name for name, (entry, bit) in _ARM.items() if program.getauxval(entry) >> bit & 1)


def refusal() -> Problem | None:
    """Why Thimble cannot run on this processor, or None: to be asked before NumPy or Qt are imported.

    Their libraries need as much as the engine's least variant, and end the process where it is missing.
    """
    try:
        _chosen()
    except ThimbleError as error:
        return error.problem if error.problem.code == Code.PROCESSOR_TOO_OLD else None
    return None


def name() -> str:
    """The variant's name, for people who want to know; "" where none can be used, or there is no engine."""
    if _package() is None:
        return ""
    try:
        found = _chosen()
    except ThimbleError:
        return ""
    return found.name if found is not None else NATIVE


def preload() -> None:
    """Loads the backend's libraries in their order, this processor's variant among them, before llama_cpp is imported.

    llama_cpp itself opens `libggml.so` and, through its other libraries, `libggml.so.0`: in a wheel two files with the
    same content, which would both be mapped, each with a list of backends of its own. What is mapped already is found
    by the library's inner name.

    Raises:
        ThimbleError: the processor is too old, or `VARIABLE` names a variant that cannot be used.
        OSError: a library is missing or damaged.
    """
    # GCC's OpenMP spins for milliseconds at each of the hundreds of barriers of a token. On a computer that does
    # anything else, threads then burn the very cores the others wait for: measured with one busy program on two cores,
    # 4 tokens/s and less where 1000 turns of the loop give 20 to 60, at a tenth of the speed of an idle computer.
    # It reads this when it is loaded, with the first of these libraries.
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    package = _package()
    if package is None:
        return
    variant = _chosen()
    if sys.platform != "linux":
        return
    folder = package / "lib"
    cpu = folder / "libggml-cpu.so"
    if variant is not None and variant != offered(package)[-1]:
        cpu = folder / "variants" / variant.name / cpu.name
    for library in (folder / "libggml-base.so", cpu, folder / "libggml.so"):
        ctypes.CDLL(str(library))


@cache
def _chosen() -> Variant | None:
    """The variant for this process; None where the engine has only one."""
    package = _package()
    variants = offered(package) if package is not None else ()
    return choose(variants, features(), os.environ.get(VARIABLE, "").strip())


@cache
def _package() -> Path | None:
    """The folder of llama_cpp, without importing it."""
    spec = importlib.util.find_spec("llama_cpp")
    return Path(spec.origin).parent if spec is not None and spec.origin else None
