"""`run` does what is left to do, and nothing when nothing is."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from installer import __main__ as program
from installer import app, cpu, engine, system
from installer.environment import Environment, app_environment, install_app
from installer.errors import InstallerError
from installer.places import Places
from installer.terminal import Terminal
from tests.installer.conftest import FakePython


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that lacks nothing and has one compiler."""
    monkeypatch.setattr(system, "find_needs", lambda **_: [])
    monkeypatch.setattr(engine, "find_compiler", lambda: "/usr/bin/true")
    monkeypatch.setattr(cpu, "flags", lambda: ("x86_64", "avx2"))


@pytest.fixture
def environment(places: Places, fake_python: FakePython, machine: None) -> Environment:
    """An environment whose interpreter is the fake one."""
    made = app_environment(places)
    made.programs.mkdir(parents=True)
    made.python.symlink_to(fake_python.path)
    made.set_stamp("folder", str(made.folder))
    return made


@pytest.fixture
def installed(environment: Environment, places: Places, fake_python: FakePython, terminal: Terminal) -> Environment:
    """The environment after a first run with a network."""
    app.prepare(places, terminal, window=True, dev=False)
    starter = places.root / "starter.gguf"
    starter.touch()
    environment.set_stamp(f"starter {os.environ['THIMBLE_HOME']}", str(starter))
    (fake_python.path.parent / "calls").unlink()
    return environment


def _installs(fake: FakePython) -> list[str]:
    return [call.split()[-1] for call in fake.calls if call.startswith("-m pip install")]


