"""Requests as JSON objects, read whole and checked."""

from __future__ import annotations

import json
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from starlette.requests import Request

from thimble.errors import Code, FieldError, ThimbleError

MOST_BODY_BYTES: Final = 64 * 2**20

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """A request's JSON object."""

    model_config = ConfigDict(extra="ignore", strict=False, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """Some clients send null for whatever nobody has set; it then means the default."""
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def _too_large(most: int) -> ThimbleError:
    return ThimbleError(Code.TOO_LARGE, f"The request is larger than {most // 2**20} MiB.", "Send less at once.")


async def read_body(request: Request, kind: type[M]) -> M:
    """The request's body, checked.

    Raises:
        FieldError: it is no JSON object, or a field is wrong; the first one is named.
    """
    most = MOST_BODY_BYTES
    data = bytearray()
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise _too_large(most)
    async for part in request.stream():
        data += part
        if len(data) > most:
            raise _too_large(most)
    try:
        text = data.decode(json.detect_encoding(data)) or "{}"  # json's own decoder lets wrong UTF-8 through
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FieldError("", f"The request's body is not JSON: {error}.") from error
    if "\\ud" in text.lower():  # half a surrogate pair is no character, and could not be sent back
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    if not isinstance(value, dict):
        raise FieldError("", "The request's body must be a JSON object.")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise FieldError(field, f"The field “{field}” is wrong: {reason[:1].lower()}{reason[1:]}.") from error
