"""Changing the series: every patch is a commit of a work tree of upstream, and is written back from there."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from installer import sdist, series
from installer.errors import InstallerError
from installer.gitwork import Git
from installer.places import Places
from installer.sdist import Upstream
from installer.series import Patch
from installer.terminal import Terminal

_BASE = "upstream"
_SERIES_NOTE = "# Applied in this order at the root of the source distribution named in upstream.json.\n"
# everything that a git version, a configuration or an attribute could change about a diff is said here
_DIFF = (
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--diff-algorithm=myers",
    "--indent-heuristic",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
_TEMPLATE = """{name}: say here what it does

Description: say here why we need it, and what would go wrong without it.
Upstream-status: not sent yet
Remove-when: say here what has to happen before it can go
Test: tests/engine/name_of_the_test.py
"""


@dataclass(frozen=True)
class Exported:
    """One patch as it is written from a commit."""

    name: str
    text: str


def work_tree(places: Places) -> Path:
    """The work tree that `patches apply` makes."""
    return places.scratch / "engine-tree" / Upstream.read(places.patches).folder_name


def apply(places: Places, python: Path, terminal: Terminal) -> Path:
    """Makes a fresh work tree: a commit of upstream, one commit for each patch, our own sources linked in.

    Raises:
        InstallerError: there are changes in the old tree that no commit has, or a patch does not apply.
    """
    upstream = Upstream.read(places.patches)
    tree = work_tree(places)
    if (tree / ".git").exists():
        _require_exported(places, tree)
    with terminal.phase("Getting the engine's source") as phase:
        archive = sdist.fetch(places, upstream, python, phase)
    unfinished = tree.parent.with_name("engine-tree-unfinished")
    sdist.remove_tree(unfinished)
    with terminal.phase("Making the work tree"):
        made = sdist.unpack(archive, upstream, unfinished)
        git = _repository(made, _all_files(made))
    for patch in series.read_series(places.patches):
        with terminal.phase(f"Applying {patch.name}"):
            _commit_patch(git, patch)
    _link_own_sources(places, made)
    sdist.remove_tree(tree.parent)
    unfinished.rename(tree.parent)
    terminal.line(f"The work tree: {tree}")
    return tree


def refresh(places: Places, name: str, terminal: Terminal) -> None:
    """Puts the work tree's uncommitted changes into a patch's commit; a new name makes a new last patch.

    Raises:
        InstallerError: there is no work tree, nothing was changed, or a later patch does not fit any more.
    """
    git = _open_tree(places)
    names = [patch.name for patch in _commits(git)]
    if not git.run("status", "--porcelain"):
        raise InstallerError("Nothing was changed in the work tree since the last refresh.")
    git.run("add", "--all")
    if name not in names:
        git.run("commit", "--quiet", "--no-verify", "--file=-", stdin=_TEMPLATE.format(name=name))
        terminal.line(f"A new patch {name}. After the export, fill in the header of engine_patches/{name}.patch.")
        return
    target = git.run("rev-list", "--reverse", f"{_BASE}..HEAD").split()[names.index(name)]
    git.run("commit", "--quiet", "--no-verify", f"--fixup={target}")
    quiet_editor = {"GIT_SEQUENCE_EDITOR": "true", "GIT_EDITOR": "true"}
    code, _, errors = git.try_run("rebase", "--quiet", "--interactive", "--autosquash", _BASE, env=quiet_editor)
    if code != 0:
        git.try_run("rebase", "--abort")
        git.run("reset", "--quiet", "--soft", "HEAD~1")
        reason = next((line for line in errors.splitlines() if "error" in line.lower()), "the changes overlap")
        raise InstallerError(f"A patch after {name} does not fit this change ({reason}); nothing was moved.")
    terminal.line(f"The change is in {name}.")


def export(places: Places, terminal: Terminal) -> None:
    """Writes series and patches from the work tree's commits; headers of known patches are kept."""
    git = _open_tree(places)
    if git.run("status", "--porcelain"):
        raise InstallerError("The work tree has changes that no patch has yet; run “patches refresh NAME” first.")
    headers = {path.stem: series.read_patch(places.patches, path.stem).header for path in _patch_files(places)}
    exported = _export(git, headers)
    for old in _patch_files(places):
        if old.stem not in {patch.name for patch in exported}:
            old.unlink()
            terminal.line(f"  {terminal.good} {old.name} removed")
    for patch in exported:
        path = places.patches / f"{patch.name}.patch"
        if not path.exists() or path.read_bytes() != patch.text.encode():
            path.write_bytes(patch.text.encode())
            terminal.line(f"  {terminal.good} {path.name} written")
    names = "".join(f"{patch.name}.patch\n" for patch in exported)
    (places.patches / "series").write_bytes((_SERIES_NOTE + names).encode())
    terminal.line(f"{len(exported)} patches in the series.")


