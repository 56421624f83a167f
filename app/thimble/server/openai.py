"""OpenAI's interface: models, chat completions, completions, tokens."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble import protocol
from thimble.engine.cancel import CancelFlag
from thimble.engine.generate import AnswerTask, Event, PromptRead, TextPiece
from thimble.errors import ThimbleError
from thimble.protocol import StopReason, Timings
from thimble.server.errors import FieldError, body_of, internal, problem_response
from thimble.server.schemas import (
    ChatBody,
    CompletionBody,
    DetokenizeBody,
    SamplingBody,
    TokenizeBody,
    read_body,
    template_messages,
)
from thimble.server.service import EngineService, Waiting
from thimble.server.streaming import Connection, WhileConnected, frame

QUIET_SECONDS: Final = 10.0
"""After so long without a word a stream gets a comment, so that nobody on the way thinks it dead."""

DONE: Final = b"data: [DONE]\n\n"
_FINISH: Final = {StopReason.MAX_TOKENS: "length", StopReason.CONTEXT_FULL: "length"}


class OpenAIEndpoints:
    """The endpoints, bound to one engine."""

    def __init__(self, service: EngineService) -> None:
        self._service = service

    async def models(self, _request: Request) -> Response:
        """`GET /v1/models`: the resident model first."""
        entries = await self._service.installed()
        resident = self._service.model
        data: list[dict[str, Any]] = []
        if resident is not None:
            data.append(_model(resident.id, resident.path, 0, loaded=True))
        for entry in entries:
            if resident is not None and str(entry.path) == resident.path:
                data[0]["created"] = entry.created
            else:
                data.append(_model(entry.id, str(entry.path), entry.created, loaded=False))
        return JSONResponse({"object": "list", "data": data})

    async def chat(self, request: Request) -> Response:
        """`POST /v1/chat/completions`."""
        body = await read_body(request, ChatBody)
        return self._answer(request, body, body.task(), _Chat())

    async def complete(self, request: Request) -> Response:
        """`POST /v1/completions`."""
        body = await read_body(request, CompletionBody)
        return self._answer(request, body, body.task(), _Completion())

    async def tokenize(self, request: Request) -> Response:
        """`POST /tokenize`."""
        body = await read_body(request, TokenizeBody)
        host = self._service.host
        if body.messages is not None:
            messages = template_messages(body.messages)
            tokens = await asyncio.to_thread(host.tokenize_messages, messages, body.chat_template_kwargs)
        elif body.content is not None:
            tokens = await asyncio.to_thread(host.tokenize, body.content, add_special=body.add_special)
        else:
            raise FieldError("content", "The request needs “content” or “messages”.")
        return JSONResponse({"tokens": tokens})

    async def detokenize(self, request: Request) -> Response:
        """`POST /detokenize`."""
        body = await read_body(request, DetokenizeBody)
        return JSONResponse({"content": await asyncio.to_thread(self._service.host.detokenize, body.tokens)})

    def _answer(self, request: Request, body: SamplingBody, task: AnswerTask, form: _Form) -> Response:
        client = request.headers.get(protocol.CLIENT_HEADER, "").strip()[:64] or "api"

        async def work(connection: Connection) -> None:
            cancel = CancelFlag()
            events = self._service.answer(task, body.model, client, cancel)
            try:
                async with aclosing(events):
                    if body.stream:
                        async with connection.kept_alive(QUIET_SECONDS):
                            await self._stream(connection, events, body, form)
                    else:
                        await self._whole(connection, events, form)
            except Exception as error:  # noqa: BLE001 - every failure becomes an error object; the log has the rest
                await _tell(connection, error)

        return WhileConnected(work)

    async def _whole(
        self, connection: Connection, events: AsyncGenerator[Waiting | Event | Timings], form: _Form
    ) -> None:
        pieces: list[str] = []
        timings = Timings()
        async for event in events:
            if isinstance(event, TextPiece):
                pieces.append(event.text)
            elif isinstance(event, Timings):
                timings = event
        choice = form.whole_choice("".join(pieces)) | {"finish_reason": finish_reason(timings)}
        await connection.respond(
            JSONResponse(
                {
                    **form.head(self._model_name()),
                    "choices": [choice],
                    "usage": usage(timings),
                    "timings": timings.to_json(),
                }
            )
        )

    async def _stream(
        self,
        connection: Connection,
        events: AsyncGenerator[Waiting | Event | Timings],
        body: SamplingBody,
        form: _Form,
    ) -> None:
        head: dict[str, Any] | None = None
        async for event in events:
            if isinstance(event, Waiting | PromptRead):
                if body.prompt_progress:
                    await connection.write(frame(_progress(event)))
            elif isinstance(event, TextPiece):
                if head is None:
                    head = form.chunk_head(self._model_name())
                    await form.open(connection, head)
                choice = form.chunk_choice(event.text) | {"finish_reason": None}
                await connection.write(frame({**head, "choices": [choice]}))
            else:
                if head is None:
                    head = form.chunk_head(self._model_name())
                    await form.open(connection, head)
                await _finish(connection, head, event, body, form)
        await connection.end()

    def _model_name(self) -> str:
        model = self._service.model
        return model.id if model else ""


class _Form:
    """What differs between chat and plain completions."""

    prefix = "cmpl"
    whole_object = chunk_object = "text_completion"

    def __init__(self) -> None:
        self._id = f"{self.prefix}-{secrets.token_hex(12)}"
        self._created = int(time.time())

    def head(self, model: str) -> dict[str, Any]:
        return {"id": self._id, "object": self.whole_object, "created": self._created, "model": model}

    def chunk_head(self, model: str) -> dict[str, Any]:
        return {"id": self._id, "object": self.chunk_object, "created": self._created, "model": model}

    def whole_choice(self, text: str) -> dict[str, Any]:
        return {"index": 0, "text": text, "logprobs": None}

    def chunk_choice(self, text: str) -> dict[str, Any]:
        return {"index": 0, "text": text, "logprobs": None}

    async def open(self, connection: Connection, head: dict[str, Any]) -> None:
        """What comes before the first text."""


class _Completion(_Form):
    pass


class _Chat(_Form):
    prefix = "chatcmpl"
    whole_object = "chat.completion"
    chunk_object = "chat.completion.chunk"

    def whole_choice(self, text: str) -> dict[str, Any]:
        return {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "logprobs": None}

    def chunk_choice(self, text: str) -> dict[str, Any]:
        return {"index": 0, "delta": {"content": text} if text else {}, "logprobs": None}

    async def open(self, connection: Connection, head: dict[str, Any]) -> None:
        choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
        await connection.write(frame({**head, "choices": [choice]}))


def usage(timings: Timings) -> dict[str, Any]:
    """OpenAI's token counts."""
    return {
        "prompt_tokens": timings.prompt_tokens,
        "completion_tokens": timings.generated_tokens,
        "total_tokens": timings.prompt_tokens + timings.generated_tokens,
        "prompt_tokens_details": {"cached_tokens": timings.cached_tokens},
    }


