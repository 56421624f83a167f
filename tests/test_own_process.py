"""Processes of our own, from an environment and from a package."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import thimble
from thimble import own_process
from thimble.own_process import MARK, MODULES, asked, become, command, engine_action, leave_no_trace

SERVER = "thimble.server"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)


def test_an_environment_starts_its_python_with_the_module() -> None:
    assert command(SERVER, "--port", "1") == [sys.executable, "-P", "-m", SERVER, "--port", "1"]


def test_a_package_starts_itself(package: None) -> None:
    started = command(SERVER, "--port", "1")
    assert started == [sys.executable, MARK, SERVER, "--port", "1"]
    assert asked(started[1:])


@pytest.mark.parametrize("arguments", [[], [MARK], [MARK, "http.server"], ["ask", MARK, SERVER], [SERVER, MARK]])
def test_nothing_else_can_be_asked_of_a_package(package: None, arguments: list[str]) -> None:
    assert not asked(arguments)


def test_outside_a_package_nothing_is_asked() -> None:
    assert not asked([MARK, SERVER])


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_a_program(module: str) -> None:
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.submodule_search_locations:
        spec = importlib.util.find_spec(f"{module}.__main__")
    assert spec is not None
    assert spec.origin is not None
    assert '__name__ == "__main__"' in Path(spec.origin).read_text("utf-8")


def test_become_runs_the_module_with_its_own_arguments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["thimble", MARK, "thimble.library.starter", "--help"])
    monkeypatch.delitem(sys.modules, "thimble.library.starter", raising=False)
    with pytest.raises(SystemExit) as ended:
        become(sys.argv[1:])
    assert ended.value.code == 0
    assert "--wheel" in capsys.readouterr().out


def test_no_part_of_thimble_starts_python_past_this_module() -> None:
    folder = Path(thimble.__file__).parent
    allowed = {"own_process.py", "library/starter.py", "engine/bench/short.py"}  # pip, and a plan's unused default
    users = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if "sys.executable" in path.read_text("utf-8")
    }
    assert users == allowed


def test_what_a_package_starts_gets_the_environment_from_before(package: None) -> None:
    environment = {
        "LD_LIBRARY_PATH": "/package/lib:/mine",
        "LD_LIBRARY_PATH_ORIG": "/mine",
        "_PYI_ARCHIVE_FILE": "/package/thimble",
        "PATH": "/bin",
    }
    leave_no_trace(environment)
    assert environment == {"LD_LIBRARY_PATH": "/mine", "PATH": "/bin"}


def test_without_a_library_path_before_there_is_none_after(package: None) -> None:
    environment = {"LD_LIBRARY_PATH": "/package/lib"}
    leave_no_trace(environment)
    assert environment == {}


def test_outside_a_package_the_environment_stays() -> None:
    environment = {"LD_LIBRARY_PATH": "/mine"}
    leave_no_trace(environment)
    assert environment == {"LD_LIBRARY_PATH": "/mine"}


def test_a_package_is_not_told_to_run_the_installer(package: None) -> None:
    assert "installer" not in engine_action("Build it again: python3 -m installer engine")


def test_a_file_in_the_current_folder_is_not_taken_for_pythons(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('taken')")
    done = subprocess.run(
        own_process.command("thimble.library.starter", "--help"), cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0
