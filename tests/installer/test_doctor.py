"""The doctor's exit code and its advice."""

from __future__ import annotations

import io

import pytest

from installer import doctor, system
from installer.doctor import Finding, State
from installer.places import Places
from installer.terminal import Terminal


def _healthy(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(doctor, "examine", lambda _places: iter((Finding("Python", State.GOOD, "3.11"), *findings)))


def test_everything_there_is_exit_code_0(places: Places, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    _healthy(monkeypatch)
    assert doctor.report(places, terminal) == 0


def test_something_needed_missing_is_exit_code_1(
    places: Places, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    _healthy(monkeypatch, Finding("compiler", State.MISSING, "none", "get one"))
    assert doctor.report(places, terminal) == 1


def test_something_useful_missing_is_exit_code_0(
    places: Places, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    _healthy(monkeypatch, Finding("ccache", State.OPTIONAL, "missing", "get it"))
    assert doctor.report(places, terminal) == 0


def test_what_is_missing_is_shown_with_its_command(
    places: Places, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, output: io.StringIO
) -> None:
    _healthy(monkeypatch, Finding("compiler", State.MISSING, "none", "get one"))
    doctor.report(places, terminal)
    assert "to mend it: get one" in output.getvalue()


def _states(places: Places) -> dict[str, State]:
    return {finding.name: finding.state for finding in doctor.examine(places)}


def test_a_bare_machine_is_examined_without_a_crash(
    places: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(system, "missing_qt_libraries", lambda: ["libEGL.so.1"])
    monkeypatch.setattr(system, "has_fonts", lambda: False)
    monkeypatch.setattr(system, "has_venv", lambda: False)
    states = _states(places)
    missing = {name for name, state in states.items() if state is State.MISSING}
    assert missing == {"venv and ensurepip", "C++ compiler", "Qt's libraries", "fonts", "engine", "Thimble"}


def test_a_damaged_series_is_a_finding(places: Places) -> None:
    (places.patches / "series").unlink()
    assert _states(places)["engine"] is State.MISSING
