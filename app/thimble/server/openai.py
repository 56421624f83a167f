"""OpenAI's interface: models, chat completions, completions, tokens."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble.errors import FieldError
from thimble.protocol import ModelInfo
from thimble.server.answering import respond
from thimble.server.catalogue import ModelEntry
from thimble.server.embeddings import embed
from thimble.server.openai_forms import ChatForm, CompletionForm
from thimble.server.schemas.body import read_body
from thimble.server.schemas.completions import ChatBody, CompletionBody, DetokenizeBody, TokenizeBody
from thimble.server.schemas.embeddings import EmbeddingBody
from thimble.server.schemas.messages import template_messages
from thimble.server.service import EngineService
from thimble.server.which_model import no_such_model


class OpenAIEndpoints:
    """The endpoints, bound to one engine.

    Args:
        service: the engine.
        control: whether Thimble's own interface is beside them, which the description then has as well. Without
            it nobody is told where models lie: other programs need not know how folders are called here.
    """

    def __init__(self, service: EngineService, *, control: bool = False) -> None:
        self._service = service
        self._control = control

    async def models(self, _request: Request) -> Response:
        """`GET /v1/models`: the resident model first."""
        entries = await self._service.installed()
        resident = self._service.model
        data: list[dict[str, Any]] = []
        if resident is not None:
            data.append(self._resident(resident))
        for entry in entries:
            if resident is not None and str(entry.path) == resident.path:
                data[0]["created"] = entry.created
            else:
                data.append(self._installed(entry, loaded=False))
        return JSONResponse({"object": "list", "data": data})

    async def description(self, _request: Request) -> Response:
        """`GET /openapi.json`: what may be asked here."""
        from thimble.server.openapi import description  # made when somebody asks: 100 ms

        return JSONResponse(description(control=self._control))

    async def model(self, request: Request) -> Response:
        """`GET /v1/models/…`: one of them."""
        name = request.path_params["model"]
        resident = self._service.model
        for entry in await self._service.installed():
            if name in {entry.id, str(entry.path)}:
                loaded = resident is not None and resident.path == str(entry.path)
                return JSONResponse(self._installed(entry, loaded=loaded))
        if resident is not None and name in {resident.id, resident.path}:
            return JSONResponse(self._resident(resident))
        raise no_such_model(name)

    async def embed(self, request: Request) -> Response:
        """`POST /v1/embeddings`."""
        return embed(self._service, request, await read_body(request, EmbeddingBody))

    async def chat(self, request: Request) -> Response:
        """`POST /v1/chat/completions`."""
        body = await read_body(request, ChatBody)
        form = ChatForm(usage_apart=body.includes_usage, progress=body.prompt_progress)
        task = await asyncio.to_thread(body.task)
        return respond(self._service, request, task, body.model, form, stream=body.stream)

    async def complete(self, request: Request) -> Response:
        """`POST /v1/completions`."""
        body = await read_body(request, CompletionBody)
        form = CompletionForm(usage_apart=body.includes_usage, progress=body.prompt_progress)
        task = await asyncio.to_thread(body.task)  # a grammar can take a moment
        return respond(self._service, request, task, body.model, form, stream=body.stream)

    async def tokenize(self, request: Request) -> Response:
        """`POST /tokenize`."""
        body = await read_body(request, TokenizeBody)
        host = self._service.host
        if body.messages is not None:
            messages = await asyncio.to_thread(template_messages, body.messages)
            tools = [tool.tool().for_template() for tool in body.tools]
            tokens = await asyncio.to_thread(host.tokenize_messages, messages, body.chat_template_kwargs, tools)
        elif body.content is not None:
            tokens = await asyncio.to_thread(host.tokenize, body.content, add_special=body.add_special)
        else:
            raise FieldError("content", "The request needs “content” or “messages”.")
        return JSONResponse({"tokens": tokens})

    async def detokenize(self, request: Request) -> Response:
        """`POST /detokenize`."""
        body = await read_body(request, DetokenizeBody)
        return JSONResponse({"content": await asyncio.to_thread(self._service.host.detokenize, body.tokens)})

    def _resident(self, model: ModelInfo) -> dict[str, Any]:
        return self._model(model.id, model.path, 0, loaded=True, pictures=model.pictures, embeds=model.embeds)

    def _installed(self, entry: ModelEntry, *, loaded: bool) -> dict[str, Any]:
        return self._model(
            entry.id, str(entry.path), entry.created, loaded=loaded, pictures=entry.pictures, embeds=entry.embeds
        )

    def _model(
        self, name: str, path: str, created: int, *, loaded: bool, pictures: bool, embeds: bool
    ) -> dict[str, Any]:
        return {
            "id": name,
            "object": "model",
            "created": created,
            "owned_by": "thimble",
            **({"path": path} if self._control else {}),
            "loaded": loaded,
            # llama-server's words, and Ollama's for embeddings
            "capabilities": ["embedding"] if embeds else ["completion", "multimodal"] if pictures else ["completion"],
        }
