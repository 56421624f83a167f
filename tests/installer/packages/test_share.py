"""What desktops read."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from installer.environment import Environment
from installer.packages import share_tree
from installer.packages.facts import APP_ID, Workshop, version
from installer.places import ROOT

OWN = ROOT / "installer" / "packages" / "share"
ODD = 'My "programs" & $(x)\\`y|'


@pytest.fixture
def share(workshop: Workshop, tmp_path: Path) -> Path:
    environment = Environment(tmp_path / "venv", tmp_path)
    environment.programs.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    # a link to an environment's Python finds its packages only beside pyvenv.cfg
    (environment.folder / "pyvenv.cfg").write_text((Path(sys.prefix) / "pyvenv.cfg").read_text())
    (environment.folder / "lib").symlink_to(Path(sys.prefix) / "lib")
    icons = workshop.root / "assets" / "icons"
    icons.mkdir(parents=True)
    (icons / "thimble.svg").write_bytes((ROOT / "assets" / "icons" / "thimble.svg").read_bytes())
    return share_tree.make(workshop, environment)


def test_the_desktops_own_checkers_find_nothing(share: Path) -> None:
    assert share_tree.problems(share) == []


def test_icons_have_their_sizes_and_something_on_them(share: Path) -> None:
    for side in share_tree.ICON_SIZES:
        image = QImage(str(share / "icons" / "hicolor" / f"{side}x{side}" / "apps" / f"{APP_ID}.png"))
        assert (image.width(), image.height()) == (side, side)
        assert image.pixelColor(side // 2, side // 2).alpha() > 0


def test_metainfo_names_this_version(share: Path, workshop: Workshop) -> None:
    component = ET.parse(share / "metainfo" / f"{APP_ID}.metainfo.xml").getroot()  # noqa: S314 - our own file
    release = component.find("releases/release")
    assert release is not None
    assert release.get("version") == version(workshop.root)
    assert component.findtext("launchable") == f"{APP_ID}.desktop"


def test_entry_metainfo_and_file_type_speak_of_the_same_type() -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(OWN / f"{APP_ID}.desktop", "utf-8")
    kind = ET.parse(OWN / f"{APP_ID}.mime.xml").getroot()[0].get("type")  # noqa: S314
    assert entry["Desktop Entry"]["MimeType"] == f"{kind};"
    assert ET.parse(OWN / f"{APP_ID}.metainfo.xml").getroot().findtext("provides/mediatype") == kind  # noqa: S314


@pytest.fixture
def unpacked(share: Path, tmp_path: Path) -> Path:
    """The tarball's folder, in one with an odd name."""
    folder = tmp_path / ODD
    folder.mkdir()
    share.rename(folder / "share")
    script = folder / "integrate.sh"
    script.write_bytes((OWN / "integrate.sh").read_bytes())
    return folder


def integrate(folder: Path, data: Path, *arguments: str) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(data), "XDG_DATA_HOME": str(data)}
    subprocess.run(["sh", str(folder / "integrate.sh"), *arguments], env=env, check=True, capture_output=True)


def test_the_tarballs_entry_starts_the_program_wherever_it_lies(unpacked: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    integrate(unpacked, data)
    entry = (data / "applications" / f"{APP_ID}.desktop").read_text("utf-8")
    line = next(line for line in entry.splitlines() if line.startswith("Exec="))
    # the entry's own rules: `\\` is one backslash in the value, then `\"`, `\$`, `` \` `` and `\\` inside the quotes
    value = line.removeprefix("Exec=").replace("\\\\", "\\")
    assert value.endswith('" %F')
    quoted = value.removesuffix(" %F")[1:-1]
    plain, rest = "", quoted
    while rest:
        taken = rest[1] if rest[0] == "\\" else rest[0]
        rest = rest[2:] if rest[0] == "\\" else rest[1:]
        plain += taken
    assert plain == f"{unpacked}/thimble"


def test_undoing_leaves_nothing(unpacked: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    integrate(unpacked, data)
    integrate(unpacked, data, "remove")
    assert not list(data.rglob(f"{APP_ID}*"))
