"""What every package says of itself, and where the build works."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installer.errors import InstallerError
from installer.places import Places

APP_ID: Final = "app.thimble.Thimble"
NAME: Final = "thimble"
MAINTAINER: Final = "The Thimble developers <thimble@localhost>"
SUMMARY: Final = "assistant that runs language models within a memory limit"

DOWNLOAD_BUDGET: Final = 250_000_000
"""Bytes that a .deb or a tarball may have; the build fails above."""
INSTALLED_BUDGET: Final = 370_000_000
"""Bytes that the program's folder may take on the disk."""

_DEBIAN_NAMES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_VERSION: Final = re.compile(r'^__version__: Final = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True)
class Workshop:
    """The folders of a build.

    Attributes:
        root: the checkout.
        folder: everything that is made.
    """

    root: Path
    folder: Path

    @classmethod
    def of(cls, places: Places) -> Workshop:
        """That of a checkout."""
        return cls(places.root, places.scratch / "package")

    @property
    def program(self) -> Path:
        """The program's folder, as it is installed."""
        return self.folder / "program" / NAME

    @property
    def internals(self) -> Path:
        """What lies beside the program: libraries, modules, data."""
        return self.program / "_internal"

    @property
    def licences(self) -> Path:
        """Licence texts, where the program's own window shows them."""
        return self.internals / NAME / "assets" / "licences"

    @property
    def products(self) -> Path:
        """What is given to people."""
        return self.folder / "products"

    @property
    def sources(self) -> Path:
        """This package's own files: entries, recipes, texts."""
        return self.root / "installer" / "packages"

    def scratch(self, name: str) -> Path:
        """An empty folder for a step."""
        from installer.sdist import remove_tree

        made = self.folder / name
        if made.exists():
            remove_tree(made)
        made.mkdir(parents=True)
        return made


def version(root: Path) -> str:
    """Thimble's version."""
    found = _VERSION.search((root / "app" / NAME / "__init__.py").read_text(encoding="utf-8"))
    if found is None:
        raise InstallerError("app/thimble/__init__.py says no version.")
    return found[1]


def epoch(root: Path) -> int:
    """The time that everything in a package bears, seconds: SOURCE_DATE_EPOCH, or the last commit's."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if given.isdigit():
        return int(given)
    done = subprocess.run(
        ["git", "-C", str(root), "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False
    )
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip().isdigit() else 1_700_000_000


def debian_architecture(machine: str = "") -> str:
    """Debian's name of this machine's architecture.

    Raises:
        InstallerError: packages are made for x86-64 and 64-bit ARM only.
    """
    machine = (machine or platform.machine()).lower()
    try:
        return _DEBIAN_NAMES[machine]
    except KeyError:
        raise InstallerError(f"There are no packages for {machine} processors.") from None


def product_name(root: Path) -> str:
    """How the products' files begin."""
    system = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
    return f"{NAME}-{version(root)}-{system}-{platform.machine().lower()}"


def size(folder: Path) -> int:
    """Bytes of all files below; a file with two names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        told = path.stat()
        if (told.st_dev, told.st_ino) not in seen:
            seen.add((told.st_dev, told.st_ino))
            total += told.st_size
    return total


def check_budget(what: str, taken: int, budget: int) -> None:
    """Fails the build when something has grown too big.

    Raises:
        InstallerError: it has.
    """
    if taken > budget:
        raise InstallerError(
            f"{what} is {taken / 1e6:.0f} MB, more than the {budget / 1e6:.0f} MB it may be; look at what was added."
        )
