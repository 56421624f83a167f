"""`variant-tests`: the portable engine in each variant, and on other processors under an emulator.

Too long for `test`: each variant computes what the engine's own tests compute, against NumPy and against itself.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from installer import app, cpu, engine, sdist
from installer.checks import PYTEST_TOTALS, Checks
from installer.cpp_tests import run_cpp_tests
from installer.places import Places
from installer.terminal import Terminal
from installer.variants import for_machine

# what depends on kernels, attention, or the store's re-arranging; the rest is the same code in every variant
_TESTS = (
    "numpy_reference",
    "paged_equality",
    "odd_experts",
    "single_rows",
    "neuron_major",
    "vector_products",
    "attention_rows",
    "approximate_head",
    "thread_changes",
    "variants",
)
_ENVIRONMENT = {"QT_QPA_PLATFORM": "offscreen"}


def run(places: Places, terminal: Terminal) -> int:
    """Every test of every variant that this processor can run; the exit code."""
    environment = app.prepare(places, terminal, window=False, dev=True)
    folder = _unpacked(places, engine.portable_wheel(places, terminal))
    checks = Checks(places, environment, terminal)
    run_cpp_tests(checks, places, environment, terminal, every_set=True)
    present = cpu.flags()
    pytest = [str(environment.python), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    for variant in for_machine():
        name = f"variant {variant.name}"
        lacking = cpu.missing(variant.needs, present)
        if lacking:
            checks.skip(name, f"skipped: this processor lacks {', '.join(lacking)}")
            continue
        files = [f"tests/engine/test_{test}.py" for test in _TESTS]
        env = {**_ENVIRONMENT, "PYTHONPATH": str(folder), "THIMBLE_CPU_VARIANT": variant.name}
        checks.live(name, [*pytest, *files], PYTEST_TOTALS, env)
    env = {**_ENVIRONMENT, "PYTHONPATH": str(folder), "THIMBLE_PORTABLE_ENGINE": str(folder)}
    checks.live("other processors", [*pytest, "tests/engine/test_portable.py"], PYTEST_TOTALS, env)
    return checks.summary()


def _unpacked(places: Places, wheel: Path) -> Path:
    """The wheel's contents, to be found before the installed engine; those of others are forgotten."""
    folder = places.scratch / f"portable-{wheel.parent.name}"
    if not folder.exists():
        for old in places.scratch.glob("portable-*"):
            sdist.remove_tree(old)
        unfinished = folder.with_name("unfinished-portable")
        sdist.remove_tree(unfinished)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unfinished)
        unfinished.rename(folder)
    return folder
