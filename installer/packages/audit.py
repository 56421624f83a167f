"""`python3 -m installer package --audit`: known weaknesses of what is in the package, as far as anybody can be asked.

Four are asked, and each may not answer: PyPI about weaknesses (pip-audit) and about releases that were withdrawn (uv),
the system's package mirror about its libraries that came along (apt), and uv's own list about Python. What could not be
asked is said, never counted as good.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages import bill, interpreter, lock
from installer.packages.facts import Workshop
from installer.packages.licences import plain
from installer.process import output_of, run_logged, which
from installer.terminal import Terminal

_YANKED: Final = re.compile(r"`([A-Za-z0-9._-]+==[^`]+)` is yanked(?: \(reason: \"(.*)\"\))?")
_INSTALLED: Final = re.compile(r"^(\S+):\n\s+Installed: (\S+)\n\s+Candidate: (\S+)\n", re.MULTILINE)
_REASON: Final = 160


@dataclass
class Answer:
    """What one of those that are asked said.

    Attributes:
        found: what has to be done something about, a sentence each.
        silent: why it could not be asked; "" when it answered.
        note: what else is worth knowing.
    """

    found: list[str] = field(default_factory=list)
    silent: str = ""
    note: str = ""


def run(workshop: Workshop, tools: Environment, auditor: Environment, logs: Path, terminal: Terminal) -> int:
    """Asks all of them; returns the exit code: 1 when something was found.

    Args:
        workshop: with a program's folder, whose bill of materials is what is asked about.
        tools: has uv.
        auditor: has pip-audit.
        logs: where environments write theirs.
        terminal: gets a line for each.

    Raises:
        InstallerError: there is no package yet.
    """
    path = workshop.licences.parent / bill.FILE_NAME
    if not path.is_file():
        raise InstallerError("There is no package yet.", "python3 -m installer package")
    components = json.loads(path.read_text(encoding="utf-8"))["components"]
    packages = python_packages(components)
    system = sorted(one["bom-ref"].removeprefix("deb:") for one in components if one["bom-ref"].startswith("deb:"))
    listed = workshop.folder / "audit.txt"
    listed.write_text("".join(f"{name}=={version}\n" for name, version in packages), encoding="utf-8")
    environment = interpreter.environment_of(workshop, logs)
    answers: list[Answer] = []
    asked: tuple[tuple[str, Callable[[], Answer]], ...] = (
        (f"Weaknesses of {len(packages)} Python packages", lambda: weaknesses(auditor, listed)),
        ("Withdrawn releases among them", lambda: withdrawn(tools, listed, environment)),
        (f"Weaknesses of {len(system)} libraries of the system", lambda: of_the_system(components, system)),
        ("Python itself", lambda: python_itself(workshop, tools)),
    )
    for title, ask in asked:
        with terminal.phase(title) as phase:
            answer = ask()
            silent = f"could not be asked: {answer.silent}"
            phase.note(
                silent if answer.silent else "; ".join([f"{len(answer.found)} found", *filter(None, [answer.note])])
            )
        for sentence in answer.found:
            terminal.line(f"    {sentence}")
        answers.append(answer)
    found = sum(len(answer.found) for answer in answers)
    unasked = sum(bool(answer.silent) for answer in answers)
    terminal.line(f"{found} found, {unasked} of {len(answers)} could not be asked")
    return 1 if found else 0


def python_packages(components: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    """Name and published version of the packages from PyPI in a bill of materials.

    Args:
        components: of the bill. The engine is asked about under the version that it was made from.
    """
    return sorted(
        (one["name"], one["version"].partition("+")[0])
        for one in components
        if str(one.get("purl", "")).startswith("pkg:pypi/") or plain(one["name"]) == lock.ENGINE
    )


def weaknesses(auditor: Environment, listed: Path) -> Answer:
    """pip-audit, which asks PyPI."""
    command = [str(auditor.python), "-m", "pip_audit", "--strict", "--no-deps", "--disable-pip", "--format", "json"]
    command += ["--progress-spinner", "off", "--requirement", str(listed)]
    code, output = run_logged(command)
    told = next((line for line in output.splitlines() if line.startswith("{")), "")
    if not told:
        errors = [line for line in output.splitlines() if "ERROR" in line] or output.splitlines()[-1:]
        return Answer(silent=(errors[0] if errors else f"pip-audit ended with {code}")[:_REASON])
    found = [
        f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no version yet'}"
        for one in json.loads(told)["dependencies"]
        for weak in one.get("vulns", ())
    ]
    return Answer(found)


def withdrawn(tools: Environment, listed: Path, environment: Environment) -> Answer:
    """uv, which warns of releases that their publishers took back, and knows newer ones."""
    uv = str(tools.programs / "uv")
    python = ["--python", str(environment.python)]
    code, output = run_logged([uv, "pip", "compile", str(listed), "--no-deps", "--no-header", "--no-annotate", *python])
    if code != 0:
        return Answer(silent=" ".join(output.split())[-_REASON:])
    newer = output_of([uv, "pip", "list", "--outdated", "--format", "json", *python])
    names = {plain(line.partition("==")[0]) for line in listed.read_text(encoding="utf-8").splitlines()}
    later = [
        f"{one['name']} {one['latest_version']}" for one in json.loads(newer or "[]") if plain(one["name"]) in names
    ]
    found = [f"{name} was withdrawn: {reason or 'no reason given'}" for name, reason in _YANKED.findall(output)]
    return Answer(found, note=f"newer releases: {', '.join(later)}" if later else "")


def of_the_system(components: Iterable[dict[str, Any]], names: list[str]) -> Answer:
    """apt: a version that the mirror has and the package lacks, most often because of a weakness."""
    if not names:
        return Answer(silent="none came from a system with dpkg")
    if which("apt-cache") is None:
        return Answer(silent="there is no apt here")
    updated, said = run_logged(["apt-get", "update", "--error-on=any"])
    if updated != 0:
        return Answer(silent=" ".join(said.split())[-_REASON:])
    packed = {one["name"]: one["version"] for one in components if one["bom-ref"].startswith("deb:")}
    _, output = run_logged(["apt-cache", "policy", *names], env={"LC_ALL": "C"})
    offered = {name: candidate for name, _, candidate in _INSTALLED.findall(output)}
    found = []
    for name in names:
        if name not in offered:
            found.append(f"{name} {packed[name]} is no longer offered.")
        elif offered[name] != packed[name]:
            found.append(f"{name} {packed[name]} is packed, and {offered[name]} is offered.")
    return Answer(found, note="upgrade them, then build the package again" if found else "")


def python_itself(workshop: Workshop, tools: Environment) -> Answer:
    """The system's own is among its libraries; of any other, uv knows the series' last version."""
    python = interpreter.packed(workshop)
    if python.of_the_system:
        return Answer(note=f"{python.version} is the system's, which mends it: see the libraries")
    series = ".".join(python.version.split(".")[:2])
    command = [str(tools.programs / "uv"), "--offline", "python", "list", series, "--all-versions", "--only-downloads"]
    said = output_of([*command, "--output-format", "json"])
    versions = [tuple(one["version_parts"].values()) for one in json.loads(said or "[]")]
    if not versions:
        return Answer(silent="uv knows no version of it")
    last = ".".join(map(str, max(versions)))
    if last == python.version:
        return Answer(note=f"{last} is the last that uv knows")
    return Answer([f"Python {python.version} is packed, and {last} is the last of its series that uv knows."])
