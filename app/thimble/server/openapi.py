"""Our own OpenAPI description: made from what requests are checked with, so that it cannot say something else."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from thimble import __version__, protocol
from thimble.server import openapi_control as own
from thimble.server.anthropic import CountBody, MessagesBody
from thimble.server.responses import ResponsesBody
from thimble.server.schemas.body import Body
from thimble.server.schemas.completions import ChatBody, CompletionBody, DetokenizeBody, TokenizeBody
from thimble.server.schemas.embeddings import EmbeddingBody

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_OBJECT: Final = {"type": "object"}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_USAGE: Final = _object({"prompt_tokens": _COUNT, "completion_tokens": _COUNT, "total_tokens": _COUNT})
_MODEL: Final = _object(
    {"id": _TEXT, "object": {"const": "model"}, "created": _COUNT, "owned_by": _TEXT}, loaded={"type": "boolean"}
)
_SCHEMAS: Final[dict[str, Any]] = {
    "Error": _object(
        {"error": _object({"message": _TEXT, "type": _TEXT, "code": _TEXT}, sentence=_TEXT, action=_TEXT, detail=_TEXT)}
    ),
    "Model": _MODEL,
    "Models": _object({"object": {"const": "list"}, "data": _list(_MODEL)}),
    "ChatCompletion": _object(
        {
            "id": _TEXT,
            "object": {"const": "chat.completion"},
            "created": _COUNT,
            "model": _TEXT,
            "choices": _list(_object({"index": _COUNT, "message": _OBJECT, "finish_reason": _TEXT})),
            "usage": _USAGE,
        }
    ),
    "Completion": _object(
        {
            "id": _TEXT,
            "object": {"const": "text_completion"},
            "created": _COUNT,
            "model": _TEXT,
            "choices": _list(_object({"index": _COUNT, "text": _TEXT, "finish_reason": _TEXT})),
            "usage": _USAGE,
        }
    ),
    "Response": _object(
        {
            "id": _TEXT,
            "object": {"const": "response"},
            "status": {"enum": ["completed", "incomplete"]},
            "model": _TEXT,
            "output": _list(_object({"type": _TEXT})),
            "usage": _OBJECT,
        }
    ),
    "Message": _object(
        {
            "id": _TEXT,
            "type": {"const": "message"},
            "role": {"const": "assistant"},
            "model": _TEXT,
            "content": _list(_object({"type": _TEXT})),
            "stop_reason": _TEXT,
            "usage": _object({"input_tokens": _COUNT, "output_tokens": _COUNT}),
        }
    ),
    "TokenCount": _object({"input_tokens": _COUNT}),
    "Tokens": _object({"tokens": _list({"type": "integer"})}),
    "Text": _object({"content": _TEXT}),
    "Embeddings": _object(
        {
            "object": {"const": "list"},
            "data": _list(
                _object(
                    {
                        "object": {"const": "embedding"},
                        "index": _COUNT,
                        "embedding": {"anyOf": [_list({"type": "number"}), _TEXT]},
                    }
                )
            ),
            "model": _TEXT,
            "usage": _object({"prompt_tokens": _COUNT, "total_tokens": _COUNT}),
        }
    ),
    "Object": _OBJECT,
    "Health": _object({"status": {"const": "ok"}}),
}

_POSTS: Final[tuple[tuple[str, str, type[Body], str, bool], ...]] = (
    (protocol.CHAT_COMPLETIONS, "One answer in a chat", ChatBody, "ChatCompletion", True),
    (protocol.COMPLETIONS, "Text that goes on", CompletionBody, "Completion", True),
    (protocol.RESPONSES, "One answer, in OpenAI's newer form", ResponsesBody, "Response", True),
    (protocol.MESSAGES, "One answer, in Anthropic's form", MessagesBody, "Message", True),
    (protocol.COUNT_TOKENS, "Length of a prompt", CountBody, "TokenCount", False),
    (protocol.TOKENIZE, "Tokens of a text or of messages", TokenizeBody, "Tokens", False),
    (protocol.DETOKENIZE, "Text of tokens", DetokenizeBody, "Text", False),
    (protocol.EMBEDDINGS, "Vectors of texts", EmbeddingBody, "Embeddings", False),
)
"""Path, summary, request, answer ("" for none) and whether it may be a stream."""


@cache
def description(*, control: bool = False) -> dict[str, Any]:
    """The whole description, OpenAPI 3.1.

    Args:
        control: with Thimble's own interface, which is not behind the doors for other programs.
    """
    posts = list(_POSTS)
    if control:
        posts += [(path, summary, body, "Object", streams) for path, summary, body, streams in own.POSTS]
    bodies: list[type[Body]] = list(dict.fromkeys(body for _path, _summary, body, _answer, _streams in posts))
    names, made = models_json_schema(
        [(body, "validation") for body in bodies], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, Any] = {
        protocol.HEALTH: {"get": _operation("That the engine answers", "Health", secret=False)},
        protocol.METRICS: {"get": _metrics()},
        protocol.OPENAPI: {"get": _operation("This description", "Object")},
        protocol.MODELS: {"get": _operation("The models", "Models")},
        f"{protocol.MODELS}/{{model}}": {
            "get": _operation("One model", "Model")
            | {"parameters": [{"name": "model", "in": "path", "required": True, "schema": {**_TEXT, "minLength": 1}}]}
        },
    }
    for path, summary, asked, streams in own.GETS if control else ():
        paths[path] = {"get": _operation(summary, "Object", streams=streams) | {"parameters": own.parameters(asked)}}
    for path, summary, body, answer, streams in posts:
        operation = _operation(summary, answer, streams=streams)
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": names[(body, "validation")]}},
        }
        paths.setdefault(path, {})["post"] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Thimble", "version": __version__, "description": "Language models on this computer."},
        "paths": paths,
        "components": {
            "schemas": {**made.get("$defs", {}), **_SCHEMAS},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
        "security": [{"bearer": []}, {"key": []}],
    }


def _operation(summary: str, answer: str, *, streams: bool = False, secret: bool = True) -> dict[str, Any]:
    responses: dict[str, Any] = {"4XX": {"description": "What was wrong, and the way out", "content": _json("Error")}}
    if answer:
        content = _json(answer) | ({"text/event-stream": {}} if streams else {})
        responses["200"] = {"description": summary, "content": content}
    operation: dict[str, Any] = {"summary": summary, "responses": responses}
    return operation if secret else operation | {"security": []}


def _metrics() -> dict[str, Any]:
    operation = _operation("Counters for Prometheus", "")
    operation["responses"]["200"] = {"description": "Text", "content": {"text/plain": {"schema": _TEXT}}}
    return operation


def _json(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
