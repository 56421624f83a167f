"""A small program's folder in place of the frozen one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from installer.packages.facts import Workshop
from installer.places import ROOT


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A build whose program is two files."""
    made = Workshop(tmp_path / "checkout", tmp_path / "checkout" / ".thimble" / "package")
    shutil.copytree(ROOT / "installer" / "packages", made.sources)
    for name in ("LICENSE", "CHANGELOG.md", "pyproject.toml"):
        shutil.copyfile(ROOT / name, made.root / name)
    (made.root / "app" / "thimble").mkdir(parents=True)
    shutil.copyfile(ROOT / "app" / "thimble" / "__init__.py", made.root / "app" / "thimble" / "__init__.py")
    made.internals.mkdir(parents=True)
    (made.program / "thimble").write_bytes(b"#!/bin/sh\necho thimble\n")
    (made.internals / "data.txt").write_text("data")
    return made
