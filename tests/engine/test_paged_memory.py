"""The memory limit, in the kernel's account of the whole process: page cache, page tables and libraries included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.benchmarks.make_model import SHAPES, Shape, write_model
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
from thimble.engine.load import load_model
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


HOST = """
import json, os, sys, time
from pathlib import Path
Path(sys.argv[1]).write_text(str(os.getpid()))
from thimble.engine.cancel import CancelFlag
from thimble.engine.generate import AnswerTask
from thimble.engine import host as host_module, pressure
from thimble.engine.host import Host
from thimble.engine.sampling import Sampling
from thimble.protocol import LoadOptions
host_module.GOVERN_SECONDS, pressure.CALM_SECONDS, pressure.GROW_SECONDS = 0.1, 1.0, 0.2
host = Host()
host.load(Path(sys.argv[2]), LoadOptions(1024, 1, int(sys.argv[3])), CancelFlag()).result(60)
for line in sys.stdin:
    if line.strip() == "decode":
        task = AnswerTask(list(range(1, 400)), Sampling(temperature=0.0), 100)
        host.answer(task, CancelFlag(), lambda event: None).result(60)
    sample = host.sample()
    print(json.dumps([sample.expert_cache_bytes, sample.expert_given_back_bytes]), flush=True)
"""
HOG = """
import os, sys, time
from pathlib import Path
Path(sys.argv[1]).write_text(str(os.getpid()))
taken = []
while len(taken) * 2**20 < int(sys.argv[2]):
    taken.append(bytearray(b"x" * 2**20))
    time.sleep(0.02)
print(len(taken) * 2**20, flush=True)
sys.stdin.read()
"""
SHARED = 460 * MIB
TAKEN = 180 * MIB
BIGGER = Shape(8, 512, 1024, 4, 2, 32, 4, 64, tied=True, vocabulary=4096)


def start(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(engine: subprocess.Popen[str], what: str) -> tuple[int, int]:
    """What the experts may take, and what they have given back."""
    assert engine.stdin
    assert engine.stdout
    engine.stdin.write(f"{what}\n")
    engine.stdin.flush()
    cache, given_back = json.loads(engine.stdout.readline())
    return cache, given_back


def until(engine: subprocess.Popen[str], given_back: Callable[[int], bool]) -> tuple[int, int]:
    end = time.monotonic() + 40
    while time.monotonic() < end:
        found = ask(engine, "decode")
        if given_back(found[1]):
            return found
    raise AssertionError("the cache did not follow")


@pytest.mark.parametrize("group", [SHARED], indirect=True)
def test_a_memory_hog_gets_what_it_needs_and_gives_it_back(group: MemoryGroup, tmp_path: Path) -> None:
    """Both are in one control group, too small for both: without the governor the kernel would kill one of them."""
    model = tmp_path / "bigger.gguf"
    write_model(model, BIGGER)
    engine = start(HOST, group.members, model, SHARED - 64 * MIB)
    try:
        whole, _ = ask(engine, "decode")
        hog = start(HOG, group.members, TAKEN)
        try:
            assert hog.stdout
            cache, given_back = until(engine, lambda given: given > 0)
            assert int(hog.stdout.readline()) == TAKEN
            assert cache == whole - given_back
        finally:
            hog.communicate(timeout=20)
        cache, _ = until(engine, lambda given: given == 0)
        assert cache == whole
        assert not group.killed()
    finally:
        engine.communicate(timeout=20)
    assert engine.returncode == 0