def check(places: Places, archive: Path) -> list[str]:
    """Everything that is wrong with the series, one sentence each.

    Headers complete, names without numbers, series and files agree, every patch applies exactly, our own files
    overwrite nothing, and writing the patches again from commits gives the same bytes.

    Args:
        places: the checkout.
        archive: the checked source distribution.
    """
    problems = series.folder_problems(places.patches)
    if problems:
        return problems
    patches = series.read_series(places.patches)
    for patch in patches:
        problems += series.header_problems(patch, places.root)
    own = {path.as_posix() for path in series.own_sources(places.patches)}
    wanted = series.touched_files(patches) | own
    with tempfile.TemporaryDirectory(prefix="thimble-patches-") as folder:
        tree = sdist.unpack(archive, Upstream.read(places.patches), Path(folder), wanted.__contains__)
        problems += [
            f"engine_patches/src/{path} would overwrite a file of upstream." for path in own if (tree / path).exists()
        ]
        git = _repository(tree, _all_files(tree))
        try:
            for patch in patches:
                _commit_patch(git, patch)
        except InstallerError as error:
            return [*problems, error.sentence]
        for patch, again in zip(patches, _export(git, {}), strict=True):
            kept = (places.patches / f"{patch.name}.patch").read_bytes()
            if again.name != patch.name or again.text.encode() != kept:
                problems.append(f"{patch.name}.patch is not what “patches export” writes; export it again.")
    return problems


def _patch_files(places: Places) -> list[Path]:
    return sorted(places.patches.glob("*.patch"))


def _all_files(tree: Path) -> list[str]:
    return sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file() or path.is_symlink())


def _repository(tree: Path, files: list[str]) -> Git:
    git = Git(tree)
    git.run("init", "--quiet", "--initial-branch=thimble")
    # everything that came, also what upstream's .gitignore would leave out
    listed = "\0".join(files)
    git.run("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=listed)
    git.run("commit", "--quiet", "--no-verify", "--allow-empty", "--message=upstream")
    git.run("tag", _BASE)
    return git


def _commit_patch(git: Git, patch: Patch) -> None:
    changed = series.apply_patch(git.folder, patch)
    git.commit(patch.header, changed)


def _commits(git: Git) -> list[Exported]:
    return _export(git, {})


def _export(git: Git, headers: dict[str, str]) -> list[Exported]:
    """All patches as text. A header in `headers` wins over the commit's message: people edit it in the file."""
    exported: list[Exported] = []
    before = _BASE
    for commit in git.run("rev-list", "--reverse", f"{_BASE}..HEAD").split():
        message = git.run("show", "--no-patch", "--format=%B", commit).rstrip("\n") + "\n"
        name = message.split(":", 1)[0].strip()
        diff = git.run(*_DIFF, before, commit)
        # hashes of whole files would make a patch change whenever an earlier patch of the same file does
        lines = [line for line in diff.split("\n") if not line.startswith("index ")]
        exported.append(Exported(name, headers.get(name, message) + "---\n" + "\n".join(lines)))
        before = commit
    return exported


def _open_tree(places: Places) -> Git:
    tree = work_tree(places)
    if not (tree / ".git").exists():
        raise InstallerError("There is no work tree yet.", "python3 -m installer patches apply")
    return Git(tree)


def _require_exported(places: Places, tree: Path) -> None:
    git = Git(tree)
    if git.run("status", "--porcelain"):
        raise InstallerError(
            f"{tree} has changes that no patch has yet; refresh and export them, or remove the folder."
        )
    for patch in _commits(git):
        path = places.patches / f"{patch.name}.patch"
        diff = patch.text.partition("\n---\n")[2]
        if not path.exists() or series.read_patch(places.patches, patch.name).diff != diff:
            raise InstallerError(
                f"{patch.name} was changed in {tree} and not exported.", "python3 -m installer patches export"
            )


def _link_own_sources(places: Places, tree: Path) -> None:
    """Our files in the tree are links to the real ones, so that an edit in either place is the same edit."""
    ignored: list[str] = []
    for relative in series.own_sources(places.patches):
        target = tree / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        ignored.append("/" + relative.as_posix())
        source = places.patches / "src" / relative
        if os.name == "posix":
            target.symlink_to(source)
        else:
            target.write_bytes(source.read_bytes())
    exclude = tree / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("\n".join(ignored) + "\n", encoding="utf-8")
