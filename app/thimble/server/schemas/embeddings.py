"""Requests for embeddings."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema

from thimble.errors import FieldError
from thimble.server.schemas.body import Body

MOST_TEXTS: Final = 2048
"""In one request for embeddings; OpenAI's own limit."""
_TOKENS: Final = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}
_TEXT: Final = {"type": "string", "minLength": 1}
_TEXTS: Final[dict[str, Any]] = {
    "anyOf": [
        _TEXT,
        {"type": "array", "items": {"anyOf": [_TEXT, _TOKENS]}, "minItems": 1, "maxItems": MOST_TEXTS},
        _TOKENS,
    ]
}


def _are_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(token) is int and 0 <= token < 2**31 for token in value)


class EmbeddingBody(Body):
    """`POST /v1/embeddings`: texts, each as text or as tokens."""

    model: str = ""
    input: Annotated[Any, WithJsonSchema(_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1, le=2**20)

    def texts(self) -> list[str | list[int]]:
        """The texts.

        Raises:
            FieldError: it is something else, or there are none, or too many.
        """
        given = self.input
        if isinstance(given, str) or _are_tokens(given):
            return [given]
        if not isinstance(given, list):
            raise FieldError("input", "The field “input” must be text, a list of texts, or tokens.")
        if not 1 <= len(given) <= MOST_TEXTS:
            raise FieldError("input", f"The field “input” has {len(given):,} texts; 1 to {MOST_TEXTS:,} are possible.")
        for at, text in enumerate(given):
            if not isinstance(text, str) and not _are_tokens(text):
                field = f"input.{at}"
                raise FieldError(field, f"The field “{field}” must be text, or a list of tokens that is not empty.")
        return given
