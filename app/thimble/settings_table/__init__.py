"""Every setting, declared once, in the order of the settings page; a module for each of its headings.

Titles and sentences are English source texts marked for translation; the window translates them when it draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from thimble.settings_table.answers import ANSWERS
from thimble.settings_table.engine import ENGINE
from thimble.settings_table.files import FILES
from thimble.settings_table.look import LOOK
from thimble.settings_table.programs import PROGRAMS
from thimble.settings_table.setting import GIB, MIB, QT_TRANSLATE_NOOP, Kind, Scope, Setting, Value

__all__ = [
    "BY_KEY",
    "GIB",
    "MIB",
    "OF_A_MODEL",
    "QT_TRANSLATE_NOOP",
    "RECOMMENDED",
    "SETTINGS",
    "Kind",
    "Scope",
    "Setting",
    "Value",
]

SETTINGS: Final[tuple[Setting, ...]] = (*ENGINE, *ANSWERS, *LOOK, *PROGRAMS, *FILES)

RECOMMENDED: Final[Mapping[str, Mapping[str, Value]]] = {
    # So small a model wanders off at any temperature, and goes in circles without one.
    "SmolLM2-135M-Instruct.Q4_1": {"answers.temperature": 0.0, "answers.repeat_penalty": 1.1},
    # It was trained without a system prompt, and wanders off like any small model; only its stories should differ, and
    # their steps are so equally likely that little is enough. All of it would fit into memory: two fifths of its
    # experts do, so that one can see the others come from disk.
    "thimble-guide": {
        "answers.temperature": 0.2,
        "answers.system_prompt": "",
        "engine.expert_cache": 7 * MIB,
    },
}
"""By model id: what suits a model better than the default; anything a person chose wins."""

OF_A_MODEL: Final[tuple[Setting, ...]] = (
    Setting("model.name", "", "", "", Kind.LINE, "", Scope.MODEL),
    Setting("model.chat_template", "", "", "", Kind.TEXT, "", Scope.MODEL, reload_model=True),
)
"""What only one model can have; its card has places of their own for them. "" is what its file says."""

BY_KEY: Final[Mapping[str, Setting]] = {setting.key: setting for setting in (*SETTINGS, *OF_A_MODEL)}
