"""Which instructions this processor has: an engine built for another one would crash at its first instruction."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from installer.process import output_of

# Instruction sets a compiler may use with -march=native. The kernel lists mitigations and platform features in the
# same line; those change with a kernel update and must not force a new build.
_INSTRUCTION_SET = re.compile(
    r"^(mmx|sse|ssse|avx|fma|f16c|bmi|amx|aes|vaes|v?pclmul|gfni|popcnt|lzcnt|abm$|movbe|sha|adx|cx16|tbm|xop|3dnow|"
    r"rdrand|rdseed|movdir|clwb|clflushopt|serialize|lahf|pni$|"
    r"neon|vfp|asimd|fphp|sve|sme\d?|i8mm|bf16|crc32|atomics|fcma|jscvt|flagm|dcpop|rv|z[a-z]|vsx|altivec)"
)
_NOT_FOR_COMPILERS = frozenset({"smep"})


def flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> tuple[str, ...]:
    """The instruction sets of the first processor, sorted, with the machine's architecture in front.

    Where the system does not list them, the processor's name stands for them: equal names, equal instructions.
    """
    machine = platform.machine().lower()
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    match = re.search(r"^(flags|Features|isa)\s*:\s*(.*)$", text, re.MULTILINE)
    if match:
        words = match[2].lower().replace("_", " " if match[1] == "isa" else "_").split()
        found = {word for word in words if _INSTRUCTION_SET.match(word)} - _NOT_FOR_COMPILERS
        return (machine, *sorted(found))
    if sys.platform == "darwin":
        return (machine, output_of(["sysctl", "-n", "machdep.cpu.brand_string"]).strip())
    return (machine, platform.processor())


def missing(needed: Iterable[str], present: Iterable[str]) -> list[str]:
    """The instruction sets in `needed` that are not in `present`."""
    have = set(present)
    return [flag for flag in needed if flag not in have]
