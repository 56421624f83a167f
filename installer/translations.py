"""The window's languages: texts extracted from the sources, and translations compiled for Qt.

The sentences of failures come from packages that know no Qt. They stand in the same files, in a context of their own,
and are compiled to a JSON object besides: the window has to find them by what they look like, not by name.
"""

from __future__ import annotations

import json
import os
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import sentences
from installer.environment import Environment, app_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.process import run_logged
from installer.terminal import Terminal

FAILURES = "Failures"
"""The context of the sentences of failures."""
_GONE = frozenset({"vanished", "obsolete"})


@dataclass(frozen=True)
class Counts:
    """What one translation file holds.

    Attributes:
        texts: source texts in use.
        untranslated: those of them without a finished translation.
        obsolete: translations whose source text is gone.
    """

    texts: int
    untranslated: int
    obsolete: int

    @classmethod
    def read(cls, path: Path) -> Counts:
        """Counts a .ts file.

        Raises:
            InstallerError: it is not one.
        """
        try:
            # our own file, not one from outside
            messages = list(ET.parse(path).getroot().iter("message"))  # noqa: S314
        except ET.ParseError as error:
            raise InstallerError(f"{path} is not a translation file: {error}.") from error
        states = [(translation.get("type", ""), translation) for m in messages for translation in m.iter("translation")]
        used = [(state, translation) for state, translation in states if state not in _GONE]
        open_ones = [t for state, t in used if state == "unfinished" or not "".join(t.itertext()).strip()]
        return cls(len(used), len(open_ones), len(states) - len(used))


def folder(root: Path) -> Path:
    """Where a checkout keeps its translations."""
    return root / "assets" / "translations"


def files(root: Path) -> list[Path]:
    """The translations of a checkout, one .ts file for each language."""
    return sorted(folder(root).glob("thimble_*.ts"))


def sources(root: Path) -> list[Path]:
    """Where texts of the window stand."""
    package = root / "app" / "thimble"
    return [*sorted((package / "ui").rglob("*.py")), *sorted((package / "settings_table").rglob("*.py"))]


def extract(root: Path, programs: Path, targets: Sequence[Path], *, drop_obsolete: bool = False) -> None:
    """Brings .ts files in step with the sources: new texts come in unfinished, translations are kept.

    Args:
        root: the checkout.
        programs: folder with pyside6-lupdate.
        targets: the files, `<name>_<language>.ts`; one that is missing is made.
        drop_obsolete: forget translations whose source text is gone.

    Raises:
        InstallerError: lupdate is not there or failed.
    """
    # without locations a moved line changes nothing in the file
    options = ["-locations", "none", "-source-language", "en", "-silent", *(["-no-obsolete"] if drop_obsolete else [])]
    package, engine = root / "app" / "thimble", root / "engine_patches" / "src"
    said = sorted(sentences.of_failures(package) | sentences.of_engine(engine))
    with tempfile.TemporaryDirectory() as folder:
        failures = Path(folder) / "failures.py"
        failures.write_text(
            "".join(f"translate({FAILURES!r}, {json.dumps(text, ensure_ascii=False)})\n" for text in said), "utf-8"
        )
        command = [*options, *map(str, sources(root)), str(failures), "-ts", *map(str, targets)]
        _run(programs, "pyside6-lupdate", command, root)


def compile_file(programs: Path, source: Path, target: Path) -> None:
    """Compiles a .ts file to the .qm file that Qt reads, and beside it the .json file with the sentences of failures.

    A failure or an interruption leaves the old ones.

    Raises:
        InstallerError: lrelease is not there or failed.
    """
    unfinished = target.with_suffix(".new")
    try:
        _run(programs, "pyside6-lrelease", ["-silent", str(source), "-qm", str(unfinished)], source.parent)
        if not unfinished.is_file():
            raise InstallerError(f"{source} could not be compiled.")
        failures = target.with_suffix(".json.new")
        failures.write_text(json.dumps(failure_texts(source), ensure_ascii=False), "utf-8")
        failures.replace(target.with_suffix(".json"))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def failure_texts(path: Path) -> dict[str, str]:
    """The translated sentences of failures in a .ts file, each as in the sources: with `{0}` for what varies."""
    return {
        message.findtext("source", ""): message.findtext("translation", "")
        for context in ET.parse(path).getroot().iter("context")  # noqa: S314 - our own file, not one from outside
        if context.findtext("name") == FAILURES
        for message in context.iter("message")
        if message.findtext("translation") and not message.findall("translation[@type]")
    }


def compile_stale(places: Places, environment: Environment, terminal: Terminal) -> None:
    """Compiles what is new or changed. When that does not work the window opens all the same, in English."""
    for source in files(places.root):
        target, newest = source.with_suffix(".qm"), source.stat().st_mtime_ns
        if all(made.is_file() and made.stat().st_mtime_ns >= newest for made in (target, target.with_suffix(".json"))):
            continue
        try:
            compile_file(environment.programs, source, target)
        except InstallerError as error:
            terminal.line(f"  {error.sentence}")


def refresh(places: Places, terminal: Terminal, *, language: str = "", drop_obsolete: bool = False) -> None:
    """`translations`: extracts, compiles, and says what is left to translate.

    Args:
        places: the checkout.
        terminal: gets a line for each language.
        language: code of a language that is begun, "fr".
        drop_obsolete: forget translations whose source text is gone.

    Raises:
        InstallerError: the environment has no lupdate yet, or it failed.
    """
    environment = app_environment(places)
    begun = {folder(places.root) / f"thimble_{language}.ts"} if language else set()
    found = sorted({*files(places.root), *begun})
    extract(places.root, environment.programs, found, drop_obsolete=drop_obsolete)
    compile_stale(places, environment, terminal)
    for path in found:
        counts = Counts.read(path)
        terminal.line(
            f"{path.name}: {counts.texts} texts, {counts.untranslated} untranslated, {counts.obsolete} obsolete."
        )


def _run(programs: Path, name: str, arguments: Sequence[str], cwd: Path) -> None:
    program = programs / (f"{name}.exe" if os.name == "nt" else name)
    if not program.exists():
        raise InstallerError(f"{program} is missing.", "python3 -m installer run --no-window")
    code, output = run_logged([str(program), *arguments], cwd=cwd)
    if code != 0:
        said = output.strip().partition("\n")[0] or f"exit code {code}"
        raise InstallerError(f"{name} failed: {said}")
