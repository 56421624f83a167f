"""The engine's library for this processor: the best one is taken, and only one of each is in memory."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from thimble import cli
from thimble.engine import binding, variants
from thimble.engine.variants import Variant, choose
from thimble.errors import Code, ThimbleError
from thimble.probe import probe_machine

VNNI = Variant("vnni", ("sse4_2", "avx2", "avx_vnni"))
AVX2 = Variant("avx2", ("sse4_2", "avx2"))
LEAST = Variant("least", ("sse4_2",))
ALL = (VNNI, AVX2, LEAST)


@pytest.mark.parametrize(
    ("present", "best"),
    [({"sse4_2"}, LEAST), ({"sse4_2", "avx2"}, AVX2), ({"sse4_2", "avx2", "avx_vnni", "avx512f"}, VNNI)],
    ids=["least", "avx2", "vnni"],
)
def test_the_best_that_the_processor_can_run_is_taken(present: set[str], best: Variant) -> None:
    assert choose(ALL, present) == best


def test_a_wanted_one_is_taken_instead_of_the_best() -> None:
    assert choose(ALL, {"sse4_2", "avx2", "avx_vnni"}, "avx2") == AVX2


def test_a_wanted_one_that_the_processor_lacks_is_refused_with_what_is_missing() -> None:
    with pytest.raises(ThimbleError, match="cannot run the engine's variant 'vnni': it lacks avx_vnni"):
        choose(ALL, {"sse4_2", "avx2"}, "vnni")


def test_an_unknown_one_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ThimbleError, match="vnni, avx2, least"):
        choose(ALL, {"sse4_2"}, "avx3")


def test_a_processor_below_the_least_is_refused() -> None:
    with pytest.raises(ThimbleError) as refused:
        choose(ALL, {"sse2"})
    assert refused.value.problem.code == Code.PROCESSOR_TOO_OLD
    assert "too old for Thimble" in refused.value.problem.sentence
    assert "sse4_2" in refused.value.problem.detail


def test_the_program_asks_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(variants, "_chosen", lambda: choose(ALL, {"sse2"}))
    assert cli.main(["ask", "Hello?"]) == 1
    assert capsys.readouterr().err.startswith("This computer's processor is too old")


def test_an_unknown_variant_is_no_reason_to_refuse_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "_chosen", lambda: choose(ALL, {"sse4_2"}, "avx3"))
    assert variants.refusal() is None


def test_nothing_that_an_old_processor_cannot_run_is_imported_before_the_question() -> None:
    code = "import sys, thimble.cli; print(sorted({'numpy', 'PySide6', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_processor_below_the_least_is_refused_whatever_is_wanted() -> None:
    with pytest.raises(ThimbleError, match="too old"):
        choose(ALL, {"sse2"}, "least")


def test_an_engine_for_one_processor_offers_no_choice() -> None:
    assert choose((), {"avx2"}) is None
    with pytest.raises(ThimbleError, match="no variant 'avx2'"):
        choose((), {"avx2"}, "avx2")


def test_what_an_engine_offers_is_in_its_record(tmp_path: Path) -> None:
    record = {"variants": [{"name": "avx2", "needs": ["sse4_2", "avx2"]}, {"name": "least", "needs": ["sse4_2"]}]}
    (tmp_path / "_thimble.json").write_text(json.dumps(record), encoding="utf-8")
    assert variants.offered(tmp_path) == (AVX2, LEAST)


@pytest.mark.parametrize("record", ["", '{"version": "1"}'], ids=["damaged", "for one processor"])
def test_an_engine_without_a_list_offers_nothing(tmp_path: Path, record: str) -> None:
    (tmp_path / "_thimble.json").write_text(record, encoding="utf-8")
    assert variants.offered(tmp_path) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="compares with the Linux kernel's list")
@pytest.mark.skipif("GLIBC_TUNABLES" in os.environ, reason="instruction sets may be hidden on purpose")
def test_the_processor_is_seen_as_the_kernel_sees_it() -> None:
    known = {"x86_64": variants._X86, "aarch64": variants._ARM}.get(platform.machine(), {})
    assert variants.features() & set(known) == probe_machine().cpu_flags & set(known)


@pytest.mark.skipif(platform.machine() != "x86_64" or sys.platform != "linux", reason="glibc's switch is for x86")
def test_what_the_system_does_not_let_programs_use_is_not_there() -> None:
    code = "from thimble.engine import variants; print(*sorted(variants.features()))"
    hidden = {**os.environ, "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-SSE4_2"}
    seen = subprocess.run([sys.executable, "-c", code], env=hidden, capture_output=True, text=True, check=True).stdout
    assert not {"avx2", "sse4_2"} & set(seen.split())
    assert "ssse3" in seen.split()


def _libraries(maps: str) -> list[Path]:
    """The engine's libraries among the mapped files."""
    paths = {line.split()[-1] for line in maps.splitlines() if "/llama_cpp/lib/" in line}
    return sorted(map(Path, paths))


def _is_wanted(backend: Path) -> bool:
    """Whether this library is the variant that the environment asks for, or the best one."""
    name = backend.parent.name if backend.parent.parent.name == "variants" else ""
    offered = variants.offered(backend.parents[1 if not name else 3])
    return not offered or variants.name() == (name or offered[-1].name)


@pytest.mark.engine
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_each_library_is_in_memory_once_and_the_backend_is_the_chosen_one() -> None:
    code = "from thimble.engine import binding, door; binding.mtmd(); door.api(); print(open('/proc/self/maps').read())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    libraries = _libraries(done.stdout)
    names = [library.name.partition(".so")[0] for library in libraries]
    assert sorted(names) == ["libggml", "libggml-base", "libggml-cpu", "libllama", "libmtmd"]
    assert _is_wanted(next(library for library in libraries if library.name.startswith("libggml-cpu")))


@pytest.mark.engine
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_engines_tests_run_with_the_chosen_backend() -> None:
    binding.llama()
    libraries = _libraries(Path("/proc/self/maps").read_text(encoding="utf-8"))
    (backend,) = (library for library in libraries if library.name.startswith("libggml-cpu"))
    assert _is_wanted(backend)
