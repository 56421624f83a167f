"""Products that share a vector, and nodes that one thread computes alone, give the bits of upstream's nodes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gguf import GGMLQuantizationType as Type

from tests.benchmarks.make_model import Shape, write_model
from tests.helpers.decoding import Decoder
from tests.helpers.moe_models import Architecture, Sizes, write_moe
from thimble.engine.experts import ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine has neither")

PROMPT = list(range(40, 60))
_PROGRAM = """
import sys
from pathlib import Path
from tests.engine.test_vector_products import digest
sys.stdout.write(digest(Path(sys.argv[1]), int(sys.argv[2]), bool(int(sys.argv[3]))))
"""
ROOT = Path(__file__).resolve().parents[2]


def digest(path: Path, threads: int, repack: bool) -> str:
    with Decoder(path, repack=repack, threads=threads) as decoder:
        return hashlib.sha256(decoder.run(PROMPT, 40).tobytes()).hexdigest()


def digest_of_upstreams_nodes(path: Path, threads: int, repack: bool) -> str:
    """In a process of its own: llama.cpp looks at its switch once, and without fusion our nodes are not used either."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(path), str(threads), str(int(repack))],
        cwd=ROOT,
        env={**os.environ, "GGML_CPU_DISABLE_FUSION": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("repack", [True, False], ids=["repacked", "plain"])
@pytest.mark.parametrize(
    ("architecture", "kind"),
    [
        (Architecture.SMALLTHINKER_WINDOW, Type.Q4_0),
        (Architecture.QWEN3MOE, Type.Q4_K),
        (Architecture.GPT_OSS, Type.MXFP4),
        (Architecture.DEEPSEEK2, Type.Q8_0),
        (Architecture.GLM4MOE, Type.F16),
        (Architecture.OLMOE, Type.Q6_K),
    ],
    ids=str,
)
def test_logits_are_those_of_upstreams_nodes(
    architecture: Architecture, kind: Type, repack: bool, threads: int, tmp_path: Path
) -> None:
    sizes = Sizes(dense=kind, layers=3, quick=True)
    path = write_moe(tmp_path / "moe.gguf", architecture, kinds=(kind,), sizes=sizes)
    assert digest(path, threads, repack) == digest_of_upstreams_nodes(path, threads, repack)


def test_wide_matrices_of_a_first_token_have_room_for_every_thread(tmp_path: Path) -> None:
    """Nothing else in this graph asks for as much of the work buffer; too little ends the process, so not in ours."""
    shape = Shape(1, 256, 16384, 4, 2, 0, 0, 0, tied=True, head=64, vocabulary=512, architecture="qwen3")
    write_model(tmp_path / "dense.gguf", shape)
    first = [first_token(tmp_path / "dense.gguf", threads) for threads in (1, 8)]
    assert first[0] == first[1]


def first_token(path: Path, threads: int) -> str:
    """Digest of its logits, by a process of its own."""
    program = f"""
import hashlib
from pathlib import Path
from tests.helpers.decoding import Decoder
with Decoder(Path({str(path)!r}), threads={threads}, ubatch=1, context=256) as decoder:
    print(hashlib.sha256(decoder.decode([1]).tobytes()).hexdigest())
"""
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "GGML_NO_BACKTRACE": "1"}  # a debugger would be asked for one
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout
