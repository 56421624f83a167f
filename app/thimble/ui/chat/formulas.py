"""Formulas as vector pictures: TeX to SVG by ziamath, drawn by Qt. What is no TeX is shown as it was written."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from PySide6.QtCore import QByteArray, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter
from PySide6.QtSvg import QSvgRenderer

log = logging.getLogger(__name__)

LONGEST: Final = 2000
"""Longer TeX is shown as it was written: it would hold up the window."""
MOST_KEPT: Final = 500
_VIEW_BOX: Final = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) (-?[\d.]+) (-?[\d.]+)"')


class Formula:
    """One formula at one size in one colour.

    Attributes:
        tex: its source.
        width, ascent, descent: in pixels.
    """

    def __init__(self, tex: str, font: QFont, code: QFont, colour: QColor, *, display: bool) -> None:
        self.tex = tex
        self._colour = colour
        self._code = code
        self._renderer: QSvgRenderer | None = None
        made = _svg(tex, font.pixelSize() * (1.15 if display else 1.05), colour.name(), display=display)
        box = _VIEW_BOX.search(made) if made else None
        if box is not None:
            _, top, width, height = (float(number) for number in box.groups())
            renderer = QSvgRenderer(QByteArray(made.encode()))
            if renderer.isValid():
                self._renderer = renderer
                self.width, self.ascent, self.descent = width, -top, height + top
                return
        metrics = QFontMetricsF(code)
        self.width, self.ascent, self.descent = metrics.horizontalAdvance(tex), metrics.ascent(), metrics.descent()

    @property
    def is_drawn(self) -> bool:
        """Whether it is a picture, not its source."""
        return self._renderer is not None

    @property
    def height(self) -> float:
        """In pixels."""
        return self.ascent + self.descent

    def draw(self, painter: QPainter, at: QPointF, scale: float = 1.0) -> None:
        """Draws it with its upper left corner at a point."""
        if self._renderer is not None:
            self._renderer.render(painter, QRectF(at.x(), at.y(), self.width * scale, self.height * scale))
            return
        painter.save()
        painter.setFont(self._code)
        painter.setPen(self._colour)
        painter.translate(at)
        painter.scale(scale, scale)
        painter.drawText(QPointF(0, self.ascent), self.tex)
        painter.restore()


class Formulas:
    """The formulas of a conversation, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int, str, bool], Formula] = {}

    def get(self, tex: str, font: QFont, code: QFont, colour: QColor, *, display: bool) -> Formula:
        """The formula for a text in this font."""
        key = (tex, font.pixelSize(), colour.name(), display)
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            found = self._made[key] = Formula(tex, font, code, colour, display=display)
        return found

    def forget(self) -> None:
        """Fonts or colours are others now."""
        self._made.clear()


@lru_cache(maxsize=1)
def _latex() -> Callable[..., Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how it finds its font
        from ziamath.config import config
        from ziamath.zmath import Latex

        config.svg2 = False  # paths where they stand: Qt's SVG knows no symbols to be used elsewhere
        made: Callable[..., Any] = Latex
        return made


def warm_up() -> None:
    """Loads the library, in a job: so that the first formula does not hold up the window for a fifth of a second."""
    with suppress(ImportError):
        _latex()


def _svg(tex: str, size: float, colour: str, *, display: bool) -> str:
    """The picture; "" for what is no TeX, or no TeX that is known."""
    if len(tex) > LONGEST:
        return ""
    try:
        return str(_latex()(tex, size=size, color=colour, inline=not display).svg())
    except Exception as error:  # noqa: BLE001 - models write anything, and the library fails in as many ways
        log.debug("no formula: %r: %s", tex, error)
        return ""
