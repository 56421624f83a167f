"""C++ tests: what they want, and how they are told."""

from __future__ import annotations

import pytest

from installer import cpp_tests
from installer.checks import Checks, last_match
from installer.environment import app_environment
from installer.places import Places
from installer.terminal import Terminal


def test_ctests_totals_are_found_in_its_output() -> None:
    line = "100% tests passed, 0 tests failed out of 10"
    assert last_match(cpp_tests._CTEST_TOTALS, f"first line\n{line}\n") == line


def test_arm_is_skipped_with_a_word_where_there_is_no_cross_compiler(
    places: Places, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpp_tests, "which", lambda program: None if program == "qemu-aarch64" else program)
    made = Checks(places, app_environment(places), terminal)
    cpp_tests.run_arm_tests(made, places, app_environment(places), terminal)
    [result] = made.results
    assert result.passed
    assert result.totals == "skipped: there is no qemu-aarch64"


def test_of_the_source_arm_wants_headers_and_kernels() -> None:
    ggml = "vendor/llama.cpp/ggml"
    wanted = [f"{ggml}/include/ggml.h", f"{ggml}/src/ggml-cpu/quants.h", f"{ggml}/src/ggml-cpu/arch/arm/quants.c"]
    others = [f"{ggml}/src/ggml-cpu/quants.c", f"{ggml}/src/ggml-cuda/common.h", "vendor/llama.cpp/src/llama.h"]
    assert [name for name in wanted + others if cpp_tests._is_arm_kernel_or_header(name)] == wanted
