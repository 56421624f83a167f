"""`python3 -m installer package --check`: what was built, installed in a clean system, used, upgraded and removed."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from installer.errors import InstallerError
from installer.packages import abilities, cleanroot, lint, smoke
from installer.packages.cleanroot import HOME, CleanRoot
from installer.packages.facts import NAME, Workshop, product_name
from installer.sdist import remove_tree
from installer.terminal import Terminal


def run(workshop: Workshop, terminal: Terminal) -> int:
    """Runs every step; returns the exit code. The clean system is removed at the end.

    Raises:
        InstallerError: something that the check needs is missing.
    """
    cleanroot.require()
    package = _newest(workshop, "*.deb")
    tarball = _newest(workshop, "*.tar.xz")
    folder = workshop.folder / "root"
    if folder.exists():
        remove_tree(folder)
    pictures = workshop.scratch("pictures")
    checks = Checks(terminal)
    try:
        root = cleanroot.make(folder, terminal)
        with cleanroot.mounted(root), cleanroot.display():
            _steps(checks, workshop, root, package, tarball, pictures)
    finally:
        if folder.exists():
            remove_tree(folder)
    terminal.line(f"{checks.good} passed, {checks.bad} failed; pictures: {pictures}")
    return 1 if checks.bad else 0


class Checks:
    """Counts steps that hold and steps that do not."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.good = self.bad = 0

    def __call__(self, title: str, step: Callable[[], str]) -> None:
        """Does a step: what it returns is shown; an `InstallerError` is its failure."""
        try:
            with self._terminal.phase(title) as phase:
                phase.note(step())
        except (InstallerError, OSError, subprocess.TimeoutExpired) as error:
            self.bad += 1
            said = error.sentence if isinstance(error, InstallerError) else str(error)
            self._terminal.line(f"    {said}")
        else:
            self.good += 1


def _steps(checks: Checks, workshop: Workshop, root: CleanRoot, package: Path, tarball: Path, pictures: Path) -> None:
    checks("The desktops' checkers find nothing", lambda: lint.desktops(workshop.folder / "share"))
    checks("lintian finds nothing", lambda: lint.debian(package))
    checks("There is no Python and no compiler", lambda: smoke.nothing_there(root))
    checks("apt installs the .deb with what it needs", lambda: _install(root, package))
    checks("Still no Python and no compiler", lambda: smoke.nothing_there(root))
    checks("The program's libraries are all found", lambda: smoke.libraries(root, f"/usr/lib/{NAME}"))
    checks("--version", lambda: smoke.version(root, NAME))
    checks("A fresh start connects to nothing", lambda: smoke.connects_to_nothing(root, NAME, pictures))
    checks("The first run answers a question", lambda: smoke.first_run(root, NAME, pictures))
    checks("ask", lambda: smoke.ask(root, NAME))
    checks("serve", lambda: smoke.serve(root, NAME))
    checks("A model opened from the file manager", lambda: smoke.open_file(root, NAME, pictures))
    checks("A PDF file is read", lambda: abilities.reads_pdf(root, NAME, pictures))
    checks("Dictation listens", lambda: abilities.writes_down(root, NAME))
    checks("Time to the first picture", lambda: smoke.start_times(root, NAME))
    checks("An upgrade keeps the user's data", lambda: _upgrade(workshop, root))
    checks("Removal leaves the user's data and nothing else", lambda: _remove(root))
    checks("The tarball is unpacked in a folder with a space", lambda: _unpack(root, tarball))
    moved = f"{HOME}/My programs/{product_name(workshop.root)}"
    checks("The tarball's program answers", lambda: smoke.ask(root, f"{moved}/{NAME}"))
    checks("The tarball's window opens", lambda: smoke.start_times(root, f"{moved}/{NAME}"))
    checks("The tarball's menu entry comes and goes", lambda: smoke.integrates(root, moved))
    checks("A processor that is too old is told so", lambda: abilities.refuses_old_processors(root, moved))


def _newest(workshop: Workshop, pattern: str) -> Path:
    found = sorted(workshop.products.glob(pattern), key=lambda path: path.stat().st_mtime)
    if not found:
        raise InstallerError("There is no package yet.", "python3 -m installer package")
    return found[-1]


def _install(root: CleanRoot, package: Path) -> str:
    target = root.inside(f"/root/{package.name}")
    shutil.copyfile(package, target)
    before = _installed(root)
    root.as_root("apt-get", "update")
    root.as_root("apt-get", "install", "-y", "--no-install-recommends", f"/root/{package.name}")
    target.unlink()
    root.as_root("apt-get", "clean")
    return f"{len(_installed(root) - before)} packages"


def _installed(root: CleanRoot) -> set[str]:
    return set(root.run(["dpkg-query", "--show", "--showformat=${Package}\n"], user="root").stdout.split())


def _upgrade(workshop: Workshop, root: CleanRoot) -> str:
    """The same package with a higher version: as an upgrade comes."""
    tree = workshop.folder / "deb"
    control = tree / "DEBIAN" / "control"
    text = control.read_text(encoding="utf-8")
    higher = text.replace("\nVersion: ", "\nVersion: 999+")
    target = root.inside("/root/newer.deb")
    before = smoke.user_files(root)
    try:
        control.write_text(higher, encoding="utf-8")
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(target)],
            check=True,
            capture_output=True,
        )
    finally:
        control.write_text(text, encoding="utf-8")
    root.as_root("apt-get", "install", "-y", "--no-install-recommends", "/root/newer.deb")
    target.unlink()
    if smoke.user_files(root) != before:
        raise InstallerError("The upgrade changed files in the user's home.")
    smoke.ask(root, NAME)
    return f"{len(before)} files as before, and it answers"


def _remove(root: CleanRoot) -> str:
    before = smoke.user_files(root)
    root.as_root("apt-get", "remove", "-y", NAME)
    left = [
        str(path.relative_to(root.folder))
        for top in ("usr", "opt", "etc", "var/lib")
        for path in root.inside(top).rglob("*[Tt]himble*")
        if "/dpkg/" not in str(path) and "/apt/" not in str(path)
    ]
    if left:
        raise InstallerError(f"Left behind: {', '.join(left[:5])}")
    if smoke.user_files(root) != before:
        raise InstallerError("The removal changed files in the user's home.")
    return f"{len(before)} files of the user stay"


def _unpack(root: CleanRoot, tarball: Path) -> str:
    folder = root.inside(f"{HOME}/My programs")
    folder.mkdir()
    began = time.monotonic()
    subprocess.run(["tar", "-xf", str(tarball), "-C", str(folder)], check=True)
    subprocess.run(["chown", "-R", "--reference", str(root.inside(HOME)), str(folder)], check=True)
    return f"{time.monotonic() - began:.0f} s"
