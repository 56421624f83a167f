"""The catalogue's sentences, marked for the translators: the catalogue itself is data that lupdate does not read."""

from __future__ import annotations

from typing import Final

from thimble.settings_table import QT_TRANSLATE_NOOP

SUMMARIES: Final = (
    QT_TRANSLATE_NOOP("Catalogue", "Made for little memory: experts on disk, answers without long thinking."),
    QT_TRANSLATE_NOOP("Catalogue", "The big sister: knows more, still works where its file does not fit into memory."),
    QT_TRANSLATE_NOOP("Catalogue", "A strong all-rounder that can think before it answers."),
    QT_TRANSLATE_NOOP("Catalogue", "OpenAI's open model: reasoning with adjustable effort."),
    QT_TRANSLATE_NOOP("Catalogue", "Small and quick, with training data and code open to all."),
    QT_TRANSLATE_NOOP("Catalogue", "A chat model of middle size with a very small memory for context."),
    QT_TRANSLATE_NOOP("Catalogue", "IBM's small expert model for summaries, lists and questions about a text."),
    QT_TRANSLATE_NOOP("Catalogue", "Without experts: all of it has to be in memory."),
    QT_TRANSLATE_NOOP("Catalogue", "Small, without experts; can think before it answers."),
)
