"""The series names its patches, and every patch says why it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from installer import series
from installer.errors import InstallerError
from installer.places import Places
from tests.installer.conftest import DIFF, HEADER

WritePatch = Callable[..., Path]


def _problems(places: Places, name: str) -> list[str]:
    return series.header_problems(series.read_patch(places.patches, name), places.root)


def test_a_complete_header_has_no_problems(places: Places) -> None:
    assert _problems(places, "other-word") == []


@pytest.mark.parametrize("field", series.REQUIRED_FIELDS)
def test_a_missing_field_is_named(places: Places, write_patch: WritePatch, field: str) -> None:
    header = "".join(line for line in HEADER.splitlines(keepends=True) if not line.startswith(field))
    write_patch("other-word", header=header)
    assert _problems(places, "other-word") == [f"other-word.patch: the header has no {field}."]


def test_a_field_goes_on_in_indented_lines(places: Places, write_patch: WritePatch) -> None:
    write_patch("other-word", header=HEADER.replace("need a patch.", "need\n a patch."))
    patch = series.read_patch(places.patches, "other-word")
    assert patch.fields["Description"] == "The tests need a patch."


def test_a_test_that_does_not_exist_is_named(places: Places, write_patch: WritePatch) -> None:
    write_patch("other-word", header=HEADER.replace("test_word.py", "test_nothing.py"))
    assert _problems(places, "other-word") == ["other-word.patch: its Test tests/test_nothing.py does not exist."]


@pytest.mark.parametrize("name", ["0001-word", "Word", "word_two", "fix-001"])
def test_a_name_that_is_not_a_purpose_is_refused(places: Places, write_patch: WritePatch, name: str) -> None:
    write_patch(name)
    assert len(_problems(places, name)) == 1


def test_a_renamed_file_no_longer_matches_its_first_line(places: Places) -> None:
    (places.patches / "other-word.patch").rename(places.patches / "new-name.patch")
    assert len(_problems(places, "new-name")) == 1


def test_series_and_files_have_to_agree(places: Places) -> None:
    (places.patches / "other-word.patch").rename(places.patches / "new-name.patch")
    assert series.folder_problems(places.patches) == [
        "The series names other-word.patch, but there is no such file.",
        "new-name.patch is not in the series.",
    ]


def test_a_patch_that_does_not_apply_names_itself_and_the_line(places: Places, tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "word.txt").write_text("one\nzwei\nthree\n", encoding="utf-8")
    with pytest.raises(InstallerError, match=r"other-word\.patch does not apply: vendor/word\.txt:2"):
        series.apply_patch(tmp_path, series.read_patch(places.patches, "other-word"))


def test_a_patch_without_a_header_is_damaged(places: Places) -> None:
    (places.patches / "other-word.patch").write_text(DIFF, encoding="utf-8")
    with pytest.raises(InstallerError, match=r"other-word\.patch is damaged"):
        series.read_series(places.patches)


def test_our_sources_may_not_overwrite_upstream(places: Places, tmp_path: Path) -> None:
    target = tmp_path / "tree" / "vendor" / "thimble" / "ours.cpp"
    target.parent.mkdir(parents=True)
    target.touch()
    with pytest.raises(InstallerError, match=r"src/vendor/thimble/ours\.cpp would overwrite"):
        series.copy_own_sources(places.patches, tmp_path / "tree")
