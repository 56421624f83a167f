"""Figures as people read them: binary sizes, rates, counts. "—" stands for what is not known."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QLocale

from thimble.settings_table import GIB, MIB

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


def unloaded_after(minutes: int) -> str:
    """Why a model is not in memory: "unloaded after 10 minutes idle"."""
    translate = QCoreApplication.translate
    if minutes == 1:
        return translate("Figures", "unloaded after a minute idle")
    return translate("Figures", "unloaded after {0} minutes idle").format(count(minutes))


def milliseconds(seconds: float) -> str:
    """A very short time: "0.42 ms"."""
    return f"{fixed(1000 * seconds, 2)} ms"


def speed(bytes_per_second: float) -> str:
    """How fast something comes: "38 MiB/s"."""
    return f"{size(bytes_per_second)}/s" if bytes_per_second > 0 else UNKNOWN


def time_left(seconds: float) -> str:
    """A time until something is over, no more exact than it can be known: "35 s", "4 min", "2 h 10 min"."""
    if seconds < 55:
        return f"{fixed(max(1, round(seconds / 5) * 5 if seconds > 10 else round(seconds)), 0)} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{fixed(minutes, 0)} min"
    if minutes < 48 * 60:
        return f"{fixed(minutes // 60, 0)} h {fixed(minutes % 60, 0)} min"
    return QCoreApplication.translate("Figures", "{0} days").format(fixed(minutes / 1440, 0))


def rough_duration(seconds: float) -> str:
    """How long something will about take: "8 s", "3 min"."""
    if seconds < 90:
        return QCoreApplication.translate("Figures", "{0} s").format(max(1, round(seconds)))
    return QCoreApplication.translate("Figures", "{0} min").format(round(seconds / 60))


def fixed(value: float, digits: int) -> str:
    """A number with so many digits behind the point, or comma."""
    # the binding refuses an int here
    return QLocale().toString(float(value), "f", digits)
