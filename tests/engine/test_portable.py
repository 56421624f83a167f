"""A portable engine on other processors: the right variant is taken, runs there, and says the same.

`python3 -m installer variant-tests` runs it, with the engine's folder in the environment. An emulator plays the other
processors (QEMU's has no AVX-512); it ends a program at the first instruction that its processor lacks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers import portable_answer
from tests.helpers.closeness import relative_error, sure
from tests.helpers.reference import forward
from tests.helpers.smallthinker_models import AUTHORS_WINDOW, EXPERTS, Shape, write_smallthinker
from thimble.engine import variants

FOLDER: Final = os.environ.get("THIMBLE_PORTABLE_ENGINE", "")
if not FOLDER:
    pytest.skip("python3 -m installer variant-tests runs these", allow_module_level=True)

OFFERED: Final = {variant.name: variant for variant in variants.offered(Path(FOLDER) / "llama_cpp")}
EMULATOR: Final = shutil.which("qemu-x86_64")
needs_emulator = pytest.mark.skipif(EMULATOR is None, reason="there is no qemu-x86_64")
SHAPE: Final = Shape(layers=3, window=AUTHORS_WINDOW, pattern=3, embedding=256, expert_size=256, head_size=32)
TOLERANCE: Final = 0.05
"""Of logits, as a share of their spread: 4-bit weights with 8-bit vectors, F16 keys. 0.02 measured."""
ROOT: Final = Path(__file__).parents[2]


def _environment(variant: str = "") -> dict[str, str]:
    paths = os.pathsep.join((FOLDER, str(ROOT / "app"), str(ROOT)))
    return {**os.environ, "PYTHONPATH": paths, variants.VARIABLE: variant}


def _run(
    arguments: Sequence[object] = (), *, emulated: str = "", variant: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.helpers.portable_answer", *map(str, arguments)]
    if emulated:
        command = [str(EMULATOR), "-cpu", emulated, *command]
    return subprocess.run(
        command, env={**_environment(variant), **env}, cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Experts of both kinds of kernels (Q4_0 and Q4_K), and one without (Q8_0)."""
    kinds = dict(zip(EXPERTS, (Type.Q4_0, Type.Q4_K, Type.Q8_0), strict=True))
    return write_smallthinker(tmp_path_factory.mktemp("portable") / "tiny.gguf", SHAPE, kinds=kinds, seed=0)


def _logits(model: Path, *, emulated: str = "", variant: str = "") -> tuple[str, np.ndarray]:
    result = model.with_name(f"{emulated}-{variant}.npy")
    done = _run((model, result), emulated=emulated, variant=variant)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), np.load(result)


@cache
def _expected(model: Path) -> np.ndarray:
    return forward(model, portable_answer.TOKENS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", OFFERED)
def test_experts_on_disk_give_in_each_variant_what_numpy_computes(name: str, model: Path) -> None:
    lacking = OFFERED[name].lacking(variants.features())
    if lacking:
        pytest.skip(f"this processor lacks {', '.join(lacking)}")
    said, both = _logits(model, variant=name)
    assert said == name
    expected = _expected(model)
    for found in both:
        assert relative_error(found, expected) < TOLERANCE
        certain = sure(expected, 4 * TOLERANCE)
        assert certain.mean() > 0.5
        assert (found.argmax(axis=-1) == expected.argmax(axis=-1))[certain].all()


@needs_emulator
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("processor", "name"),
    [("Nehalem", "x86-64-v2"), ("SandyBridge", "x86-64-v2"), ("Haswell", "avx2"), ("EPYC", "avx2")],
)
def test_an_emulated_processor_gets_its_variant_and_the_same_bits(processor: str, name: str, model: Path) -> None:
    said, emulated = _logits(model, emulated=processor)
    assert said == name
    np.testing.assert_array_equal(emulated, _logits(model, variant=name)[1])


@needs_emulator
@pytest.mark.parametrize("processor", ["core2duo", "qemu64", "Conroe", "Opteron_G2"])
def test_a_processor_that_is_too_old_is_refused_in_a_sentence(processor: str) -> None:
    done = _run(emulated=processor)
    assert done.returncode == 1
    assert "processor_too_old: This computer's processor is too old for Thimble" in done.stderr
    assert "Traceback" not in done.stderr


@needs_emulator
@pytest.mark.parametrize("arguments", [(), ("ask", "Hello?"), ("serve",)], ids=["window", "ask", "serve"])
def test_the_program_itself_says_so_before_numpy_and_qt_end_it(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert EMULATOR
    command = [EMULATOR, "-cpu", "core2duo", sys.executable, "-m", "thimble", *arguments]
    env = {**_environment(), "THIMBLE_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("This computer's processor is too old for Thimble")


@needs_emulator
def test_a_variant_that_the_processor_lacks_is_refused_before_it_crashes() -> None:
    done = _run(emulated="Nehalem", variant="avx2")
    assert done.returncode == 1
    assert "cannot run the engine's variant 'avx2': it lacks avx" in done.stderr


@needs_emulator
def test_the_emulator_would_notice_a_wrong_choice() -> None:
    """The least processor with a better variant's library in its place: it must not get through."""
    assert EMULATOR
    library = Path(FOLDER) / "llama_cpp" / "lib" / "variants" / "avx2" / "libggml-cpu.so"
    code = (
        "import ctypes; from thimble.engine import variants; "
        f"base = {str(library.parents[2])!r}; ctypes.CDLL(base + '/libggml-base.so'); ctypes.CDLL({str(library)!r}); "
        "from tests.helpers.portable_answer import main; import sys; sys.exit(main())"
    )
    command = [EMULATOR, "-cpu", "Nehalem", sys.executable, "-c", code]
    done = subprocess.run(command, env=_environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in {-4, 132}  # SIGILL


@pytest.mark.skipif("avx512f" not in variants.features(), reason="this processor has no AVX-512 to hide")
def test_without_avx512_the_next_best_is_taken() -> None:
    done = _run(GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX512F")
    present = variants.features() - {"avx512f"}
    assert done.stdout.strip() == next(v.name for v in OFFERED.values() if not v.lacking(present))