def test_the_first_run_installs_the_engine_before_the_app(
    environment: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    app.prepare(places, terminal, window=True, dev=False)
    wheel, checkout = _installs(fake_python)
    assert wheel.endswith("tiny_engine-1.0+thimble.7-py3-none-any.whl")
    assert checkout == str(places.root)


def test_the_second_run_starts_no_program_and_needs_no_network(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    fake_python.behaves("offline")
    app.prepare(places, terminal, window=True, dev=False)
    assert fake_python.calls == []


def test_the_second_run_says_nothing(
    installed: Environment, places: Places, terminal: Terminal, output: io.StringIO
) -> None:
    output.truncate(0)
    app.prepare(places, terminal, window=True, dev=False)
    assert output.getvalue().strip("\0") == ""


def test_a_changed_requirement_installs_the_app_again(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    (places.installer / "constraints.txt").write_text("numpy==3\n", encoding="utf-8")
    app.prepare(places, terminal, window=True, dev=False)
    assert _installs(fake_python) == [str(places.root)]


def test_the_tests_add_their_tools_to_the_same_environment(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    app.prepare(places, terminal, window=True, dev=True)
    assert _installs(fake_python) == [f"{places.root}[dev]"]


def test_a_run_after_the_tests_takes_nothing_away(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    app.prepare(places, terminal, window=True, dev=True)
    before = len(fake_python.calls)
    app.prepare(places, terminal, window=True, dev=False)
    assert len(fake_python.calls) == before


def test_another_processor_gets_another_engine(
    installed: Environment,
    places: Places,
    fake_python: FakePython,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cpu, "flags", lambda: ("x86_64",))
    app.prepare(places, terminal, window=True, dev=False)
    assert any(call.startswith("-m pip wheel") for call in fake_python.calls)


def test_an_engine_built_for_another_checkout_is_taken_from_the_cache(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    installed.set_stamp("engine", "")
    app.prepare(places, terminal, window=True, dev=False)
    assert not any(call.startswith("-m pip wheel") for call in fake_python.calls)


def test_what_a_killed_build_left_is_removed_by_the_next(
    environment: Environment, places: Places, terminal: Terminal
) -> None:
    leftover = places.builds / "engine-killed" / "objects"
    leftover.mkdir(parents=True)
    app.prepare(places, terminal, window=True, dev=False)
    assert list(places.builds.iterdir()) == []


def test_an_interrupted_install_is_done_again(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    fake_python.behaves("offline")
    (places.installer / "constraints.txt").write_text("numpy==3\n", encoding="utf-8")
    with pytest.raises(InstallerError, match="is there a network"):
        app.prepare(places, terminal, window=True, dev=False)
    (places.installer / "constraints.txt").write_text("numpy==2\n", encoding="utf-8")
    fake_python.behaves("")
    app.prepare(places, terminal, window=True, dev=False)
    assert _installs(fake_python)[-1] == str(places.root)


def test_without_a_network_the_missing_starter_model_stops_nobody(
    installed: Environment, places: Places, fake_python: FakePython, terminal: Terminal, output: io.StringIO
) -> None:
    (places.root / "starter.gguf").unlink()
    fake_python.behaves("offline")
    app.prepare(places, terminal, window=True, dev=False)
    assert "The starter model could not be fetched" in output.getvalue()


def test_no_compiler_is_one_sentence_and_an_exit_code(
    environment: Environment, places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need = system.Need("compiler", "a C++ compiler", required=True)
    monkeypatch.setattr(system, "find_needs", lambda **_: [need])
    monkeypatch.setattr(system, "_may_install", lambda: False)
    assert program.main(["run"], places) == 1
    assert "This system lacks a C++ compiler." in capsys.readouterr().out


def test_no_compiler_and_no_known_package_manager_still_says_what_to_do(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need = system.Need("compiler", "a C++ compiler", required=True)
    monkeypatch.setattr(system, "find_needs", lambda **_: [need])
    monkeypatch.setattr(system, "_may_install", lambda: False)
    monkeypatch.setattr(system, "which", lambda _name: None)
    assert program.main(["run"], places) == 1
    assert "Install it with your system's package manager." in capsys.readouterr().out


def test_run_without_a_window_stops_before_it(
    installed: Environment, places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main(["run", "--no-window"], places) == 0
    assert "Thimble is ready" in capsys.readouterr().out


def test_run_without_a_window_names_what_a_window_would_lack(
    installed: Environment, places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "missing_qt_libraries", lambda: ["libEGL.so.1"])
    assert program.main(["run", "--no-window"], places) == 0
    assert "The window would lack libEGL.so.1." in capsys.readouterr().out


def test_a_disk_that_fills_up_is_one_sentence(
    environment: Environment, places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr(engine, "install", full)
    assert program.main(["run"], places) == 1
    assert "The disk is full" in capsys.readouterr().out


def test_ctrl_c_is_one_sentence(
    environment: Environment, places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "install", stop)
    with pytest.raises(SystemExit) as end:
        program.main(["run"], places)
    assert end.value.code == 130


def test_a_moved_environment_is_not_trusted(installed: Environment, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    installed.folder.rename(moved)
    assert not Environment(moved, tmp_path).usable()


def test_the_app_is_installed_with_the_pinned_versions(
    environment: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    install_app(places, environment, "key", terminal, dev=False)
    assert f"--constraint {places.installer / 'constraints.txt'}" in fake_python.calls[-1]


def _with_the_stock_engine(places: Places, fake_python: FakePython, terminal: Terminal) -> Environment:
    """The unpatched engine's environment, after it was made by the fake interpreter."""
    stock = Environment(places.root / ".venv-stock", places.logs)
    stock.programs.mkdir(parents=True)
    stock.python.symlink_to(fake_python.path)
    stock.set_stamp("folder", str(stock.folder))
    app.prepare_engine(places, terminal, stock=True)
    return stock


def test_the_stock_engine_has_an_environment_of_its_own(
    environment: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    stock = _with_the_stock_engine(places, fake_python, terminal)
    assert stock.stamp("engine") == replace(engine.recipe_here(places, stock=True)).key
    assert environment.stamp("engine") == ""


def test_the_stock_engine_comes_with_its_server_in_pinned_versions(
    environment: Environment, places: Places, fake_python: FakePython, terminal: Terminal
) -> None:
    _with_the_stock_engine(places, fake_python, terminal)
    last = fake_python.calls[-1]
    assert "[server]==" in last
    assert f"--constraint {places.installer / 'stock-constraints.txt'}" in last
