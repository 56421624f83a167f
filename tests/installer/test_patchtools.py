"""The way from a patch to a commit and back, with a real git on a tiny upstream."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from installer import patchtools
from installer.errors import InstallerError
from installer.places import Places
from installer.terminal import Terminal
from tests.installer.conftest import DIFF, FakePython

WritePatch = Callable[..., Path]

_SERIES = "# Applied in this order at the root of the source distribution named in upstream.json.\n"


@pytest.fixture
def tree(places: Places, fake_python: FakePython, terminal: Terminal) -> Path:
    """A fresh work tree."""
    return patchtools.apply(places, fake_python.path, terminal)


@pytest.fixture
def kept(places: Places, tmp_path: Path, archive: bytes) -> Path:
    """The source distribution as a file."""
    path = tmp_path / "tiny.tar.gz"
    path.write_bytes(archive)
    return path


def _patch(places: Places) -> str:
    return (places.patches / "other-word.patch").read_text(encoding="utf-8")


def test_applying_makes_a_tree_with_the_patch_in_it(tree: Path) -> None:
    assert (tree / "vendor" / "word.txt").read_text(encoding="utf-8") == "one\n2\nthree\n"


def test_our_sources_in_the_tree_are_the_real_ones(places: Places, tree: Path) -> None:
    (tree / "vendor" / "thimble" / "ours.cpp").write_text("int mine;\n", encoding="utf-8")
    source = places.patches / "src" / "vendor" / "thimble" / "ours.cpp"
    assert source.read_text(encoding="utf-8") == "int mine;\n"


def test_exporting_an_unchanged_tree_changes_no_byte(places: Places, tree: Path, terminal: Terminal) -> None:
    before = {path.name: path.read_bytes() for path in places.patches.iterdir() if path.is_file()}
    patchtools.export(places, terminal)
    assert {path.name: path.read_bytes() for path in places.patches.iterdir() if path.is_file()} == before


def test_an_edit_goes_into_the_patch_it_belongs_to(places: Places, tree: Path, terminal: Terminal) -> None:
    (tree / "vendor" / "word.txt").write_text("one\nII\nthree\n", encoding="utf-8")
    patchtools.refresh(places, "other-word", terminal)
    patchtools.export(places, terminal)
    assert "-two\n+II\n" in _patch(places)


def test_the_header_is_kept_by_an_export(
    places: Places, tree: Path, terminal: Terminal, write_patch: WritePatch
) -> None:
    edited = _patch(places).replace("The tests need a patch.", "Said better.")
    (places.patches / "other-word.patch").write_text(edited, encoding="utf-8")
    patchtools.export(places, terminal)
    assert _patch(places) == edited


def test_an_unknown_name_makes_a_new_last_patch(
    places: Places, tree: Path, terminal: Terminal, output: io.StringIO
) -> None:
    (tree / "vendor" / "word.txt").write_text("one\n2\nthree\nfour\n", encoding="utf-8")
    patchtools.refresh(places, "one-more-word", terminal)
    patchtools.export(places, terminal)
    assert (places.patches / "series").read_text(
        encoding="utf-8"
    ) == _SERIES + "other-word.patch\none-more-word.patch\n"
    assert "+four" in (places.patches / "one-more-word.patch").read_text(encoding="utf-8")


def test_a_change_that_a_later_patch_builds_on_is_not_half_moved(
    places: Places, tree: Path, terminal: Terminal
) -> None:
    word = tree / "vendor" / "word.txt"
    word.write_text("one\n2\nIII\n", encoding="utf-8")
    patchtools.refresh(places, "one-more-word", terminal)
    word.write_text("one\n2\nthird\n", encoding="utf-8")
    with pytest.raises(InstallerError, match="A patch after other-word does not fit"):
        patchtools.refresh(places, "other-word", terminal)
    assert word.read_text(encoding="utf-8") == "one\n2\nthird\n"


def test_exporting_with_changes_left_over_is_refused(places: Places, tree: Path, terminal: Terminal) -> None:
    (tree / "vendor" / "word.txt").write_text("lost?\n", encoding="utf-8")
    with pytest.raises(InstallerError, match="refresh NAME"):
        patchtools.export(places, terminal)


def test_a_new_tree_does_not_throw_edits_away(
    places: Places, tree: Path, fake_python: FakePython, terminal: Terminal
) -> None:
    (tree / "vendor" / "word.txt").write_text("lost?\n", encoding="utf-8")
    with pytest.raises(InstallerError, match="changes that no patch has yet"):
        patchtools.apply(places, fake_python.path, terminal)


def test_a_new_tree_does_not_throw_refreshed_commits_away(
    places: Places, tree: Path, fake_python: FakePython, terminal: Terminal
) -> None:
    (tree / "vendor" / "word.txt").write_text("one\nII\nthree\n", encoding="utf-8")
    patchtools.refresh(places, "other-word", terminal)
    with pytest.raises(InstallerError, match="not exported"):
        patchtools.apply(places, fake_python.path, terminal)


def test_without_a_tree_the_command_that_makes_it_is_named(places: Places, terminal: Terminal) -> None:
    with pytest.raises(InstallerError) as failure:
        patchtools.export(places, terminal)
    assert failure.value.command == "python3 -m installer patches apply"


def test_a_series_in_order_has_no_problems(places: Places, kept: Path) -> None:
    assert patchtools.check(places, kept) == []


def test_the_check_finds_a_patch_that_needs_fuzz(places: Places, kept: Path, write_patch: WritePatch) -> None:
    write_patch("other-word", diff=DIFF.replace(" one\n", " eins\n"))
    (problem,) = patchtools.check(places, kept)
    assert "other-word.patch does not apply: vendor/word.txt:1" in problem


def test_the_check_finds_a_patch_that_needs_an_offset(places: Places, kept: Path, write_patch: WritePatch) -> None:
    write_patch("other-word", diff=DIFF.replace("@@ -1,3 +1,3 @@", "@@ -2,3 +2,3 @@"))
    assert len(patchtools.check(places, kept)) == 1


def test_the_check_finds_a_missing_header_field(places: Places, kept: Path, write_patch: WritePatch) -> None:
    write_patch("other-word", header="{name}: x\n\nDescription: d\nUpstream-status: u\nTest: tests\n---\n")
    assert patchtools.check(places, kept) == ["other-word.patch: the header has no Remove-when."]


def test_the_check_finds_a_renamed_file(places: Places, kept: Path) -> None:
    (places.patches / "other-word.patch").rename(places.patches / "renamed.patch")
    assert len(patchtools.check(places, kept)) == 2


def test_the_check_finds_a_patch_edited_by_hand(places: Places, kept: Path, write_patch: WritePatch) -> None:
    write_patch("other-word", diff=DIFF.replace("@@ -1,3 +1,3 @@\n one\n", "@@ -2,2 +2,2 @@\n"))
    assert patchtools.check(places, kept) == ["other-word.patch is not what “patches export” writes; export it again."]


def test_the_users_git_configuration_changes_nothing(
    places: Places, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[diff]\n\tnoprefix = true\n\tcontext = 9\n", encoding="ascii")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert patchtools.check(places, kept) == []
