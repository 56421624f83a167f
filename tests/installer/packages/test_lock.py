"""The lists of requirements agree with what the project says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from installer.packages import lock
from installer.packages.licences import plain
from installer.places import ROOT

FOLDER = ROOT / "installer" / "packages"
LISTS = [FOLDER / name for name in (lock.REQUIREMENTS, lock.FREEZER, lock.BILL, lock.AUDIT)]


def versions(path: Path) -> dict[str, str]:
    pattern = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
    return {plain(name): version for name, version in pattern.findall(path.read_text("utf-8"))}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_every_entry_has_the_hashes_of_its_files(path: Path) -> None:
    entries = re.split(r"\n(?=\S)", path.read_text("utf-8").strip())
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_everything_that_the_project_depends_on_is_listed_except_the_engine() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {plain(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in project["dependencies"]}
    listed = {plain(name) for name in lock.names(LISTS[0])}
    assert needed - listed == {lock.ENGINE}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_versions_are_those_that_the_tests_run_with(path: Path) -> None:
    pinned = versions(ROOT / "installer" / "constraints.txt")
    different = {
        name: (version, pinned[name])
        for name, version in versions(path).items()
        if pinned.get(name, version) != version
    }
    assert different == {}


def test_the_page_of_third_parties_names_everything_that_is_listed() -> None:
    page = (ROOT / "assets" / "licences" / "THIRD-PARTY.md").read_text("utf-8")
    named = {plain(word) for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", page)}
    assert sorted({plain(name) for name in lock.names(LISTS[0])} - named) == []
