"""One question asked in many ways: in whole sentences, in keywords, politely, carelessly."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from typing import Final

from assets.tiny.recipe.data.sources import Intent

THING: Final = (
    "what {is} {x}?",
    "what {is} {x}?",
    "explain {x}",
    "explain {x} to me please",
    "tell me about {x}",
    "tell me more about {x}",
    "what does {x} mean?",
    "what do you mean by {x}?",
    "{x}",
    "{x}?",
    "can you explain {x}?",
    "I don't understand {x}",
    "please explain {x} in simple words",
    "I would like to know what {x} {is}",
    "could you tell me what {x} {is}?",
    "what about {x}?",
    "I read about {x}, what {is} that?",
    "what {is} meant by {x}?",
    "information about {x}",
    "help with {x}",
    "what should I know about {x}?",
    "how would you describe {x}?",
)
DOING: Final = (
    "how do I {x}?",
    "how do I {x}?",
    "how can I {x}?",
    "how can I {x}?",
    "how to {x}",
    "how to {x}?",
    "can I {x}?",
    "is it possible to {x}?",
    "I want to {x}",
    "where can I {x}?",
    "where do I {x}?",
    "how does one {x}?",
    "what do I have to do to {x}?",
    "please tell me how to {x}",
    "show me how to {x}",
    "I would like to {x}",
    "is there a way to {x}?",
    "I need to {x}",
    "{x}",
    "help me to {x}",
    "what is the best way to {x}?",
    "how would I {x}?",
    "could you tell me how to {x}?",
    "I am trying to {x}, how does that work?",
    "what must I press to {x}?",
    "which steps are needed to {x}?",
)
WHY: Final = (
    "explain why {x}",
    "why is it that {x}?",
    "tell me why {x}",
    "can you explain why {x}?",
    "do you know why {x}?",
    "I wonder why {x}",
    "how come {x}?",
    "what is the reason that {x}?",
    "I would like to know why {x}",
    "how does it come that {x}?",
    "please explain to me why {x}",
    "could you tell me why {x}?",
)
BEFORE: Final = (
    "hi, ",
    "hello, ",
    "hey, ",
    "hello guide, ",
    "please: ",
    "quick question: ",
    "one question, ",
    "sorry, ",
    "ok, ",
    "and ",
    "so ",
    "good morning, ",
    "excuse me, ",
    "I have a question: ",
    "could you help me? ",
    "tell me, ",
    "I wonder, ",
)
POLITE: Final = (" please", ", please", " thanks", ", thanks")
AFTER: Final = (
    *POLITE,
    " in Thimble",
    " in this app",
    " here",
    " with Thimble",
    " in this program",
)
SHORTER: Final = (
    ("what is ", "what's "),
    ("where is ", "where's "),
    ("how is ", "how's "),
    ("do not ", "don't "),
    ("does not ", "doesn't "),
    ("can not ", "can't "),
    ("cannot ", "can't "),
    ("I am ", "I'm "),
    ("I would ", "I'd "),
    ("it is ", "it's "),
    ("is not ", "isn't "),
    ("please", "pls"),
    ("you ", "u "),
)
_ASKING: Final = re.compile(
    r"(?i)^(what|whats|what's|who|where|when|why|how|which|is|are|can|do|does|did|will|would|should|may|must|could|has|have)\b"
)

_SLOT: Final = re.compile(r"\{(\w+)\}")
_ARTICLE: Final = re.compile(r"\b([aA]) ([aeio])(?=[a-z])")


def is_plural(thing: str) -> bool:
    """Whether "are" goes with it."""
    last = thing.split(maxsplit=1)[0] if thing.split()[1:2] == ["of"] else thing.rsplit(maxsplit=1)[-1]
    return (last.endswith("s") and not last.endswith(("ss", "us", "is", "ls", "ms", "as"))) or " and " in thing


def plain(question: str) -> str:
    """What makes two questions the same: letters and digits only, small."""
    return " ".join(re.sub(r"[^a-z0-9+*/=]+", " ", question.lower()).split())


def templated(intent: Intent) -> list[str]:
    """Its things, doings and clauses in all templates."""
    made = []
    for thing in intent.things:
        verb = "are" if is_plural(thing) else "is"
        made += [template.format(x=thing, **{"is": verb}) for template in THING]
    for doing in intent.doings:
        made += [template.format(x=doing) for template in DOING]
    for clause in intent.clauses:
        made += [template.format(x=clause) for template in WHY]
    return made


def with_mark(question: str) -> str:
    """A question mark where a question has none."""
    if question[-1] in ".!?" or not _ASKING.match(question):
        return question
    return f"{question}?"


def carelessly(word: str, dice: random.Random) -> str:
    """A word with one slip of the finger: a letter missing, doubled, or two changed."""
    place = dice.randrange(1, len(word) - 1)
    kind = dice.randrange(3)
    if kind == 0:
        return word[:place] + word[place + 1 :]
    if kind == 1:
        return word[:place] + word[place] + word[place:]
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def varied(question: str, dice: random.Random, after: Sequence[str] = AFTER) -> str:
    """The same question as another person might type it; `after` are words that may stand at its end."""
    text = with_mark(question)
    if dice.random() < 0.25:
        for long, short in dice.sample(SHORTER, 6):
            text = text.replace(long, short)
    if dice.random() < 0.12 and len(text.split()) > 2:
        text = dice.choice(BEFORE) + text
    if dice.random() < 0.10 and len(text.split()) > 2:
        mark = text[-1] if text[-1] in "?!." else ""
        text = text.removesuffix(mark) + dice.choice(after) + mark
    if dice.random() < 0.12:
        words = text.split(" ")
        long_ones = [place for place, word in enumerate(words) if len(word) > 4 and word.isalpha()]
        if long_ones:
            place = dice.choice(long_ones)
            words[place] = carelessly(words[place], dice)
            text = " ".join(words)
    way = dice.random()
    if way < 0.35:
        text = text.lower()
    elif way < 0.75:
        text = text[0].upper() + text[1:]
    if dice.random() < 0.25:
        text = text.rstrip("?")
    return text.strip()


def forms(intent: Intent, count: int, dice: random.Random, after: Sequence[str] = AFTER) -> list[str]:
    """So many ways to ask for this intent, all different; each written question comes once at least.

    Fewer when there are not so many.
    """
    own = [*intent.questions, *intent.things, *intent.doings]
    chosen = [varied(question, dice, after) for question in own]
    pool = templated(intent)
    dice.shuffle(pool)
    share = max(0, count - len(chosen))
    chosen += [varied(question, dice, after) for question in pool[: share * 3 // 5]]
    seen = dict.fromkeys(chosen)
    for _ in range(count * 4):
        if len(seen) >= count:
            break
        seen.setdefault(varied(dice.choice(intent.questions or own), dice, after))
    return [text for text in seen if text]


def filled(questions: Iterable[str], slots: dict[str, list[str]], most: int, dice: random.Random) -> list[str]:
    """Questions with a word in each place: each question at most so often, with words of its own each time."""
    made: dict[str, None] = {}
    for question in questions:
        names = _SLOT.findall(question)
        decks = {name: dice.sample(slots[name], min(most, len(slots[name]))) for name in names}
        for number in range(max(map(len, decks.values()), default=1)):
            text = question
            for place, name in enumerate(names):  # two places for one list get two words of it
                text = text.replace(f"{{{name}}}", decks[name][(number + place) % len(decks[name])], 1)
            made[_ARTICLE.sub(r"\1n \2", text)] = None
    return list(made)
