"""What other programs may do."""

from __future__ import annotations

from typing import Final

from thimble.settings_table.setting import QT_TRANSLATE_NOOP, Kind, Setting

_TITLE: Final = QT_TRANSLATE_NOOP("Settings", "For other programs")

PROGRAMS: Final[tuple[Setting, ...]] = (
    Setting(
        "programs.on",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Answer other programs"),
        QT_TRANSLATE_NOOP("Settings", "Programs on this computer that know the key may use your models."),
        Kind.SWITCH,
        False,
    ),
    Setting(
        "programs.port",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Port"),
        QT_TRANSLATE_NOOP("Settings", "The last part of the address; change it when another program has it."),
        Kind.INTEGER,
        8080,
        minimum=1024,
        maximum=65535,
        grouped=False,
    ),
    Setting(
        "programs.lan",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Answer the whole network"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Other computers with the key may ask, too. Nothing is encrypted on the way: only for networks you trust.",
        ),
        Kind.SWITCH,
        False,
    ),
    Setting(
        "programs.origins",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Web pages that may ask"),
        QT_TRANSLATE_NOOP(
            "Settings", "Addresses with commas between, such as http://localhost:3000. All other pages are refused."
        ),
        Kind.LINE,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "No page"),
    ),
)
