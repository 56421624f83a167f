"""Weights that are read into memory lie in pages of 2 MiB where the kernel has them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers.moe_models import Architecture, Sizes, write_moe
from thimble.engine.experts import ExpertStore

pytestmark = [
    pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine does not ask for them"),
    pytest.mark.skipif(not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="the kernel has none"),
]

MIB = 2**20
_MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) ")


def bytes_that_ask_for_huge_pages() -> int:
    """Of all mappings of this process whose flags say so, except an expert store's, which asks by itself."""
    total = size = 0
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if found := _MAPPING.match(line):
            size = int(found[2], 16) - int(found[1], 16)
        elif line.startswith("VmFlags:") and " hg" in line:
            total += size
    return total


def asked_for(path: Path, *, repack: bool, context: int) -> int:
    """By loading a model, in a process that has not freed such memory before."""
    program = f"""
from pathlib import Path
from tests.engine.test_huge_pages import bytes_that_ask_for_huge_pages
from tests.helpers.decoding import Decoder
with Decoder(Path({str(path)!r}), repack={repack}, context={context}, ubatch=8):
    print(bytes_that_ask_for_huge_pages())
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_dense_weights_ask_for_huge_pages(tmp_path: Path) -> None:
    sizes = Sizes(width=1024, head=256, layers=6, dense=Type.Q4_0)  # 10 MiB of attention, re-arranged in memory
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER, sizes=sizes)
    assert asked_for(path, repack=True, context=128) >= 8 * MIB


def test_small_buffers_do_not(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    assert asked_for(path, repack=False, context=128) == 0
