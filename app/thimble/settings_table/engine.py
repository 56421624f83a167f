"""How a model is loaded, and what it may take."""

from __future__ import annotations

from typing import Final

from thimble.settings_table.setting import AUTOMATIC, GIB, MIB, QT_TRANSLATE_NOOP, Kind, Scope, Setting

_TITLE: Final = QT_TRANSLATE_NOOP("Settings", "Engine")

_CACHE_TYPES: Final = tuple((name, name) for name in ("f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"))
"""All of `protocol.CacheType`."""

ENGINE: Final[tuple[Setting, ...]] = (
    Setting(
        "engine.memory_limit",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Memory limit"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "The most memory the engine may use. Of a Mixture-of-Experts model, experts that do not fit stay on disk.",
        ),
        Kind.BYTES,
        0,
        Scope.MODEL,
        minimum=64 * MIB,
        maximum=1024 * GIB,
        step=256 * MIB,
        automatic=QT_TRANSLATE_NOOP("Settings", "What is free"),
        reload_model=True,
    ),
    Setting(
        "engine.expert_cache",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Expert cache"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Memory for this model's experts alone; the others stay on disk. Automatic: all that the limit leaves.",
        ),
        Kind.BYTES,
        0,
        Scope.MODEL_ONLY,
        minimum=MIB,
        maximum=1024 * GIB,
        step=MIB,
        automatic=AUTOMATIC,
        reload_model=True,
        needs_experts=True,
    ),
    Setting(
        "engine.context",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Context length"),
        QT_TRANSLATE_NOOP(
            "Settings", "How many tokens of a conversation the model can see at once; more takes more memory."
        ),
        Kind.INTEGER,
        4096,
        Scope.MODEL,
        minimum=256,
        maximum=1_048_576,
        step=256,
        reload_model=True,
    ),
    Setting(
        "engine.cache_k",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Keys in the context"),
        QT_TRANSLATE_NOOP(
            "Settings", "How the context's keys are kept: fewer bits take less memory and are a little less exact."
        ),
        Kind.CHOICE,
        "f16",
        Scope.MODEL,
        choices=_CACHE_TYPES,
        reload_model=True,
    ),
    Setting(
        "engine.cache_v",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Values in the context"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "How the context's values are kept; fewer than 16 bits need flash attention, which a few models lack.",
        ),
        Kind.CHOICE,
        "f16",
        Scope.MODEL,
        choices=_CACHE_TYPES,
        reload_model=True,
    ),
    Setting(
        "engine.threads",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Threads"),
        QT_TRANSLATE_NOOP("Settings", "Processor threads for the model; automatic uses one for each physical core."),
        Kind.INTEGER,
        0,
        Scope.MODEL,
        minimum=1,
        maximum=256,
        automatic=AUTOMATIC,
        reload_model=True,
    ),
    Setting(
        "engine.unload_after",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Unload when idle"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "After so many minutes without a question the model is unloaded; the next question loads it again.",
        ),
        Kind.INTEGER,
        0,
        Scope.MODEL,
        minimum=1,
        maximum=1440,
        step=5,
        automatic=QT_TRANSLATE_NOOP("Settings", "Never"),
    ),
    Setting(
        "engine.pictures",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Pictures"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Models with a projector file beside them can see pictures; it takes memory while they are loaded.",
        ),
        Kind.SWITCH,
        True,
        Scope.MODEL,
        reload_model=True,
    ),
    Setting(
        "engine.projector",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Projector"),
        QT_TRANSLATE_NOOP(
            "Settings", "The mmproj file by which this model sees; automatic takes the one beside the model."
        ),
        Kind.FILE,
        "",
        Scope.MODEL_ONLY,
        automatic=AUTOMATIC,
        reload_model=True,
    ),
    Setting(
        "engine.approximate_head",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Approximate head"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Faster, but answers may differ: only words that the model file's own predictor expects can be chosen.",
        ),
        Kind.SWITCH,
        False,
        Scope.MODEL,
        reload_model=True,
        needs_predictor=True,
    ),
)
