"""What the system has to bring along: found out up front, installed where we may, otherwise named with its command."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from installer.errors import InstallerError
from installer.process import run_logged, which
from installer.recipe import find_compiler
from installer.terminal import Terminal

# Qt opens these when a window is made; a missing one shows up as "could not load the platform plugin".
# name to load -> package on Debian and Ubuntu
QT_LIBRARIES: Mapping[str, str] = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
_FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".pfb"})

# package manager -> (command, {need: packages}); Debian's names for Qt's libraries are above
_MANAGERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "apt-get": (
        "apt-get install -y --no-install-recommends",
        {"compiler": "g++", "font": "fonts-dejavu-core", "xvfb": "xvfb", "ccache": "ccache", "git": "git"},
    ),
    "dnf": (
        "dnf install -y",
        {
            "compiler": "gcc-c++",
            "venv": "python3",
            "qt": "mesa-libEGL mesa-libGL libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image "
            "xcb-util-keysyms xcb-util-renderutil dbus-libs fontconfig",
            "font": "dejavu-sans-fonts",
            "xvfb": "xorg-x11-server-Xvfb",
            "ccache": "ccache",
            "git": "git",
        },
    ),
    "pacman": (
        "pacman -S --needed --noconfirm",
        {
            "compiler": "gcc",
            "venv": "python",
            "qt": "libglvnd mesa libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms "
            "xcb-util-renderutil dbus fontconfig",
            "font": "ttf-dejavu",
            "xvfb": "xorg-server-xvfb",
            "ccache": "ccache",
            "git": "git",
        },
    ),
    "zypper": (
        "zypper install -y",
        {
            "compiler": "gcc-c++",
            "venv": "python3",
            "qt": "libEGL1 libGL1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 "
            "libxcb-render-util0 libdbus-1-3 libfontconfig1",
            "font": "dejavu-fonts",
            "xvfb": "xorg-x11-server-Xvfb",
            "ccache": "ccache",
            "git": "git",
        },
    ),
}


@dataclass(frozen=True)
class Need:
    """Something of the system that is missing.

    Attributes:
        kind: compiler, venv, qt, font or xvfb.
        what: in words, for a sentence.
        required: whether nothing goes without it.
        packages: Debian's packages, where they depend on what exactly is missing.
    """

    kind: str
    what: str
    required: bool
    packages: tuple[str, ...] = ()


def has_venv() -> bool:
    """Whether this Python can make environments that have pip (Debian splits that off)."""
    return importlib.util.find_spec("venv") is not None and importlib.util.find_spec("ensurepip") is not None


def missing_qt_libraries() -> list[str]:
    """The shared libraries of Qt that this system cannot load; none are needed outside Linux."""
    if not sys.platform.startswith("linux"):
        return []
    missing: list[str] = []
    for name in QT_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def has_fonts() -> bool:
    """Whether there is any font; without one Qt draws empty boxes."""
    if not sys.platform.startswith("linux"):
        return True
    for folder in _FONT_FOLDERS:
        for _, _, files in os.walk(Path(folder).expanduser()):
            if any(Path(name).suffix.lower() in _FONT_SUFFIXES for name in files):
                return True
    return False


def find_needs(*, engine: bool, window: bool, tests: bool) -> list[Need]:
    """What is missing for a purpose.

    Args:
        engine: whether the engine has to be compiled.
        window: whether Qt is going to run.
        tests: whether the test suite is going to run.
    """
    needs: list[Need] = []
    if not has_venv():
        version = f"python3.{sys.version_info.minor}-venv"
        needs.append(Need("venv", "Python's venv and ensurepip modules", required=True, packages=(version,)))
    if engine and find_compiler() is None:
        needs.append(Need("compiler", "a C++ compiler", required=True))
    if window or tests:
        libraries = missing_qt_libraries()
        if libraries:
            what = f"shared libraries for the window ({', '.join(libraries)})"
            packages = tuple(QT_LIBRARIES[name] for name in libraries)
            needs.append(Need("qt", what, required=True, packages=packages))
        if not has_fonts():
            needs.append(Need("font", "a font", required=True))
    if tests and sys.platform.startswith("linux") and which("Xvfb") is None:
        needs.append(Need("xvfb", "Xvfb, for the tests of the real window", required=False))
    return needs


def _packages(manager: str, needs: Iterable[Need]) -> list[str]:
    names = _MANAGERS[manager][1]
    found: list[str] = []
    for need in needs:
        found += need.packages if manager == "apt-get" and need.packages else names.get(need.kind, "").split()
    return list(dict.fromkeys(found))


def _may_install() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def install_command(needs: Iterable[Need]) -> str:
    """What to type to get everything in `needs` on this system; empty when we do not know."""
    needs = list(needs)
    if not needs:
        return ""
    if sys.platform == "darwin":
        return "xcode-select --install"
    if os.name == "nt":
        return "winget install Microsoft.VisualStudio.2022.BuildTools"
    for manager, (command, _) in _MANAGERS.items():
        if which(manager):
            packages = _packages(manager, needs)
            sudo = "" if _may_install() else "sudo "
            return f"{sudo}{command} {' '.join(packages)}" if packages else ""
    return ""


def satisfy(needs: list[Need], terminal: Terminal) -> None:
    """Installs what is missing as root on Debian and Ubuntu; elsewhere says what to type.

    Raises:
        InstallerError: something required is still missing; carries the command.
    """
    if not needs:
        return
    if _may_install() and which("apt-get"):
        _install_with_apt(needs, terminal)
        return
    required = [need for need in needs if need.required]
    for need in needs:
        if not need.required:
            terminal.line(f"  Missing, but not needed: {need.what}. To install it: {install_command([need])}")
    if required:
        what = " and ".join(need.what for need in required)
        command = install_command(required)
        how = "" if command else " Install it with your system's package manager."
        raise InstallerError(f"This system lacks {what}.{how}", command)


def _install_with_apt(needs: list[Need], terminal: Terminal) -> None:
    packages = _packages("apt-get", needs)
    if any(need.kind == "compiler" for need in needs) and which("ccache") is None:
        packages.append("ccache")  # the second build of the engine takes seconds
    command = install_command(needs)
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    with terminal.phase("Installing system packages") as phase:
        phase.note(" ".join(packages))
        # a fresh system has no lists; a failure here shows up as a package that cannot be found
        run_logged(["apt-get", "update"], env=env)
        code, output = run_logged([*shlex.split(_MANAGERS["apt-get"][0]), *packages], env=env)
    if code == 0:
        return
    reason = next((line for line in output.splitlines() if line.startswith("E:")), "apt-get failed")
    if any(need.required for need in needs):
        raise InstallerError(f"System packages could not be installed ({reason}).", command)
    terminal.line(f"  Some packages could not be installed ({reason}); going on without them.")
