"""Figures as people read them: binary sizes, rates, counts. "—" stands for what is not known."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale

from thimble.settings import GIB, MIB

UNKNOWN: Final = "—"
KIB: Final = 2**10


def size(count: float) -> str:
    """A size in GiB, MiB or KiB: "0.35 GiB", "140 MiB"."""
    if count <= 0:
        return UNKNOWN
    locale = QLocale()
    if count >= 0.25 * GIB:
        return f"{locale.toString(count / GIB, 'f', 2)} GiB"
    if count >= MIB:
        return f"{locale.toString(count / MIB, 'f', 0)} MiB"
    return f"{locale.toString(count / KIB, 'f', 0)} KiB"


def of_size(count: float, whole: float) -> str:
    """A part of a size in one unit: "0.35 / 2.00 GiB"."""
    if count <= 0 or whole <= 0:
        return size(count)
    locale = QLocale()
    digits = 2 if whole < 10 * GIB else 1
    return f"{locale.toString(count / GIB, 'f', digits)} / {locale.toString(whole / GIB, 'f', digits)} GiB"


def rate(value: float) -> str:
    """Tokens a second: three figures at most."""
    if value <= 0:
        return UNKNOWN
    return fixed(value, 1 if value < 100 else 0)


def count(value: int) -> str:
    """A whole number in groups of three, as this language writes it."""
    return QLocale().toString(value)


def percent(share: float, digits: int = 0) -> str:
    """A share of 0…1 as "79 %"."""
    return f"{fixed(share * 100, digits)} %"


def parameters(weights: int) -> str:
    """A number of weights: "135 M", "4.3 B"."""
    if weights <= 0:
        return UNKNOWN
    if weights >= 10**9:
        return QCoreApplication.translate("Figures", "{0} B").format(fixed(weights / 10**9, 1))
    return QCoreApplication.translate("Figures", "{0} M").format(fixed(weights / 10**6, 0))


def duration(milliseconds: float) -> str:
    """A short time: "640 ms", "1.2 s"."""
    if milliseconds < 1000:
        return f"{fixed(milliseconds, 0)} ms"
    return f"{fixed(milliseconds / 1000, 1)} s"


def rough_duration(seconds: float) -> str:
    """How long something will about take: "8 s", "3 min"."""
    if seconds < 90:
        return QCoreApplication.translate("Figures", "{0} s").format(max(1, round(seconds)))
    return QCoreApplication.translate("Figures", "{0} min").format(round(seconds / 60))


def fixed(value: float, digits: int) -> str:
    """A number with so many digits behind the point, or comma."""
    # the binding refuses an int here
    return QLocale().toString(float(value), "f", digits)
