"""Where things are kept, and what may be fetched."""

from __future__ import annotations

from typing import Final

from thimble.settings_table.setting import AUTOMATIC, QT_TRANSLATE_NOOP, Kind, Setting

_TITLE: Final = QT_TRANSLATE_NOOP("Settings", "Files and network")

FILES: Final[tuple[Setting, ...]] = (
    Setting(
        "files.models_folder",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Models folder"),
        QT_TRANSLATE_NOOP("Settings", "Where models are kept; GGUF files you put there appear on the Models page."),
        Kind.FOLDER,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "Thimble's own folder"),
    ),
    Setting(
        "files.hub_cache",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Download folder"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Where downloaded models go. Hugging Face's own folder is shared with other programs: one copy for all.",
        ),
        Kind.FOLDER,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "Shared Hugging Face folder"),
    ),
    Setting(
        "files.copies_folder",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Readable copies of chats"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "In this folder each chat is kept as a Markdown file, too, after every change. Thimble never reads it.",
        ),
        Kind.FOLDER,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "None"),
    ),
    Setting(
        "files.speech_model",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Speech model"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Writes down what you say: a Whisper model, such as ggml-base.bin; else the smallest in the models folder.",
        ),
        Kind.FILE,
        "",
        automatic=AUTOMATIC,
        files="ggml-*.bin",
    ),
    Setting(
        "files.hub_endpoint",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Model hub"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Where models are found; enter a mirror's address where huggingface.co is out of reach.",
        ),
        Kind.LINE,
        "",
        automatic="huggingface.co",
    ),
    Setting(
        "files.offline",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Work offline"),
        QT_TRANSLATE_NOOP("Settings", "Thimble opens no connection beyond this computer; downloads are refused."),
        Kind.SWITCH,
        False,
    ),
)
