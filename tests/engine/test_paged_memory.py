"""The memory limit, in the kernel's account of the whole process: page cache, page tables and libraries included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.make_model import SHAPES, write_model
from thimble.engine.bench.cgroup import MemoryGroup, memory_group
from thimble.engine.experts import ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")

MIB = 2**20
LIMIT = 116 * MIB
PROGRAM = """
import json, os, sys
from pathlib import Path
Path(sys.argv[1]).write_text(str(os.getpid()))
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.model import load_model
from thimble.protocol import LoadOptions
loaded = load_model(
    Path(sys.argv[2]), LoadOptions(1024, 2, int(sys.argv[3])), progress=lambda share: None, cancel=CancelFlag()
)
lib = llama()
def decode(tokens):
    array = (lib.llama_token * len(tokens))(*tokens)
    assert lib.llama_decode(loaded.context, lib.llama_batch_get_one(array, len(tokens))) == 0
decode([7 * i % 4096 for i in range(512)])
for i in range(200):
    decode([i * 31 % 4096])
stats = loaded.experts.stats()
print(json.dumps({"misses": stats.misses, "budget": stats.budget_bytes, "total": stats.total_bytes}))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("memory") / "mini-swa.gguf"
    write_model(path, SHAPES["mini-swa"])
    return path


@pytest.fixture
def group(request: pytest.FixtureRequest) -> Iterator[MemoryGroup]:
    made = memory_group(f"thimble-test-{os.getpid()}", request.param)
    if isinstance(made, str):
        pytest.skip(made)
    yield made
    made.remove()


@pytest.mark.parametrize("group", [0, LIMIT], indirect=True, ids=["accounted", "enforced"])
def test_the_peak_stays_below_the_limit(group: MemoryGroup, model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(group.members), str(model), str(LIMIT)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    assert told["misses"] > 0
    assert told["budget"] < told["total"], "the limit is too high for this test to say anything"
    assert not group.killed()
    peak = group.peak()
    assert peak is not None
    assert peak <= LIMIT
