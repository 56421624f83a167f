"""The patch series: which patches there are, what their headers must say, and putting them on a tree."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from installer import unidiff
from installer.errors import InstallerError

REQUIRED_FIELDS = ("Description", "Upstream-status", "Remove-when", "Test")
_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
_NUMBERED = re.compile(r"^\d|-\d{3,}$")
_FIELD = re.compile(r"^([A-Z][A-Za-z-]*):\s*(.*)$")


@dataclass(frozen=True)
class Patch:
    """One patch file.

    Attributes:
        name: its purpose in a few words joined by hyphens; also the file's name without `.patch`.
        header: everything above the `---` line.
        diff: everything below it.
    """

    name: str
    header: str
    diff: str

    @property
    def fields(self) -> dict[str, str]:
        """The header's fields; a field's further lines are indented."""
        found: dict[str, str] = {}
        current = ""
        for line in self.header.splitlines()[1:]:
            match = _FIELD.match(line)
            if match:
                current = match[1]
                found[current] = match[2].strip()
            elif current and line.startswith(" "):
                found[current] = f"{found[current]} {line.strip()}".strip()
            elif line.strip():
                current = ""
        return found


def read_names(folder: Path) -> list[str]:
    """The names in `series`, in order; `#` starts a comment.

    Raises:
        InstallerError: there is no series file.
    """
    try:
        text = (folder / "series").read_text(encoding="utf-8")
    except OSError as error:
        raise InstallerError(f"{folder / 'series'} cannot be read: {error.strerror}.") from error
    names = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [name.removesuffix(".patch") for name in names if name]


def read_patch(folder: Path, name: str) -> Patch:
    """Reads one patch.

    Raises:
        InstallerError: the file is missing or is not a header and a diff.
    """
    path = folder / f"{name}.patch"
    try:
        header, diff = unidiff.split_header(path.read_bytes().decode("utf-8"))
    except OSError as error:
        raise InstallerError(f"The series names {name}.patch, but it cannot be read: {error.strerror}.") from error
    except (unidiff.PatchFormatError, UnicodeDecodeError) as error:
        raise InstallerError(f"{name}.patch is damaged: {error}.") from error
    return Patch(name, header, diff)


def read_series(folder: Path) -> list[Patch]:
    """All patches in order."""
    return [read_patch(folder, name) for name in read_names(folder)]


def apply_patch(tree: Path, patch: Patch) -> list[str]:
    """Applies one patch exactly; the files it changed.

    Raises:
        InstallerError: it does not fit; the sentence names the patch and the line.
    """
    try:
        changes = unidiff.parse(patch.diff)
        unidiff.apply_to_tree(tree, changes)
    except unidiff.PatchFormatError as error:
        raise InstallerError(f"{patch.name}.patch is damaged: {error}.") from error
    except unidiff.PatchMismatchError as error:
        raise InstallerError(f"{patch.name}.patch does not apply: {error}.") from error
    return [change.path for change in changes]


def touched_files(patches: list[Patch]) -> set[str]:
    """Every file that the patches read or write."""
    found: set[str] = set()
    for patch in patches:
        try:
            for change in unidiff.parse(patch.diff):
                found.update(path for path in (change.old, change.new) if path)
        except unidiff.PatchFormatError as error:
            raise InstallerError(f"{patch.name}.patch is damaged: {error}.") from error
    return found


def own_sources(folder: Path) -> list[Path]:
    """Our own files below `src/`, sorted, as paths relative to it."""
    base = folder / "src"
    return sorted(path.relative_to(base) for path in base.rglob("*") if path.is_file())


def copy_own_sources(folder: Path, tree: Path) -> None:
    """Copies `src/` into the tree.

    Raises:
        InstallerError: a file of upstream has the same name; we add files, patches change them.
    """
    for relative in own_sources(folder):
        target = tree / relative
        if target.exists():
            raise InstallerError(f"engine_patches/src/{relative.as_posix()} would overwrite a file of upstream.")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / "src" / relative, target)


def header_problems(patch: Patch, root: Path) -> list[str]:
    """What is wrong with a patch's name and header, one sentence each."""
    problems: list[str] = []
    if not _NAME.match(patch.name) or _NUMBERED.search(patch.name):
        problems.append(f"{patch.name}.patch: name it by its purpose, lower case with hyphens and without a number.")
    first = patch.header.split("\n", 1)[0]
    title, _, summary = first.partition(": ")
    if title != patch.name or not summary.strip():
        problems.append(f"{patch.name}.patch: the first line has to be “{patch.name}: what it does”.")
    fields = patch.fields
    problems += [f"{patch.name}.patch: the header has no {name}." for name in REQUIRED_FIELDS if not fields.get(name)]
    problems += [
        f"{patch.name}.patch: its Test {test} does not exist."
        for test in fields.get("Test", "").replace(",", " ").split()
        if not (root / test).exists()
    ]
    return problems


def folder_problems(folder: Path) -> list[str]:
    """Where `series` and the files beside it disagree, one sentence each."""
    names = read_names(folder)
    files = {path.stem for path in folder.glob("*.patch")}
    problems = [f"The series names {name}.patch, but there is no such file." for name in names if name not in files]
    problems += [f"{name}.patch is not in the series." for name in sorted(files - set(names))]
    problems += [f"The series names {name}.patch twice." for name in sorted({n for n in names if names.count(n) > 1})]
    return problems
