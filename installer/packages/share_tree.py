"""What desktops read: entry, icons, file type, metainfo and manual page, as a `share` folder."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Final

from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages.facts import APP_ID, NAME, Workshop, epoch, version
from installer.process import run_logged, which

ICON_SIZES: Final = (16, 22, 24, 32, 48, 64, 128, 256, 512)

_DRAW: Final = """
import sys
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter, Qt
from PySide6.QtSvg import QSvgRenderer
app = QGuiApplication(["icons"])
drawing = QSvgRenderer(sys.argv[1])
assert drawing.isValid()
for name in sys.argv[2:]:
    side = int(name.rpartition("/")[0].rpartition("/")[0].rpartition("/")[2].partition("x")[0])
    image = QImage(QSize(side, side), QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    drawing.render(painter)
    painter.end()
    assert image.save(name)
"""


def make(workshop: Workshop, environment: Environment) -> Path:
    """Makes the folder.

    Args:
        workshop: the checkout.
        environment: has Qt, which draws the icons.

    Returns:
        `share`.
    """
    share = workshop.scratch("share")
    own = workshop.sources / "share"
    _write(share / "applications" / f"{APP_ID}.desktop", (own / f"{APP_ID}.desktop").read_text(encoding="utf-8"))
    _write(share / "mime" / "packages" / f"{APP_ID}.xml", (own / f"{APP_ID}.mime.xml").read_text(encoding="utf-8"))
    for source, target in (
        (own / f"{APP_ID}.metainfo.xml", share / "metainfo" / f"{APP_ID}.metainfo.xml"),
        (own / f"{NAME}.1", share / "man" / "man1" / f"{NAME}.1"),
    ):
        _write(target, filled(workshop, source.read_text(encoding="utf-8")))
    page = share / "man" / "man1" / f"{NAME}.1"
    page.with_suffix(".1.gz").write_bytes(gzip.compress(page.read_bytes(), 9, mtime=0))
    page.unlink()
    drawing = workshop.root / "assets" / "icons" / f"{NAME}.svg"
    icons = share / "icons" / "hicolor"
    scalable = icons / "scalable" / "apps" / f"{APP_ID}.svg"
    scalable.parent.mkdir(parents=True)
    scalable.write_bytes(drawing.read_bytes())
    sizes = [icons / f"{side}x{side}" / "apps" / f"{APP_ID}.png" for side in ICON_SIZES]
    for path in sizes:
        path.parent.mkdir(parents=True)
    command = [str(environment.python), "-c", _DRAW, str(drawing), *map(str, sizes)]
    code, output = run_logged(command, env={"QT_QPA_PLATFORM": "offscreen"})
    if code != 0:
        raise InstallerError(f"The icons could not be drawn: {output.strip()[-200:]}")
    return share


def filled(workshop: Workshop, text: str) -> str:
    """A template with version and date in it."""
    date = time.strftime("%Y-%m-%d", time.gmtime(epoch(workshop.root)))
    return text.replace("@VERSION@", version(workshop.root)).replace("@DATE@", date)


def problems(share: Path) -> list[str]:
    """What the desktops' own checkers say against it; those that are not installed say nothing."""
    entry, metainfo = share / "applications" / f"{APP_ID}.desktop", share / "metainfo" / f"{APP_ID}.metainfo.xml"
    found: list[str] = []
    for command in (
        ["desktop-file-validate", str(entry)],
        ["appstreamcli", "validate", "--no-net", str(metainfo)],
    ):
        if which(command[0]) is None:
            continue
        code, output = run_logged(command)
        if code != 0:
            found.append(f"{command[0]}: {output.strip()}")
    return found


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
