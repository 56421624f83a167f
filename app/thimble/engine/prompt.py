"""From messages to tokens, where only the template may write control tokens, and pictures stand where their mark is.

A message that holds the text of one ("<|im_end|>", pasted or meant to deceive) is read as these characters; otherwise
anybody whose words reach a prompt could end the turn and go on as the system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from thimble.engine.pictures import MARK, Picture, PictureTokens, no_pictures
from thimble.engine.projector import Projector
from thimble.engine.template import ChatTemplate
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError

_MARKS: Final = tuple(map(chr, range(0xF7E00, 0xF7F00)))
"""Characters for private use, of which one that no message holds breaks up what looks like a control token."""
PICTURES: Final = "pictures"
"""Of a message: its pictures, one for each `MARK` in its content."""

Message = dict[str, Any]


def prompt_tokens(
    vocabulary: Vocabulary,
    template: ChatTemplate,
    messages: Sequence[Message],
    *,
    continue_final: bool = False,
    variables: Mapping[str, Any] | None = None,
    tools: Sequence[Mapping[str, Any]] = (),
    projector: Projector | None = None,
    blind: str = "",
) -> list[int]:
    """The prompt's tokens. A picture's are `PictureTokens.id`.

    Args:
        vocabulary, template: the model's.
        messages, continue_final, variables, tools: see `ChatTemplate.render`.
        projector: the model's.
        blind: why it has none.

    Raises:
        ThimbleError: the template refused the messages, or the projector a picture; NO_PICTURES.
    """
    pictures = pictures_of(messages)
    if pictures and projector is None:
        raise no_pictures(blind)
    messages = [{key: value for key, value in message.items() if key != PICTURES} for message in messages]
    control = vocabulary.control
    words = list(_words([*messages, *tools]))
    if not any(map(control.search, words)):
        text = template.render(messages, continue_final=continue_final, variables=variables, tools=tools)
        return _with_pictures(text, pictures, projector, vocabulary.tokenize)
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

    def tokenize(text: str, *, add_bos: bool) -> list[int]:
        tokens: list[int] = []
        begun = 0
        for start, end in _between(text, [found.span() for found in control.finditer(text)]):
            if mark in text[start:end]:
                tokens += vocabulary.tokenize(text[begun:start], add_bos=add_bos and not tokens)
                words = text[start:end].replace(mark, "")
                tokens += vocabulary.tokenize(words, add_bos=add_bos and not tokens, parse_special=False)
                begun = end
        return tokens + vocabulary.tokenize(text[begun:], add_bos=add_bos and not tokens)

    return _with_pictures(text, pictures, projector, tokenize)


def pictures_of(messages: Sequence[Message]) -> list[Picture]:
    """All pictures of messages, in order."""
    return [picture for message in messages for picture in message.get(PICTURES) or ()]


def picture_tokens(messages: Sequence[Message], projector: Projector | None) -> dict[int, PictureTokens]:
    """What the negative numbers in the messages' tokens stand for.

    Raises:
        ThimbleError: as `prompt_tokens`.
    """
    parts = [part for picture in pictures_of(messages) if projector for part in projector.layout(picture)]
    return {part.id: part for part in parts if isinstance(part, PictureTokens)}


def _with_pictures(
    text: str, pictures: Sequence[Picture], projector: Projector | None, tokenize: Callable[..., list[int]]
) -> list[int]:
    """The tokens of a text with pictures in the places of their marks."""
    if not pictures or projector is None:
        return tokenize(text, add_bos=True)
    pieces = text.split(MARK)
    if len(pieces) != len(pictures) + 1:
        raise ThimbleError(
            Code.PICTURE_UNUSABLE,
            "The model's chat template does not keep every picture in its place.",
            "Put pictures into your own messages only.",
            f"{len(pictures)} pictures, {len(pieces) - 1} places",
        )
    tokens = tokenize(pieces[0], add_bos=True)
    for picture, piece in zip(pictures, pieces[1:], strict=True):
        for part in projector.layout(picture):
            tokens += [part.id] * part.count if isinstance(part, PictureTokens) else part
        tokens += tokenize(piece, add_bos=False) if piece else []
    return tokens


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
