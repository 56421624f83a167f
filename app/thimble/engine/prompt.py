"""From messages to tokens, where only the template may write control tokens.

A message that holds the text of one ("<|im_end|>", pasted or meant to deceive) is read as these characters; otherwise
anybody whose words reach a prompt could end the turn and go on as the system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thimble.engine.template import ChatTemplate
from thimble.engine.vocabulary import Vocabulary

_MARKS: Final = tuple(map(chr, range(0xF7E00, 0xF7F00)))
"""Characters for private use, of which one that no message holds breaks up what looks like a control token."""
_WORDS: Final = ("content", "name")

Message = dict[str, Any]


def prompt_tokens(
    vocabulary: Vocabulary,
    template: ChatTemplate,
    messages: Sequence[Message],
    *,
    continue_final: bool = False,
    variables: Mapping[str, Any] | None = None,
) -> list[int]:
    """The prompt's tokens; see `ChatTemplate.render` for the arguments.

    Raises:
        ThimbleError: the template refused the messages.
    """
    words = [str(message.get(key) or "") for message in messages for key in _WORDS]
    control = vocabulary.control
    if not any(map(control.search, words)):
        return vocabulary.tokenize(template.render(messages, continue_final=continue_final, variables=variables))
    mark = next(mark for mark in _MARKS if not any(mark in word for word in words))

    def broken_up(value: object) -> object:
        return control.sub(lambda found: found[0][0] + mark + found[0][1:], value) if isinstance(value, str) else value

    marked = [
        {key: broken_up(message[key]) if key in _WORDS else message[key] for key in message} for message in messages
    ]
    text = template.render(marked, continue_final=continue_final, variables=variables)
    tokens: list[int] = []
    begun = 0
    for start, end in _between(text, [found.span() for found in control.finditer(text)]):
        if mark in text[start:end]:
            tokens += vocabulary.tokenize(text[begun:start], add_bos=not tokens)
            tokens += vocabulary.tokenize(text[start:end].replace(mark, ""), add_bos=not tokens, parse_special=False)
            begun = end
    return tokens + vocabulary.tokenize(text[begun:], add_bos=not tokens)


def _between(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is not in the spans."""
    starts = [0, *(end for _start, end in spans)]
    ends = [*(start for start, _end in spans), len(text)]
    return list(zip(starts, ends, strict=True))
