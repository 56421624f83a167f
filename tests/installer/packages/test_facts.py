"""What every package says of itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import thimble
from installer.errors import InstallerError
from installer.packages import facts
from installer.packages.facts import Workshop
from installer.places import ROOT
from thimble.ui.app import DESKTOP_FILE


def test_the_version_is_the_programs() -> None:
    assert facts.version(ROOT) == thimble.__version__


def test_the_window_says_the_name_that_desktops_know() -> None:
    assert facts.APP_ID == DESKTOP_FILE


def test_a_given_time_wins_over_the_last_commits(monkeypatch: pytest.MonkeyPatch, workshop: Workshop) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12345")
    assert facts.epoch(workshop.root) == 12345
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert facts.epoch(workshop.root) > 1_600_000_000


def test_architectures_have_debians_names() -> None:
    assert (facts.debian_architecture("x86_64"), facts.debian_architecture("AArch64")) == ("amd64", "arm64")
    with pytest.raises(InstallerError, match="riscv64"):
        facts.debian_architecture("riscv64")


def test_a_file_with_two_names_takes_its_room_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(100))
    os.link(tmp_path / "one", tmp_path / "two")
    (tmp_path / "three").symlink_to("one")
    assert facts.size(tmp_path) == 100


def test_what_grew_too_big_fails_the_build() -> None:
    facts.check_budget("It", 250_000_000, facts.DOWNLOAD_BUDGET)
    with pytest.raises(InstallerError, match=r"It is 251 MB, more than the 250 MB"):
        facts.check_budget("It", 251_000_000, facts.DOWNLOAD_BUDGET)