def finish_reason(timings: Timings) -> str:
    """OpenAI's word for why the answer ended."""
    return _FINISH.get(StopReason(timings.stop_reason), "stop")


async def _finish(
    connection: Connection, head: dict[str, Any], timings: Timings, body: SamplingBody, form: _Form
) -> None:
    choice = form.chunk_choice("") | {"finish_reason": finish_reason(timings)}
    last = {"usage": usage(timings), "timings": timings.to_json()}
    if body.includes_usage:  # OpenAI's form: a chunk of its own, without choices, which only those who asked expect
        await connection.write(frame({**head, "choices": [choice]}))
        await connection.write(frame({**head, "choices": [], **last}))
    else:
        await connection.write(frame({**head, "choices": [choice], **last}))
    await connection.write(DONE)


async def _tell(connection: Connection, error: Exception) -> None:
    """Says an error: by the HTTP status as long as nothing was sent, inside the stream afterwards."""
    if not connection.streaming:
        await connection.respond(problem_response(error))
        return
    problem = error.problem if isinstance(error, ThimbleError) else internal(error)
    await connection.write(frame(body_of(problem)))
    await connection.end()


def _progress(event: Waiting | PromptRead) -> dict[str, Any]:
    if isinstance(event, Waiting):
        progress = {"queued": event.ahead}
    else:
        progress = {"prompt_tokens": event.total, "processed": event.processed}
    return {"object": "thimble.progress", "progress": progress}


def _model(name: str, path: str, created: int, *, loaded: bool) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "thimble", "path": path, "loaded": loaded}
