"""Phosphor icons, drawn from QtAwesome's font in the theme's colours of the moment.

QtAwesome's own module is not imported: it loads a dozen icon fonts and takes a quarter of a second, a third of the
time the whole window has to appear. Its Phosphor font and the map of names are all we need of it.
"""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

log = logging.getLogger(__name__)

PREFIX = "ph."
GLYPH_SHARE = 0.94
"""Height of the glyph in the icon's square."""


@lru_cache(maxsize=1)
def _fonts_folder() -> Path | None:
    spec = importlib.util.find_spec("qtawesome")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / "fonts" if places else None


@lru_cache(maxsize=1)
def glyphs() -> dict[str, str]:
    """Icon name without prefix → character; empty when the font is not installed."""
    folder = _fonts_folder()
    files = sorted(folder.glob("phosphor-charmap-*.json")) if folder else []
    if not files:
        log.warning("the Phosphor icons are not installed")
        return {}
    return {name: chr(int(code, 16)) for name, code in json.loads(files[-1].read_text("utf-8")).items()}


@lru_cache(maxsize=1)
def family() -> str:
    """The font's family, registered with the application on first use."""
    folder = _fonts_folder()
    files = sorted(folder.glob("phosphor-[0-9]*.ttf")) if folder else []
    if not files:
        return ""
    families = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(files[-1])))
    return families[0] if families else ""


def draw(painter: QPainter, rect: QRect, name: str, colour: QColor) -> None:
    """Draws one icon centred in `rect`; at the left of a rect that is wider than high."""
    glyph = glyphs().get(name.removeprefix(PREFIX), "")
    font = QFont(family())
    font.setPixelSize(max(1, round(min(rect.width(), rect.height()) * GLYPH_SHARE)))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.setFont(font)
    painter.setPen(colour)
    square = QRect(rect.left(), rect.top(), min(rect.width(), rect.height()), rect.height())
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, glyph)
    painter.restore()


class PhosphorEngine(QIconEngine):
    """Draws a glyph in the colour that `colour(mode, state)` names at that moment: a new theme needs no new icons."""

    def __init__(self, name: str, colour: Callable[[QIcon.Mode, QIcon.State], QColor]) -> None:
        super().__init__()
        self._name = name
        self._colour = colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draws the icon."""
        draw(painter, rect, self._name, self._colour(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon on a transparent ground, in device pixels."""
        if size.isEmpty():  # a button that the layout has not given any room yet
            return QPixmap()
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """A copy for a detached QIcon."""
        return PhosphorEngine(self._name, self._colour)
