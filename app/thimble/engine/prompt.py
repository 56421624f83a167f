"""From messages to tokens, where only the template may write control tokens.

A message that holds the text of one ("<|im_end|>", pasted or meant to deceive) is read as these characters; otherwise
anybody whose words reach a prompt could end the turn and go on as the system.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from thimble.engine.template import ChatTemplate
from thimble.engine.vocabulary import Vocabulary

_MARKS: Final = tuple(map(chr, range(0xF7E00, 0xF7F00)))
"""Characters for private use, of which one that no message holds breaks up what looks like a control token."""

Message = dict[str, Any]


def prompt_tokens(
    vocabulary: Vocabulary,
    template: ChatTemplate,
    messages: Sequence[Message],
    *,
    continue_final: bool = False,
    variables: Mapping[str, Any] | None = None,
    tools: Sequence[Mapping[str, Any]] = (),
) -> list[int]:
    """The prompt's tokens; see `ChatTemplate.render` for the arguments.

    Raises:
        ThimbleError: the template refused the messages.
    """
    control = vocabulary.control
    words = list(_words([*messages, *tools]))
    if not any(map(control.search, words)):
        return vocabulary.tokenize(
            template.render(messages, continue_final=continue_final, variables=variables, tools=tools)
        )
    mark = next(mark for mark in _MARKS if not any(mark in word for word in words))

    def broken_up(value: Any) -> Any:
        if isinstance(value, str):
            return control.sub(lambda found: found[0][0] + mark + found[0][1:], value)
        if isinstance(value, Mapping):
            return {broken_up(name): broken_up(item) for name, item in value.items()}
        return [broken_up(item) for item in value] if isinstance(value, list | tuple) else value

    text = template.render(
        broken_up(messages), continue_final=continue_final, variables=variables, tools=broken_up(tools)
    )
    tokens: list[int] = []
    begun = 0
    for start, end in _between(text, [found.span() for found in control.finditer(text)]):
        if mark in text[start:end]:
            tokens += vocabulary.tokenize(text[begun:start], add_bos=not tokens)
            tokens += vocabulary.tokenize(text[start:end].replace(mark, ""), add_bos=not tokens, parse_special=False)
            begun = end
    return tokens + vocabulary.tokenize(text[begun:], add_bos=not tokens)


def _words(value: Any) -> Iterator[str]:
    """All text in messages and tools."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield str(name)
            yield from _words(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words(item)


def _between(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is not in the spans."""
    starts = [0, *(end for _start, end in spans)]
    ends = [*(start for start, _end in spans), len(text)]
    return list(zip(starts, ends, strict=True))
