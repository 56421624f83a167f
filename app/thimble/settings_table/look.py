"""How the window looks."""

from __future__ import annotations

from typing import Final

from thimble.settings_table.setting import QT_TRANSLATE_NOOP, Kind, Setting

_TITLE: Final = QT_TRANSLATE_NOOP("Settings", "Appearance")

LOOK: Final[tuple[Setting, ...]] = (
    Setting(
        "look.theme",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Theme"),
        QT_TRANSLATE_NOOP("Settings", "Light, dark, or whatever the system shows at the moment."),
        Kind.CHOICE,
        "system",
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "Like the system")),
            ("light", QT_TRANSLATE_NOOP("Settings", "Light")),
            ("dark", QT_TRANSLATE_NOOP("Settings", "Dark")),
        ),
    ),
    Setting(
        "look.text_size",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Text size of chats"),
        QT_TRANSLATE_NOOP("Settings", "In percent of the usual size; Ctrl and plus or minus change it, too."),
        Kind.INTEGER,
        100,
        minimum=70,
        maximum=200,
        step=10,
    ),
    Setting(
        "look.answers",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Answers"),
        QT_TRANSLATE_NOOP(
            "Settings", "Formatted, or as the model wrote them, with all marks; each message's menu has both."
        ),
        Kind.CHOICE,
        "formatted",
        choices=(
            ("formatted", QT_TRANSLATE_NOOP("Settings", "Formatted")),
            ("plain", QT_TRANSLATE_NOOP("Settings", "Plain text")),
        ),
    ),
    Setting(
        "look.language",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Language"),
        QT_TRANSLATE_NOOP("Settings", "The language of the window; the model answers in the language you write."),
        Kind.CHOICE,
        "system",
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "Like the system")),
            ("en", "English"),
            ("de", "Deutsch"),
        ),
    ),
    Setting(
        "look.follow",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Follow the answer"),
        QT_TRANSLATE_NOOP("Settings", "Whether the chat moves along while an answer is written."),
        Kind.CHOICE,
        "end",
        choices=(
            ("end", QT_TRANSLATE_NOOP("Settings", "When I am at its end")),
            ("never", QT_TRANSLATE_NOOP("Settings", "Never")),
        ),
    ),
    Setting(
        "look.reduce_motion",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Reduce motion"),
        QT_TRANSLATE_NOOP("Settings", "Changes appear at once instead of easing in."),
        Kind.SWITCH,
        False,
    ),
)
