"""What an answer is made with."""

from __future__ import annotations

from typing import Final

from thimble.settings_table.setting import AUTOMATIC, QT_TRANSLATE_NOOP, Kind, Scope, Setting

_TITLE: Final = QT_TRANSLATE_NOOP("Settings", "Answers")

ANSWERS: Final[tuple[Setting, ...]] = (
    Setting(
        "answers.system_prompt",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "System prompt"),
        QT_TRANSLATE_NOOP("Settings", "Instructions the model reads before every conversation; empty for none."),
        Kind.TEXT,
        "You are a helpful assistant.",
        Scope.CONVERSATION,
    ),
    Setting(
        "answers.temperature",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Temperature"),
        QT_TRANSLATE_NOOP(
            "Settings", "Higher is more varied, lower is more predictable; 0 always takes the likeliest token."
        ),
        Kind.DECIMAL,
        0.6,
        Scope.CONVERSATION,
        minimum=0,
        maximum=2,
        step=0.1,
    ),
    Setting(
        "answers.repeat_penalty",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Repetition penalty"),
        QT_TRANSLATE_NOOP("Settings", "Above 1, words that were just used become less likely; 1 changes nothing."),
        Kind.DECIMAL,
        1.0,
        Scope.CONVERSATION,
        minimum=1,
        maximum=2,
        step=0.05,
    ),
    Setting(
        "answers.max_tokens",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Longest answer"),
        QT_TRANSLATE_NOOP(
            "Settings", "Tokens after which an answer stops; automatic lets it run until the context is full."
        ),
        Kind.INTEGER,
        0,
        Scope.CONVERSATION,
        minimum=16,
        maximum=1_048_576,
        step=16,
        automatic=AUTOMATIC,
    ),
    Setting(
        "answers.context_full",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "When the context is full"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Whether the model goes on without the oldest messages, or stops and says how long the chat is.",
        ),
        Kind.CHOICE,
        "drop_oldest",
        Scope.CONVERSATION,
        choices=(
            ("drop_oldest", QT_TRANSLATE_NOOP("Settings", "Leave out the oldest")),
            ("error", QT_TRANSLATE_NOOP("Settings", "Stop")),
        ),
    ),
    Setting(
        "answers.passages",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Passages per question"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "At most so many passages of searched files go with a question. More of them take longer to read.",
        ),
        Kind.INTEGER,
        6,
        Scope.CONVERSATION,
        minimum=1,
        maximum=40,
    ),
    Setting(
        "answers.thinking",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Thinking"),
        QT_TRANSLATE_NOOP(
            "Settings", "Whether a model that can reason does so before it answers; thoughts take time and context."
        ),
        Kind.CHOICE,
        "auto",
        Scope.CONVERSATION,
        choices=(
            ("auto", QT_TRANSLATE_NOOP("Settings", "As the model wants")),
            ("on", QT_TRANSLATE_NOOP("Settings", "On")),
            ("off", QT_TRANSLATE_NOOP("Settings", "Off")),
        ),
    ),
    Setting(
        "answers.reasoning_budget",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Longest thoughts"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Tokens after which a model that reasons has to begin its answer: Thimble ends the thoughts for it.",
        ),
        Kind.INTEGER,
        0,
        Scope.CONVERSATION,
        minimum=16,
        maximum=1_048_576,
        step=16,
        automatic=QT_TRANSLATE_NOOP("Settings", "Any number"),
    ),
    Setting(
        "answers.top_k",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Top-k"),
        QT_TRANSLATE_NOOP("Settings", "Only so many of the likeliest tokens are considered; 0 considers all."),
        Kind.INTEGER,
        40,
        Scope.CONVERSATION,
        minimum=0,
        maximum=1000,
        step=1,
    ),
    Setting(
        "answers.top_p",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Top-p"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Only the likeliest tokens that together reach this probability count; 1 counts all.",
        ),
        Kind.DECIMAL,
        0.95,
        Scope.CONVERSATION,
        minimum=0,
        maximum=1,
        step=0.05,
    ),
    Setting(
        "answers.min_p",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Min-p"),
        QT_TRANSLATE_NOOP(
            "Settings", "Tokens less likely than this share of the likeliest one are left out; 0 leaves none out."
        ),
        Kind.DECIMAL,
        0.05,
        Scope.CONVERSATION,
        minimum=0,
        maximum=1,
        step=0.01,
    ),
    Setting(
        "answers.presence_penalty",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Presence penalty"),
        QT_TRANSLATE_NOOP(
            "Settings", "Above 0, words that occurred in the answer become less likely; 0 changes nothing."
        ),
        Kind.DECIMAL,
        0.0,
        Scope.CONVERSATION,
        minimum=-2,
        maximum=2,
        step=0.1,
    ),
    Setting(
        "answers.frequency_penalty",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Frequency penalty"),
        QT_TRANSLATE_NOOP(
            "Settings", "Above 0, words become less likely each time they occur in the answer; 0 changes nothing."
        ),
        Kind.DECIMAL,
        0.0,
        Scope.CONVERSATION,
        minimum=-2,
        maximum=2,
        step=0.1,
    ),
    Setting(
        "answers.seed",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Seed"),
        QT_TRANSLATE_NOOP(
            "Settings", "The same seed and the same words give the same answer; random makes each one different."
        ),
        Kind.INTEGER,
        0,
        Scope.CONVERSATION,
        minimum=1,
        maximum=2_147_483_647,
        step=1,
        automatic=QT_TRANSLATE_NOOP("Settings", "Random"),
    ),
    Setting(
        "answers.form",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Form of the answer"),
        QT_TRANSLATE_NOOP(
            "Settings", "Free text, a JSON object, or what your own grammar allows; anything else is ruled out."
        ),
        Kind.CHOICE,
        "text",
        Scope.CONVERSATION,
        choices=(
            ("text", QT_TRANSLATE_NOOP("Settings", "Text")),
            ("json", "JSON"),
            ("grammar", QT_TRANSLATE_NOOP("Settings", "By the grammar below")),
        ),
    ),
    Setting(
        "answers.grammar",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Grammar"),
        QT_TRANSLATE_NOOP("Settings", "GBNF with a rule named “root”; used when the form of the answer says so."),
        Kind.TEXT,
        "",
        Scope.CONVERSATION,
    ),
    Setting(
        "answers.titles",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Titles of chats"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "From your first words, or by the model after its first answer, which keeps it busy for a moment.",
        ),
        Kind.CHOICE,
        "words",
        choices=(
            ("words", QT_TRANSLATE_NOOP("Settings", "From the first words")),
            ("model", QT_TRANSLATE_NOOP("Settings", "By the model")),
        ),
    ),
    Setting(
        "answers.follow_ups",
        _TITLE,
        QT_TRANSLATE_NOOP("Settings", "Suggested questions"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "After an answer the model suggests what you could ask next; that costs a second, short answer each time.",
        ),
        Kind.SWITCH,
        False,
    ),
)
