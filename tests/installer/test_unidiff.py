"""Diffs apply exactly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer import unidiff
from installer.unidiff import PatchFormatError, PatchMismatchError

_HEAD = "--- a/f\n+++ b/f\n"


def _apply(text: str, diff: str) -> str:
    (change,) = unidiff.parse(diff)
    return unidiff.apply_to_text(text, change)


def test_lines_are_replaced_where_the_hunk_says() -> None:
    assert _apply("a\nb\nc\n", _HEAD + "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n") == "a\nB\nc\n"


def test_several_hunks_apply_in_order() -> None:
    diff = _HEAD + "@@ -1 +1,2 @@\n a\n+x\n@@ -4 +5,0 @@\n-d\n"
    assert _apply("a\nb\nc\nd\n", diff) == "a\nx\nb\nc\n"


def test_a_context_line_that_moved_is_a_mismatch() -> None:
    with pytest.raises(PatchMismatchError, match=r"f:1: expected 'a', found 'new'"):
        _apply("new\na\nb\nc\n", _HEAD + "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n")


def test_a_context_line_that_differs_in_spaces_is_a_mismatch() -> None:
    with pytest.raises(PatchMismatchError, match="f:3"):
        _apply("a\nb\n c\n", _HEAD + "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n")


def test_a_hunk_past_the_end_is_a_mismatch() -> None:
    with pytest.raises(PatchMismatchError, match="the end of the file"):
        _apply("a\n", _HEAD + "@@ -1,2 +1,2 @@\n a\n-b\n+B\n")


def test_a_missing_last_newline_is_kept() -> None:
    diff = _HEAD + "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n\\ No newline at end of file\n"
    assert _apply("a\nb", diff) == "a\nB"


def test_a_last_newline_that_the_patch_does_not_expect_is_a_mismatch() -> None:
    with pytest.raises(PatchMismatchError):
        _apply("a\nb\n", _HEAD + "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n")


def test_carriage_returns_are_content() -> None:
    assert _apply("a\r\nb\r\n", _HEAD + "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+B\r\n") == "a\r\nB\r\n"


def test_a_form_feed_ends_no_line() -> None:
    assert _apply("a\fb\nc\n", _HEAD + "@@ -2 +2 @@\n-c\n+C\n") == "a\fb\nC\n"


def test_files_are_made_and_removed(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("x\n", encoding="utf-8")
    diff = "--- /dev/null\n+++ b/sub/new\n@@ -0,0 +1 @@\n+y\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
    unidiff.apply_to_tree(tmp_path, unidiff.parse(diff))
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == ["sub/new"]


def test_a_mismatch_in_the_second_file_leaves_the_first_alone(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\n", encoding="utf-8")
    (tmp_path / "g").write_text("other\n", encoding="utf-8")
    diff = _HEAD + "@@ -1 +1 @@\n-a\n+A\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-b\n+B\n"
    with pytest.raises(PatchMismatchError):
        unidiff.apply_to_tree(tmp_path, unidiff.parse(diff))
    assert (tmp_path / "f").read_text(encoding="utf-8") == "a\n"


def test_a_new_file_that_is_there_already_is_a_mismatch(tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    with pytest.raises(PatchMismatchError, match="there already"):
        unidiff.apply_to_tree(tmp_path, unidiff.parse("--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+y\n"))


@pytest.mark.parametrize(
    "diff",
    [
        "",
        "@@ -1 +1 @@\n-a\n+b\n",
        _HEAD + "@@ -1,2 +1 @@\n-a\n+b\n",
        _HEAD + "@@ nonsense @@\n",
        "--- a/../escape\n+++ b/../escape\n@@ -1 +1 @@\n-a\n+b\n",
        "--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n",
        "rename from a\nrename to b\n",
        "Binary files a/x and b/x differ\n",
    ],
)
def test_what_is_not_a_plain_text_diff_is_refused(diff: str) -> None:
    with pytest.raises(PatchFormatError):
        unidiff.parse(diff)
