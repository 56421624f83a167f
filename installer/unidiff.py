"""Unified diffs applied with zero fuzz and zero offset, or not at all.

Neither `patch` nor `git` is on every machine, and both forgive more than we want by default, so the build applies
the series with this: every context and removed line has to stand exactly where the patch says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_NO_NEWLINE = "\\ No newline at end of file"


class PatchFormatError(Exception):
    """The text is not a unified diff that we understand."""


class PatchMismatchError(Exception):
    """The diff does not fit the files."""


@dataclass
class Hunk:
    """One `@@` block. Lines carry their ends, so that a file without a last newline is told apart."""

    old_start: int
    new_start: int
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass
class FileDiff:
    """The change of one file; `old` is None for a new file, `new` is None for a removed one."""

    old: str | None
    new: str | None
    hunks: list[Hunk] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The file's path below the tree's root, with forward slashes."""
        return self.new or self.old or ""


def split_header(text: str) -> tuple[str, str]:
    """Cuts a patch file at its `---` line into the header in words and the diff."""
    head, mark, diff = text.partition("\n---\n")
    if not mark:
        raise PatchFormatError("there is no line of three dashes between the header and the diff")
    return head + "\n", diff


def _name(line: str) -> str | None:
    name = line[4:].split("\t", 1)[0].strip()
    if name == "/dev/null":
        return None
    prefix, _, path = name.partition("/")
    parts = path.split("/")
    if prefix not in {"a", "b"} or not path or ".." in parts or "" in parts:
        raise PatchFormatError(f"unexpected file name {name!r}")
    return path


def parse(diff: str) -> list[FileDiff]:
    """Reads a diff as `git diff` writes it (text files only).

    Raises:
        PatchFormatError: a hunk's line counts are wrong, or there is something else than text changes in it.
    """
    files: list[FileDiff] = []
    lines = diff.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith(("rename ", "copy ", "old mode ", "GIT binary", "Binary files ")):
            raise PatchFormatError(f"only changes of text are supported, not {line!r}")
        if line.startswith("--- "):
            if at >= len(lines) or not lines[at].startswith("+++ "):
                raise PatchFormatError(f"no +++ line after {line!r}")
            files.append(FileDiff(_name(line), _name(lines[at])))
            at += 1
        elif line.startswith("@@ "):
            if not files:
                raise PatchFormatError("a hunk before the first file")
            at = _parse_hunk(files[-1], line, lines, at)
    if not files:
        raise PatchFormatError("there is no diff in it")
    return files


def _parse_hunk(target: FileDiff, head: str, lines: list[str], at: int) -> int:
    match = _HUNK.match(head)
    if match is None:
        raise PatchFormatError(f"bad hunk line {head!r}")
    old_left, new_left = (int(match[group] or "1") for group in (2, 4))
    hunk = Hunk(int(match[1]), int(match[3]))
    while old_left > 0 or new_left > 0 or (at < len(lines) and lines[at] == _NO_NEWLINE):
        if at >= len(lines):
            raise PatchFormatError(f"the hunk {head!r} ends too early")
        mark, body = lines[at][:1], lines[at][1:] + "\n"
        if lines[at] == _NO_NEWLINE:
            _drop_last_newline(hunk, lines[at - 1][:1])
        elif mark == " ":
            hunk.old.append(body)
            hunk.new.append(body)
            old_left, new_left = old_left - 1, new_left - 1
        elif mark == "-":
            hunk.old.append(body)
            old_left -= 1
        elif mark == "+":
            hunk.new.append(body)
            new_left -= 1
        else:
            raise PatchFormatError(f"unexpected line {lines[at]!r} in the hunk {head!r}")
        at += 1
    if old_left or new_left:
        raise PatchFormatError(f"the line counts of the hunk {head!r} are wrong")
    target.hunks.append(hunk)
    return at


def _drop_last_newline(hunk: Hunk, mark: str) -> None:
    for side, marks in ((hunk.old, " -"), (hunk.new, " +")):
        if mark in marks and side:
            side[-1] = side[-1].removesuffix("\n")


def apply_to_text(text: str, change: FileDiff) -> str:
    """The text after the change.

    Raises:
        PatchMismatchError: a context or removed line is not exactly where the hunk says; names the line.
    """
    # not splitlines(): a carriage return or a form feed ends no line in a diff
    source = re.findall(r"[^\n]*\n|[^\n]+", text)
    result: list[str] = []
    done = 0
    for hunk in change.hunks:
        start = hunk.old_start - 1 if hunk.old else hunk.old_start
        if start < done or start > len(source):
            raise PatchMismatchError(
                f"{change.path}: the hunk at line {hunk.old_start} is out of order or past the end"
            )
        for offset, expected in enumerate(hunk.old):
            found = source[start + offset] if start + offset < len(source) else "the end of the file"
            if found != expected:
                raise PatchMismatchError(
                    f"{change.path}:{start + offset + 1}: expected {expected.rstrip()!r}, found {found.rstrip()!r}"
                )
        result += source[done:start] + hunk.new
        done = start + len(hunk.old)
    return "".join(result + source[done:])


def apply_to_tree(tree: Path, changes: list[FileDiff]) -> None:
    """Applies all changes below `tree`, or none.

    Raises:
        PatchMismatchError: a file is missing, already there, or differs; nothing was written.
    """
    written: dict[Path, str | None] = {}
    for change in changes:
        old = tree / change.old if change.old else None
        new = tree / change.new if change.new else None
        if old is None and new is not None and new.exists():
            raise PatchMismatchError(f"{change.path}: the patch makes this file, but it is there already")
        if old is not None and not old.is_file():
            raise PatchMismatchError(f"{change.path}: no such file")
        # newline="": carriage returns are content to a patch
        text = old.read_bytes().decode("utf-8") if old is not None else ""
        text = apply_to_text(text, change)
        if old is not None:
            written[old] = None
        if new is not None:
            written[new] = text
    for path, content in written.items():
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8"))
