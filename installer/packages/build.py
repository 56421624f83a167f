"""`python3 -m installer package`: from the checkout to what people install."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Final

from installer import sdist
from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages import bill, deb, frozen, glibc, licences, lock, repeat, share_tree, tarball
from installer.packages.facts import APP_ID, INSTALLED_BUDGET, Workshop, check_budget, size
from installer.places import Places
from installer.process import which
from installer.sdist import Upstream, remove_tree
from installer.terminal import Terminal

SUMS: Final = "SHA256SUMS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--native", action="store_true", help="the engine for this processor only, to try things out")
    parser.add_argument("--folder-only", action="store_true", help="only the program's folder, no .deb and no tarball")
    parser.add_argument(
        "--check", action="store_true", help="install what was built in a clean system and try it (root)"
    )
    parser.add_argument("--audit", action="store_true", help="ask about known weaknesses of what was built")
    parser.add_argument(
        "--twice", action="store_true", help="build the program's folder a second time, and say what differs"
    )
    parser.add_argument("--lock", action="store_true", help="only write the lists of requirements anew")


def run(options: argparse.Namespace, places: Places, terminal: Terminal) -> int:
    """Runs the command; returns the exit code."""
    workshop = Workshop.of(places)
    workshop.folder.mkdir(parents=True, exist_ok=True)
    if options.lock:
        lock.write_all(workshop, frozen.prepare_tools(workshop, places, terminal), terminal)
        return 0
    if options.check:
        from installer.packages import check

        return check.run(workshop, terminal)
    if options.audit:
        from installer.packages import audit

        tools = frozen.prepare_tools(workshop, places, terminal)
        auditor = frozen.prepare_auditor(workshop, places, terminal)
        return audit.run(workshop, tools, auditor, places.logs, terminal)
    _make(workshop, places, terminal, options)
    return 0


def _make(workshop: Workshop, places: Places, terminal: Terminal, options: argparse.Namespace) -> None:
    if sys.platform.startswith("linux") and which("objdump") is None:
        raise InstallerError("PyInstaller needs objdump, which is missing.", "apt-get install binutils")
    tools = frozen.prepare_tools(workshop, places, terminal)
    environment = frozen.prepare(workshop, places, terminal, native=options.native)
    share = share_tree.make(workshop, environment)
    for problem in share_tree.problems(share):
        raise InstallerError(f"What desktops read has a fault. {problem}")
    drawn = share / "icons" / "hicolor" / "256x256" / "apps" / f"{APP_ID}.png"
    icon = drawn if sys.platform in {"win32", "darwin"} else None  # elsewhere programs bear none
    frozen.freeze(workshop, places, environment, icon, terminal)
    _describe(workshop, places, tools, environment, terminal)
    if options.twice:
        first = workshop.scratch("first") / workshop.program.name
        workshop.program.rename(first)
        frozen.freeze(workshop, places, environment, icon, terminal)
        _describe(workshop, places, tools, environment, terminal)
        differing = repeat.differing(first, workshop.program)
        remove_tree(first.parent)
        if differing:
            raise InstallerError(f"Two builds differ in {len(differing)} files: {', '.join(differing[:8])}")
        terminal.line("  the second build is the same, file by file")
    taken = size(workshop.program)
    check_budget("The program's folder", taken, INSTALLED_BUDGET)
    terminal.line(f"  {taken / 1e6:.0f} MB on the disk: {workshop.program}")
    if options.folder_only or not sys.platform.startswith("linux"):
        return
    products: list[Path] = []
    with terminal.phase("Packing the .deb") as phase:
        products.append(deb.build(workshop, share))
        phase.note(f"{products[-1].stat().st_size / 1e6:.0f} MB")
    with terminal.phase("Packing the tarball") as phase:
        products.append(tarball.build(workshop, share, glibc.oldest(workshop.program)))
        phase.note(f"{products[-1].stat().st_size / 1e6:.0f} MB")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in products)
    (workshop.products / SUMS).write_text(sums, encoding="ascii")
    for path in products:
        terminal.line(f"  {path}")


def _describe(
    workshop: Workshop, places: Places, tools: Environment, environment: Environment, terminal: Terminal
) -> None:
    """Licences and bill of materials."""
    with terminal.phase("Collecting licences and the bill of materials") as phase:
        # PyInstaller's loader is the program's first part
        names = [*frozen.packed_distributions(workshop, environment), "pyinstaller"]
        starter = frozen.fetch_starter(workshop, places, environment, phase)
        source = sdist.fetch(places, Upstream.read(places.patches), environment.python, phase)
        site = frozen.site_packages(environment)
        parts = licences.collect(workshop, site, names, starter, source)
        licences.write(workshop, parts)
        path = bill.write(workshop, tools, environment, site, names, parts, starter)
        for problem in bill.problems(path, workshop.internals):
            raise InstallerError(problem)
        phase.note(f"{len(parts)} parts")
