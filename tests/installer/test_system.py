"""What the system lacks is said with the command that brings it."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from installer import system
from installer.errors import InstallerError
from installer.system import Need
from installer.terminal import Terminal

_COMPILER = Need("compiler", "a C++ compiler", required=True)
_QT = Need("qt", "shared libraries", required=True, packages=("libegl1", "libdbus-1-3"))
_XVFB = Need("xvfb", "Xvfb", required=False)


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without rights on Linux; returns the only folder on the path, empty."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path


def _program(folder: Path, name: str, script: str = "exit 0") -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    path.chmod(0o755)


def test_a_missing_compiler_is_found_before_anything_is_built(user: Path) -> None:
    needs = system.find_needs(engine=True, window=False, tests=False)
    assert [need.kind for need in needs] == ["compiler"]


def test_no_compiler_is_needed_where_nothing_is_built(user: Path) -> None:
    assert system.find_needs(engine=False, window=False, tests=False) == []


def test_libraries_of_the_window_are_named_with_their_packages(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "missing_qt_libraries", lambda: ["libEGL.so.1"])
    monkeypatch.setattr(system, "has_fonts", lambda: True)
    (need,) = system.find_needs(engine=False, window=True, tests=False)
    assert need.packages == ("libegl1",)


def test_a_library_that_no_system_has_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(system, "QT_LIBRARIES", {"libthimble-nothing.so.9": "nothing"})
    assert system.missing_qt_libraries() == ["libthimble-nothing.so.9"]


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install -y --no-install-recommends g++ libegl1 libdbus-1-3"),
        ("dnf", "sudo dnf install -y gcc-c++ mesa-libEGL"),
        ("pacman", "sudo pacman -S --needed --noconfirm gcc libglvnd"),
        ("zypper", "sudo zypper install -y gcc-c++ libEGL1"),
    ],
)
def test_the_command_is_the_package_managers_own(user: Path, manager: str, command: str) -> None:
    _program(user, manager)
    assert system.install_command([_COMPILER, _QT]).startswith(command)


def test_on_a_mac_the_compiler_comes_with_apples_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert system.install_command([_COMPILER]) == "xcode-select --install"


def test_without_rights_the_command_is_shown_and_nothing_goes_on(user: Path, terminal: Terminal) -> None:
    _program(user, "apt-get")
    with pytest.raises(InstallerError, match=r"lacks a C\+\+ compiler") as failure:
        system.satisfy([_COMPILER], terminal)
    assert failure.value.command == "sudo apt-get install -y --no-install-recommends g++"


def test_what_is_only_wished_for_does_not_stop_anybody(user: Path, terminal: Terminal, output: io.StringIO) -> None:
    _program(user, "apt-get")
    system.satisfy([_XVFB], terminal)
    assert "sudo apt-get install -y --no-install-recommends xvfb" in output.getvalue()


@pytest.fixture
def root(user: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same system, with rights."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return user


def test_root_on_debian_installs_what_is_missing(root: Path, terminal: Terminal) -> None:
    _program(root, "apt-get", f'echo "$@" >> {root / "calls"}')
    system.satisfy([_COMPILER, _QT], terminal)
    calls = (root / "calls").read_text(encoding="ascii").splitlines()
    assert calls == ["update", "install -y --no-install-recommends g++ libegl1 libdbus-1-3 ccache"]


def test_a_package_that_cannot_be_installed_is_one_sentence(root: Path, terminal: Terminal) -> None:
    _program(root, "apt-get", 'echo "E: Unable to locate package g++"; exit 100')
    with pytest.raises(InstallerError, match="Unable to locate package"):
        system.satisfy([_COMPILER], terminal)


def test_nothing_missing_starts_no_package_manager(root: Path, terminal: Terminal) -> None:
    _program(root, "apt-get", f'echo "$@" >> {root / "calls"}')
    system.satisfy([], terminal)
    assert not (root / "calls").exists()
